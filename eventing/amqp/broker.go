package amqp

import "fmt"

// Broker is a kind of broker: each has its own addresses, and its own ways to
// make queues.
type Broker int

// The kinds of brokers.
const (
	// BrokerAuto asks the broker. One that says that it is of no kind in this
	// list is refused: by wrong addresses events would get lost in silence.
	BrokerAuto Broker = iota
	// BrokerArtemis is Apache ActiveMQ Artemis.
	BrokerArtemis
)

// String returns the name of the kind.
func (b Broker) String() string {
	switch b {
	case BrokerAuto:
		return "automatic"
	case BrokerArtemis:
		return artemis{}.name()
	default:
		return "unknown"
	}
}

// dialect returns that of the kind; nil means that the broker is to be asked.
func (b Broker) dialect() (dialect, error) {
	switch b {
	case BrokerAuto:
		return nil, nil
	case BrokerArtemis:
		return artemis{}, nil
	default:
		return nil, fmt.Errorf("amqp: Config.Broker is unknown: use one of the constants from amqp.BrokerAuto to amqp.BrokerArtemis")
	}
}
