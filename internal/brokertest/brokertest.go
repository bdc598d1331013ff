// Package brokertest gives tests the broker that they need. Tests that only
// talk to a broker take [URL] and share it, so their events and listeners
// carry unique names. Tests that kill or restart one take [Own].
//
// `make test` provides both. Without them a test is left out with a line that
// says so; where the environment variable CI is "true" it fails instead.
package brokertest

import (
	"os"
	"testing"

	"github.com/aspyx-go/aspyx/internal/artemis"
	"github.com/aspyx-go/aspyx/internal/classic"
	"github.com/aspyx-go/aspyx/internal/jvm"
)

// The environment variables that connect a test run with its brokers.
const (
	// BrokerVariable holds the URL of the broker that tests share, with user
	// and password. Users set it to run the tests on a broker of theirs.
	BrokerVariable = "ASPYX_TEST_BROKER"
	// HomeVariable holds the folder of an Artemis distribution, from which
	// tests start brokers of their own.
	HomeVariable = "ASPYX_TEST_ARTEMIS_HOME"
	// ClassicVariable holds the folder of the jars of ActiveMQ Classic, from
	// which tests start brokers of their own.
	ClassicVariable = "ASPYX_TEST_CLASSIC_HOME"
)

// URL returns the URL of the broker that all tests share.
func URL(tb testing.TB) string {
	tb.Helper()
	url := os.Getenv(BrokerVariable)
	if url == "" {
		leaveOut(tb, "it needs a broker: run `make test`, or set "+BrokerVariable+"=amqp://user:password@host:port")
	}
	return url
}

// Own starts a broker for this test alone, which may kill and restart it. The
// broker is killed when the test ends; if the test failed, the last lines of
// the broker's log are part of its output. A test that needs another broker
// than the usual one changes its options.
func Own(tb testing.TB, changes ...func(*artemis.Options)) *artemis.Broker {
	tb.Helper()
	options := artemis.Options{Home: Home(tb), Dir: tb.TempDir()}
	for _, change := range changes {
		change(&options)
	}
	broker, err := artemis.Start(tb.Context(), options)
	if err != nil {
		tb.Fatal(err)
	}
	endWith(tb, broker.Machine)
	return broker
}

// Classic is like Own, for an ActiveMQ Classic broker. None is shared: few tests
// need one.
func Classic(tb testing.TB, changes ...func(*classic.Options)) *classic.Broker {
	tb.Helper()
	home := os.Getenv(ClassicVariable)
	if home == "" {
		leaveOut(tb, "it needs an ActiveMQ Classic broker of its own: run `make test` without "+BrokerVariable)
	}
	options := classic.Options{Home: home, Dir: tb.TempDir()}
	for _, change := range changes {
		change(&options)
	}
	broker, err := classic.Start(tb.Context(), options)
	if err != nil {
		tb.Fatal(err)
	}
	endWith(tb, broker.Machine)
	return broker
}

// endWith kills the broker when the test ends.
func endWith(tb testing.TB, broker *jvm.Machine) {
	tb.Helper()
	tb.Cleanup(func() {
		broker.Kill()
		if tb.Failed() {
			tb.Logf("the broker's log ends:\n%s", broker.LogTail())
		}
	})
}

// Home returns the folder of the Artemis distribution, for tests that start
// brokers themselves.
func Home(tb testing.TB) string {
	tb.Helper()
	home := os.Getenv(HomeVariable)
	if home == "" {
		leaveOut(tb, "it needs a broker of its own to kill and restart: run `make test` without "+BrokerVariable)
	}
	return home
}

func leaveOut(tb testing.TB, reason string) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatalf("can't be left out where CI=true: %s", reason)
	}
	announce(tb.Name(), reason)
	tb.Skipf("left out: %s", reason)
}
