import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.StreamMessage;
import jakarta.jms.TextMessage;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.qpid.jms.JmsConnectionFactory;

/**
 * Sends a message of each kind that JMS has to a topic, or prints the messages of a queue as JSON:
 * {@code Jms.java send TOPIC}, {@code Jms.java receive QUEUE COUNT}.
 */
public class Jms {
    public static void main(String[] args) throws Exception {
        URI place = new URI(System.getenv("ASPYX_TEST_BROKER"));
        String[] login = place.getUserInfo().split(":", 2);
        // By default the client hides headers whose names are no identifiers of Java.
        String address = "amqp://" + place.getHost() + ":" + place.getPort() + "?jms.validatePropertyNames=false";
        try (Connection connection = new JmsConnectionFactory(login[0], login[1], address).createConnection()) {
            connection.start();
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            if (args[0].equals("send")) {
                send(session, session.createProducer(session.createTopic(args[1])));
            } else {
                // A topic, since the queue of a listener is one of a multicast address.
                receive(session.createConsumer(session.createTopic(args[1])), Integer.parseInt(args[2]));
            }
        }
    }

    private static void send(Session session, MessageProducer producer) throws JMSException {
        BytesMessage bytes = session.createBytesMessage();
        bytes.writeBytes("{\"text\":\"bytes\"}".getBytes(StandardCharsets.UTF_8));
        MapMessage map = session.createMapMessage();
        map.setString("text", "map");
        StreamMessage stream = session.createStreamMessage();
        stream.writeString("stream");
        Map<String, Message> messages = new LinkedHashMap<>();
        messages.put("text", session.createTextMessage("{\"text\":\"grüß\"}"));
        messages.put("bytes", bytes);
        messages.put("map", map);
        messages.put("stream", stream);
        messages.put("object", session.createObjectMessage("object"));
        messages.put("empty", session.createMessage());
        producer.setDeliveryMode(DeliveryMode.PERSISTENT);
        producer.setPriority(7);
        for (Map.Entry<String, Message> each : messages.entrySet()) {
            Message message = each.getValue();
            message.setStringProperty("kind", each.getKey());
            message.setIntProperty("number", 7);
            message.setBooleanProperty("flag", true);
            message.setStringProperty("JMSXGroupID", "tea");
            message.setJMSCorrelationID("correlation");
            message.setJMSType("type");
            producer.send(message);
        }
    }

    private static void receive(MessageConsumer consumer, int count) throws JMSException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (int i = 0; i < count; i++) {
            Message message = consumer.receive(20_000);
            if (message == null) {
                throw new IllegalStateException("message " + i + " hasn't come");
            }
            Map<String, String> shown = new TreeMap<>();
            shown.put("class", message.getClass().getSimpleName());
            shown.put("id", message.getJMSMessageID());
            shown.put("time", String.valueOf(message.getJMSTimestamp()));
            shown.put("type", message.getJMSType());
            shown.put("group", message.getStringProperty("JMSXGroupID"));
            shown.put("priority", String.valueOf(message.getJMSPriority()));
            shown.put("durable", String.valueOf(message.getJMSDeliveryMode() == DeliveryMode.PERSISTENT));
            shown.put("body", body(message));
            for (Object name : Collections.list(message.getPropertyNames())) {
                shown.put("header " + name, message.getStringProperty((String) name));
            }
            out.println(shown.entrySet().stream()
                .map(e -> quote(e.getKey()) + ":" + quote(e.getValue())).collect(Collectors.joining(",", "{", "}")));
        }
    }

    private static String body(Message message) throws JMSException {
        if (message instanceof TextMessage text) {
            return text.getText();
        }
        BytesMessage bytes = (BytesMessage) message;
        byte[] content = new byte[(int) bytes.getBodyLength()];
        bytes.readBytes(content);
        return new String(content, StandardCharsets.UTF_8);
    }

    private static String quote(String text) {
        return text == null ? "null" : '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\r", "\\r").replace("\n", "\\n") + '"';
    }
}
