package jvm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// portTaken is the system's error, as the broker's log repeats it.
const portTaken = "Address already in use"

const pollInterval = 50 * time.Millisecond

var (
	errEnded    = errors.New("the broker's process ended")
	saslHeader  = []byte("AMQP\x03\x01\x00\x00")
	errNotAMQP  = errors.New("the port doesn't answer as AMQP")
	dialTimeout = time.Second
)

// awaitReady returns nil once the broker has said that it is live and its
// port answers the AMQP protocol header.
func awaitReady(ctx context.Context, running *process, logs *logFile, options *Options) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for ended := false; ; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-running.done:
			ended = true // the log tells why
		case <-ticker.C:
		}
		text, err := logs.sinceOpened()
		if err != nil {
			return err
		}
		if bytes.Contains(text, []byte(portTaken)) {
			return ErrPortTaken
		}
		if ended {
			return errEnded
		}
		if bytes.Contains(text, []byte(options.Live)) && answersAMQP(ctx, options.Address) == nil {
			return nil
		}
	}
}

func answersAMQP(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("connect to the broker: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(dialTimeout)); err != nil {
		return fmt.Errorf("connect to the broker: %w", err)
	}
	if _, err := conn.Write(saslHeader); err != nil {
		return fmt.Errorf("send the AMQP header: %w", err)
	}
	answer := make([]byte, len(saslHeader))
	if _, err := io.ReadFull(conn, answer); err != nil {
		return fmt.Errorf("read the AMQP header: %w", err)
	}
	if !bytes.Equal(answer, saslHeader) {
		return errNotAMQP
	}
	return nil
}
