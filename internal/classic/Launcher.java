import java.io.File;
import java.util.List;
import org.apache.activemq.broker.BrokerPlugin;
import org.apache.activemq.broker.BrokerService;
import org.apache.activemq.security.AuthenticationUser;
import org.apache.activemq.security.SimpleAuthenticationPlugin;

/** Runs a broker: Launcher folder user scheduler connectors..., with the password in the environment. */
public class Launcher {
    public static void main(String[] arguments) throws Exception {
        BrokerService broker = new BrokerService();
        broker.setBrokerName("classic");
        broker.setDataDirectoryFile(new File(arguments[0], "data"));
        broker.setTmpDataDirectory(new File(arguments[0], "tmp"));
        broker.setSchedulerSupport(Boolean.parseBoolean(arguments[2]));
        broker.setUseJmx(false);
        broker.setPlugins(new BrokerPlugin[] {new SimpleAuthenticationPlugin(List.of(
            new AuthenticationUser(arguments[1], System.getenv("CLASSIC_PASSWORD"), "users")))});
        for (int i = 3; i < arguments.length; i++) {
            broker.addConnector(arguments[i]);
        }
        broker.start();
        if (!broker.waitUntilStarted()) {
            System.exit(1);
        }
        System.out.println("CLASSIC IS LIVE");
        broker.waitUntilStopped();
    }
}
