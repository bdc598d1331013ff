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
		"something else":          nil,
		nil:                       nil,
		7:                         nil,
	} {
		assert.Equal(t, want, detect(map[string]any{"product": product}), product)
	}
}

func TestConfiguredBroker(t *testing.T) {
	t.Parallel()
	for kind, want := range map[Broker]string{BrokerAuto: "automatic", BrokerArtemis: "ActiveMQ Artemis", -1: "unknown"} {
		assert.Equal(t, want, kind.String())
	}
	provider, err := New(Config{Broker: BrokerArtemis})
	require.NoError(t, err)
	assert.True(t, provider.Capabilities().Groups, "it is known without a connection")
	_, err = New(Config{Broker: -1})
	require.ErrorContains(t, err, "amqp: Config.Broker is unknown")
	require.ErrorContains(t, err, "amqp.BrokerArtemis")
}

func TestAllEndpointsAreOfOneKind(t *testing.T) {
	t.Parallel()
	provider, err := New(Config{})
	require.NoError(t, err)
	require.NoError(t, provider.checkSame(&connection{dialect: artemis{}}), "the first one")
	provider.endpoint.dialect = artemis{}
	require.NoError(t, provider.checkSame(&connection{dialect: artemis{}}))
	require.ErrorContains(t, provider.checkSame(&connection{dialect: other{}}), "the broker is another, and was ActiveMQ Artemis before")
}

// other is another kind of broker.
type other struct{ artemis }

func (other) name() string { return "another" }
