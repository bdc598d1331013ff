package amqp

import "github.com/aspyx-go/aspyx/eventing"

// The capabilities by which a link tells Artemis what its address is. Without
// one Artemis guesses, and a wrong guess is accepted and loses messages.
const (
	capabilityTopic = "topic" // MULTICAST: a copy for each queue
	capabilityQueue = "queue" // ANYCAST
)

// node is what a link attaches to.
type node struct {
	address    string
	capability string
}

// queueNode is one queue, by its fully qualified name. A link to such a name
// never deletes the queue by being closed, as one by subscription name does.
func queueNode(queue eventing.Queue, naming eventing.Naming) node {
	if queue.IsDeadLetter() {
		return node{address: queue.Address(), capability: capabilityQueue}
	}
	return node{address: queue.Address() + "::" + queue.Name(naming), capability: capabilityTopic}
}

// targetNode is where a message goes: to all queues of its event, or to one.
func targetNode(message *eventing.Message, naming eventing.Naming) node {
	if message.Target != nil {
		return queueNode(*message.Target, naming)
	}
	return node{address: message.Event, capability: capabilityTopic}
}
