package classic_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/internal/brokertest"
)

func TestBrokerKeepsWhatItHadOverARestart(t *testing.T) {
	t.Parallel()
	broker := brokertest.Classic(t)
	place, err := url.Parse(broker.URL())
	require.NoError(t, err)
	password, _ := place.User.Password()
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s", broker, broker, broker, broker.LogTail()), password)

	conn, err := amqp.Dial(t.Context(), broker.URL(), nil)
	require.NoError(t, err)
	session, err := conn.NewSession(t.Context(), nil)
	require.NoError(t, err)
	sender, err := session.NewSender(t.Context(), "queue://q", nil)
	require.NoError(t, err)
	message := amqp.NewMessage([]byte("kept"))
	message.Header = &amqp.MessageHeader{Durable: true}
	require.NoError(t, sender.Send(t.Context(), message, nil))

	require.NoError(t, broker.Restart(t.Context()))
	conn, err = amqp.Dial(t.Context(), broker.URL(), nil)
	require.NoError(t, err)
	session, err = conn.NewSession(t.Context(), nil)
	require.NoError(t, err)
	receiver, err := session.NewReceiver(t.Context(), "queue://q", nil)
	require.NoError(t, err)
	message, err = receiver.Receive(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, "kept", string(message.GetData()))
	require.NoError(t, conn.Close())

	place.User = url.UserPassword("aspyx", "cAnArY-wrong")
	_, err = amqp.Dial(t.Context(), place.String(), nil)
	require.Error(t, err)
	broker.Kill()
}
