package eventingtest_test

import (
	"slices"

	"github.com/aspyx-go/aspyx/eventing"
)

// fault is one way to be wrong, and the cases that must notice.
type fault struct {
	name     string
	make     func() func(*faulty) // called once for each broker
	caughtBy []string
}

// always is for faults without a state.
func always(f func(*faulty)) func() func(*faulty) {
	return func() func(*faulty) { return f }
}

// faults are ordered by the promise that they break.
func faults() []fault {
	return slices.Concat(queueFaults(), removalFaults(), settlementFaults(), contentFaults(), optionFaults(), unroutableFaults(),
		boundFaults(), groupFaults(), interruptionFaults())
}

func interruptionFaults() []fault {
	return []fault{
		{"doesn't send any more once the connection was lost", always(staySilent), []string{"a lost connection is made again"}},
		{"doesn't receive any more once the connection was lost", always(stayDeaf), []string{"a lost connection is made again"}},
	}
}

func queueFaults() []fault {
	return []fault{
		{"calls every listener for every queue", everyListenerForEveryQueue, []string{
			"one delivery per queue", "pipelines run in order on both sides",
		}},
		{"runs the owner of another queue", always(otherOwner), []string{"a delivery runs the owner of its queue"}},
		{"delivers to all queues what is for one", always(ignoreTarget), []string{
			"a delivery runs the owner of its queue", "a delayed retry comes to its listener only",
		}},
		{"gives each process a queue of its own", separateQueues, []string{
			"processes compete for a listener's queue", "members of a group compete",
		}},
		{"ignores groups", always(mapQueues(func(q *eventing.Queue) { q.Group = "" })), []string{"members of a group compete"}},
		{"shares a server's queue", always(mapQueues(func(q *eventing.Queue) { q.Server = "" })), []string{
			"a per-process listener is called on every server", "a broadcast reaches every server",
			"a server's queue has one consumer", "a server's transient queue leaves nothing",
		}},
		{"removes no queue", always(removeNothing), []string{
			"a subscription that ends leaves nothing behind", "a removed queue is gone", "a queue with a consumer isn't removed",
		}},
		{"removes a queue without a consumer", always(removeLeft), []string{
			"what is sent while a listener is paused waits", "durable events wait for their listener",
		}},
		{"keeps a server's transient queue", always(mapQueues(func(q *eventing.Queue) { q.Durable = true })), []string{
			"a server's transient queue leaves nothing",
		}},
		{"ignores durable", always(ignoreDurable), []string{
			"durable events wait for their server", "messages are as durable as they were sent",
		}},
		{"begins with what is sent after the listener has come", always(beginNow), []string{
			"durable events wait for their listener", "durable events wait for their server",
			"an interrupted handler's event goes to another process", "a handler that the stop interrupts hasn't failed",
		}},
		{"puts a copy of each event into the dead-letter queue", copyToDeadLetters, []string{
			"one failure among many is one dead letter", "a permanent error is dead-lettered at once",
		}},
	}
}

