package amqp_test

import (
	"fmt"
	"testing"

	goamqp "github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/amqppeer"
)

// interruptions are ways in which the peer ends what a link has in flight.
var interruptions = map[string]func(*amqppeer.Link){
	"link detached": func(link *amqppeer.Link) {
		link.Detach(&amqppeer.Error{Condition: "amqp:link:detach-forced", Description: "idle"})
	},
	"link detached without a reason": func(link *amqppeer.Link) { link.Detach(nil) },
	"session ended": func(link *amqppeer.Link) {
		link.End(&amqppeer.Error{Condition: "amqp:session:window-violation"})
	},
	"connection closed": func(link *amqppeer.Link) {
		link.Conn().Close(&amqppeer.Error{Condition: "amqp:connection:forced", Description: "maintenance"})
	},
	"connection dropped": func(link *amqppeer.Link) { link.Conn().Drop() },
	"frame too small":    func(link *amqppeer.Link) { link.Conn().Write([]byte{0, 0, 0, 4, 2, 0, 0, 0}) },
	"undecodable frame":  func(link *amqppeer.Link) { link.Conn().Write([]byte{0, 0, 0, 12, 2, 0, 0, 0, 0x00, 0x53, 0x13, 0x99}) },
}

// TestWhatIsInFlightIsSentAgain first, then what wasn't sent, then what is new;
// with the same duplicate ids. What was settled isn't.
func TestWhatIsInFlightIsSentAgain(t *testing.T) {
	t.Parallel()
	for name, interrupt := range interruptions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer, provider := scripted(t, amqppeer.Script{Credit: 6, Answer: func(received *amqppeer.Received) amqppeer.Outcome {
				if received.Text() == "0" || received.Text() == "3" {
					return amqppeer.Accepted
				}
				return amqppeer.None
			}})
			receipts := submitAll(t, provider, 0, 6) // for the last one there is no credit
			first := peer.Link("event", 0)
			first.Message(5)
			require.NoError(t, receipts[0].Wait(within(t)))
			peer.Script("event", amqppeer.Script{})
			interrupt(first)
			receipts = append(receipts, submitAll(t, provider, 7, 9)...)
			for _, receipt := range receipts[1:] {
				require.NoError(t, receipt.Wait(within(t)))
			}
			again := peer.Link("event", 1)
			assert.Equal(t, []string{"0", "1", "2", "3", "4", "5"}, texts(first))
			// The outcome of 3 was heard, or overtaken by the end.
			assert.Contains(t, []string{"[1 2 4 5 6 7 8 9]", "[1 2 3 4 5 6 7 8 9]"}, fmt.Sprint(texts(again)))
			for _, each := range again.Messages() {
				for _, before := range first.Messages() {
					if each.Text() == before.Text() {
						assert.Equal(t, before.Message.ApplicationProperties["_AMQ_DUPL_ID"], each.Message.ApplicationProperties["_AMQ_DUPL_ID"])
						assert.Equal(t, before.Message.Properties.MessageID, each.Message.Properties.MessageID)
					}
				}
			}
			requireHealed(t, provider)
		})
	}
}

// TestMessagesThatWaitForNoOther has those without an outcome sent again in their
// order, though their outcomes were waited for side by side.
func TestMessagesThatWaitForNoOther(t *testing.T) {
	t.Parallel()
	peer, provider := scripted(t, amqppeer.Script{Answer: func(received *amqppeer.Received) amqppeer.Outcome {
		if received.Index%2 == 0 {
			return amqppeer.None
		}
		return amqppeer.Accepted
	}})
	receipts := submitAll(t, provider, 0, 49)
	for i := 1; i < 50; i += 2 {
		require.NoError(t, receipts[i].Wait(within(t)))
	}
	peer.Script("event", amqppeer.Script{})
	peer.Link("event", 0).Detach(nil)
	var again []string
	for i := 0; i < 50; i += 2 {
		require.NoError(t, receipts[i].Wait(within(t)))
		again = append(again, fmt.Sprint(i))
	}
	assert.Equal(t, again, texts(peer.Link("event", 1)))
}

// TestMessageThatEndsEachLink doesn't hold up those behind it.
func TestMessageThatEndsEachLink(t *testing.T) {
	t.Parallel()
	peer, provider := scripted(t, amqppeer.Script{Answer: amqppeer.Always(amqppeer.None)})
	receipts := submitAll(t, provider, 0, 1)
	for i := range 3 {
		link := peer.Link("event", i)
		assert.Equal(t, "0", link.Message(0).Text())
		assert.Equal(t, "1", link.Message(1).Text())
		if i == 2 {
			peer.Script("event", amqppeer.Script{})
		}
		link.Detach(&amqppeer.Error{Condition: "amqp:internal-error", Description: "can't parse that"})
	}
	err := receipts[0].Wait(within(t))
	requireOutcome(t, eventing.ErrUnconfirmed, err)
	require.ErrorContains(t, err, "can't parse that")
	require.NoError(t, receipts[1].Wait(within(t)))
	assert.Equal(t, []string{"1"}, texts(peer.Link("event", 3)))
}

// deliver gives each receiver these messages.
func deliver(bodies ...string) (script amqppeer.Script) {
	for _, body := range bodies {
		script.Deliver = append(script.Deliver, goamqp.NewMessage([]byte(body)))
	}
	return script
}

// TestReceiverThatThePeerEnds goes on receiving by another link, or on another
// connection. What it had can't be settled.
func TestReceiverThatThePeerEnds(t *testing.T) {
	t.Parallel()
	for name, interrupt := range interruptions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer := amqppeer.Start(t, amqppeer.Options{})
			provider := start(t, amqp.Config{URL: peer.URL})
			queue := eventing.Queue{Event: "event", Listener: "listener", Durable: true}
			require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
			peer.Script("event::listener", deliver("held", "prefetched"))
			consumer := attach(t, provider, queue, 10)
			var held eventing.Delivery
			require.NoError(t, consumer.Receive(within(t), &held))
			peer.Script("event::listener", deliver("again"))
			interrupt(peer.Link("event::listener", 0))
			for body := "prefetched"; body == "prefetched"; { // as long as the end isn't noticed
				var delivery eventing.Delivery
				require.NoError(t, consumer.Receive(within(t), &delivery))
				body = string(delivery.Message.Body)
				assert.Contains(t, []string{"prefetched", "again"}, body)
			}
			require.ErrorIs(t, consumer.Settle(&held, eventing.Accept), eventing.ErrUnavailable)
			requireHealed(t, provider)
			require.NoError(t, consumer.Close(within(t)))
		})
	}
}
