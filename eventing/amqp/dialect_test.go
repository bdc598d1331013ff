package amqp

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	for product, want := range map[any]dialect{
		"apache-activemq-artemis": artemis{},
		"ActiveMQ":                classic{},
		"RabbitMQ":                rabbitMQ{},
		"something else":          nil,
		nil:                       nil,
		7:                         nil,
	} {
		assert.Equal(t, want, detect("host", map[string]any{"product": product}), product)
	}
	assert.Equal(t, serviceBus{}, detect("some.servicebus.windows.net", nil))
	assert.Nil(t, detect("servicebus.windows.net.example", nil))
}

func TestConfiguredBroker(t *testing.T) {
	t.Parallel()
	for kind, want := range map[Broker]string{
		BrokerAuto: "automatic", BrokerArtemis: "ActiveMQ Artemis", BrokerClassic: "ActiveMQ Classic",
		BrokerRabbitMQ: "RabbitMQ", BrokerServiceBus: "Azure Service Bus", -1: "unknown",
	} {
		assert.Equal(t, want, kind.String())
	}
	provider, err := New(Config{Broker: BrokerArtemis})
	require.NoError(t, err)
	assert.Equal(t, artemis{}, provider.knownDialect(), "it is known without a connection")
	_, err = New(Config{Broker: -1})
	require.ErrorContains(t, err, "amqp: Config.Broker is unknown")
	require.ErrorContains(t, err, "amqp.BrokerServiceBus")
}

func TestAllEndpointsAreOfOneKind(t *testing.T) {
	t.Parallel()
	provider, err := New(Config{})
	require.NoError(t, err)
	require.NoError(t, provider.checkSame(&connection{dialect: artemis{}}), "the first one")
	provider.endpoints.all[0].dialect = artemis{}
	require.NoError(t, provider.checkSame(&connection{dialect: artemis{}}))
	require.ErrorContains(t, provider.checkSame(&connection{dialect: other{}}), "the broker is another, and was ActiveMQ Artemis before")
}

// other is another kind of broker.
type other struct{ artemis }

func (other) name() string { return "another" }
