package amqppeer

import (
	"encoding/json"
	"fmt"

	"github.com/Azure/go-amqp"
)

const managementAddress = "activemq.management"

// manage replies to a request to Artemis' management.
func (p *Peer) manage(request *amqp.Message) {
	operation := fmt.Sprint(request.ApplicationProperties["_AMQ_OperationName"])
	text, _ := request.Value.(string)
	var arguments []any
	if err := json.Unmarshal([]byte(text), &arguments); err != nil {
		arguments = nil
	}
	answer := p.options.Manage
	if answer == nil {
		answer = p.declared
	}
	result, err := answer(operation, arguments)
	if err != nil {
		result = fmt.Sprint(err)
	}
	reply := &amqp.Message{ApplicationProperties: map[string]any{"_AMQ_OperationSucceeded": err == nil}}
	encoded, _ := json.Marshal([]any{result})
	reply.Value = string(encoded)
	if request.Properties == nil || request.Properties.ReplyTo == nil {
		return
	}
	reply.Properties = &amqp.MessageProperties{CorrelationID: request.Properties.MessageID}
	p.mu.Lock()
	links := p.at(*request.Properties.ReplyTo)
	p.mu.Unlock()
	for _, link := range links {
		link.Deliver(reply)
	}
}

// Queue returns what a queue was declared with, or nil where it wasn't.
func (p *Peer) Queue(name string) map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queues[name]
}

// declared keeps the queues that are declared.
func (p *Peer) declared(operation string, arguments []any) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := map[string]any{}
	text := field[string](arguments, 0)
	if json.Unmarshal([]byte(text), &first) != nil {
		first = nil
	}
	switch operation {
	case "createQueue":
		name := fmt.Sprint(first["name"])
		if p.queues[name] == nil {
			p.queues[name] = first
		}
		return "", nil
	case "destroyQueue":
		if p.queues[text] == nil {
			return "", fmt.Errorf("AMQ229017: Queue %s does not exist", text)
		}
		delete(p.queues, text)
		return "", nil
	case "listQueues":
		found := []any{}
		if queue := p.queues[fmt.Sprint(first["value"])]; queue != nil {
			found = append(found, listed(queue))
		}
		encoded, err := json.Marshal(map[string]any{"data": found, "count": len(found)})
		return string(encoded), err
	default:
		return "", nil
	}
}

// listed describes a queue as Artemis does, all in strings.
func listed(queue map[string]any) map[string]string {
	return map[string]string{
		"name": fmt.Sprint(queue["name"]), "address": fmt.Sprint(queue["address"]),
		"routingType": fmt.Sprint(queue["routing-type"]), "durable": fmt.Sprint(queue["durable"]),
		"maxConsumers": fmt.Sprint(queue["max-consumers"]), "autoDelete": fmt.Sprint(queue["auto-delete"]),
		"filter": "",
	}
}