func settlementFaults() []fault {
	return []fault{
		{"accepts before the handler ends", always(acceptFirst), []string{
			"what wasn't settled comes again", "an interrupted handler's event goes to another process",
			"a handler that the stop interrupts hasn't failed", "a stuck handler can't hold up the stop",
		}},
		{"never accepts", always(neverAccept), []string{
			"what wasn't settled comes again", "a failed event is tried again and then acknowledged",
			"a running handler finishes and can still send",
		}},
		{"doesn't count deliveries", always(countNothing), []string{
			"a delivery that ends with its process is counted", "an event that ends its process each time is dead-lettered",
		}},
		{"neither counts nor flags deliveries", always(tellNothing), []string{
			"a delivery that ends with its process is counted", "an event that ends its process each time is dead-lettered",
		}},
		{"flags what is new", always(flagAll), []string{
			"a delivery that ends with its process is counted", "one delivery per queue",
		}},
		{"confirms before storing", always(confirmFirst), []string{
			"durable events wait for their listener", "durable events wait for their server",
		}},
		{"loses dead letters", always(loseTargeted(eventing.Queue.IsDeadLetter)), []string{
			"a permanent error is dead-lettered at once", "exhausted retries are dead-lettered",
			"an undecodable body is dead-lettered", "an invalid attempt is dead-lettered",
			"one failure among many is one dead letter", "a pipeline stops or drops an event",
		}},
		{"removes dead letters that are looked at", always(loseRead), []string{
			"dead letters are read, and stay", "a replayed dead letter comes to its listener only",
		}},
		{"dead-letters twice", always(deadLetterTwice), []string{
			"a permanent error is dead-lettered at once", "exhausted retries are dead-lettered",
			"an undecodable body is dead-lettered", "an invalid attempt is dead-lettered",
			"one failure among many is one dead letter", "a pipeline stops or drops an event",
		}},
		{"loses retries", always(loseTargeted(func(q eventing.Queue) bool { return !q.IsDeadLetter() && q.Listener == "later" })), []string{
			"a delayed retry comes to its listener only",
		}},
		{"takes the copies of one event for duplicates", detectDuplicates(byEventID), []string{
			"a replayed dead letter comes to its listener only",
			"a delayed retry comes to its listener only", "a delayed retry comes on every server that failed",
			"every server that failed leaves a dead letter",
		}},
		{"takes the copies of all queues for duplicates", detectDuplicates(byPublication), []string{
			"a delayed retry comes on every server that failed", "every server that failed leaves a dead letter",
		}},
		{"takes the copies of two servers for duplicates", detectDuplicates(byListener), []string{
			"a delayed retry comes on every server that failed", "every server that failed leaves a dead letter",
		}},
		{"doesn't delay", always(ignoreDelay), []string{
			"a delayed retry comes to its listener only", "a delayed event comes when it is due",
			"a listener chooses when it is called again", "a provider delays, or says that it doesn't",
		}},
		{"loses on stop what was prefetched", always(losePrefetched), []string{
			"what wasn't handled is released uncounted", "a release is never counted",
		}},
		{"keeps what was prefetched until the end", always(keepPrefetched), []string{"a paused listener's fetched events go to others"}},
		{"hands out what was prefetched after the stop", always(receiveOn), []string{"what wasn't handled is released uncounted"}},
		{"counts releases", countReleases, []string{"a release is never counted"}},
		{"dead-letters what is released too often", buryReleased, []string{"a release is never counted"}},
		{"counts a stop as an attempt", countStops, []string{
			"what wasn't handled is released uncounted", "a handler that the stop interrupts hasn't failed",
		}},
		{"refuses to send when the stop begins", closeEarly, []string{"a running handler finishes and can still send"}},
		{"waits for stuck handlers", always(waitForHandlers), []string{"a stuck handler can't hold up the stop"}},
	}
}

func contentFaults() []fault {
	return []fault{
		{"drops an empty header", always(dropEmptyHeader), []string{"headers arrive byte by byte"}},
		{"trims the values of headers", always(trimHeaders), []string{"headers arrive byte by byte"}},
		{"folds the case of keys", always(foldKeys), []string{"headers arrive byte by byte"}},
		{"drops all headers", always(dropHeaders), []string{
			"headers arrive byte by byte", "a pipeline replaces the context and changes headers",
			"a permanent error is dead-lettered at once", "an invalid attempt is dead-lettered",
			"a delayed retry comes to its listener only", "an event tells what has caused it",
		}},
		{"makes a new id", always(renewID), []string{
			"id, time, name and content type arrive", "a permanent error is dead-lettered at once",
			"a delayed retry comes to its listener only", "an event that comes again isn't handled twice",
		}},
		{"keeps whole seconds only", always(cutTime), []string{"id, time, name and content type arrive"}},
		{"drops the content type", always(dropContentType), []string{
			"id, time, name and content type arrive", "bodies of all sizes arrive",
		}},
		{"takes bodies for text", always(textBodies), []string{
			"a body of a pipeline arrives byte by byte", "bodies of all sizes arrive",
		}},
		{"cuts large bodies", always(cutBodies), []string{"bodies of all sizes arrive"}},
	}
}

func optionFaults() []fault {
	return []fault{
		{"delays retries only", always(delayCopiesOnly), []string{"a delayed event comes when it is due"}},
		{"ignores the time to live", always(ignoreTTL), []string{"an event that is over isn't delivered"}},
		{"ignores the time to live for one queue", always(ignoreTTLOfTargeted), []string{"an event that is over isn't delivered"}},
		{"takes the time to live for another unit", always(microseconds), []string{
			"an event that is over isn't delivered", "a delayed event comes when it is due",
		}},
		{"gives a dead letter the event's time to live", inheritTTL, []string{"a dead letter has no time to live"}},
	}
}

func boundFaults() []fault {
	return []fault{
		{"ignores the prefetch", always(ignorePrefetch), []string{"a consumer holds at most its prefetch"}},
		{"has no bound", nil, []string{"a full queue holds senders back"}},
		{"drops what a full queue can't take", always(dropWhenFull), []string{"a full queue holds senders back"}},
		{"starts a goroutine for each message", always(goroutines), []string{"a backlog costs no goroutines"}},
	}
}
