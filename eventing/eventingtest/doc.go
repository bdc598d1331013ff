// Package eventingtest tests what is built with eventing: the listeners of a
// program by [Start], and a provider by [Run].
//
// # Tests of listeners
//
// Start boots a module in a test, on a broker in memory, and notes what is sent
// and handled:
//
//	func TestOrderIsPaid(t *testing.T) {
//		app := eventingtest.Start(t, shop.Module)
//		app.Send(shop.OrderPlaced{ID: "4711"})
//		app.Wait()
//		require.Len(t, eventingtest.Published[shop.OrderPaid](app), 1)
//	}
//
// Wait returns when nothing is left to do. In a bubble of [testing/synctest]
// retries and delays take no time. [App.Fail] has a listener fail.
// What is below is for the authors of providers.
//
// # The conformance suite
//
// The suite has what eventing promises about a delivery, as cases that every
// provider must pass. The author of a provider writes one test:
//
//	func TestConformance(t *testing.T) {
//		eventingtest.Run(t, eventingtest.Harness{
//			Provider: func(t eventingtest.T, server string) eventing.Provider {
//				provider, err := mybroker.New(mybroker.Config{URL: url, ServerName: server})
//				require.NoError(t, err)
//				return provider
//			},
//		})
//	}
//
// Each case is a subtest named promise-<number>/<case>. Cases run beside each
// other, on one broker: each sends events of a name of its own. The names of
// listeners are fixed, so that a provider whose broker knows queue names only
// globally must be made with [eventing.NamingQualified].
//
// # What it asks
//
// The numbers are those of the documentation's list of promises:
//
//	1  one delivery per queue, by the listener that owns the queue
//	2  competing processes, groups, queues of one server
//	3  the acknowledgement follows the handler
//	4  durable events wait; a server's transient queue, and a removed one, leaves nothing
//	5  headers, identity and body arrive byte by byte; delay and time to live are kept
//	6  pipelines: order, stop, drop, context, headers
//	7  what a provider lacks is refused
//	8  dead letters with their reason, delayed retries
//	9  stopping isn't a failure
//	11 an event without a queue is confirmed, or refused if it is mandatory
//	12 everything is bounded
//	13 events of one key are handled in order, across retries and processes
//
// Some cases drive the provider through an [eventing.EventManager], as users
// do. Others call it directly, where the contract of [eventing.Provider] says
// more than a manager shows.
//
// # How it fails
//
// A case waits up to 20 seconds for what must happen, and then says what it
// has seen. It doesn't wait for what must not happen: it sends one more event,
// the fence, and looks at what has come before it. So a provider that passes
// takes a few seconds, nearly all of them in the retry with a delay.
//
// The suite is tested itself: providers with one fault each go through it, and
// each fault must be caught by the cases that are named for it.
package eventingtest
