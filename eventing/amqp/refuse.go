package amqp

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// replaced is the annotation of a message that the intake has put in place of
// another. It holds the reason, as a string; or the size, where the message
// wasn't kept. No peer can know its name.
var replaced = "x-opt-aspyx-replaced-" + eventing.NewID().String()

// notKept is the size of a message that nobody waits for any more.
const notKept = uint64(0)

// decodeError tells why a message can't be read. The library panics on some.
// What it gets is sound, see [verdict]: so it can't end the process.
func decodeError(message []byte) (err error) {
	defer func() {
		if caught := recover(); caught != nil {
			err = fmt.Errorf("the message can't be decoded: %v", caught)
		}
	}()
	var decoded amqp.Message
	if err := decoded.UnmarshalBinary(message); err != nil {
		return fmt.Errorf("the message can't be decoded: %w", err)
	}
	_, err = readBody(&decoded)
	return err
}

// refuse makes the message that takes the place of one that can't be read: with
// what can be read of its head, the reason, and the whole original as its body.
func refuse(message []byte, reason error) []byte {
	whole := replacement(message, clean(describe(reason)))
	whole = append(whole, described, smallUlong, dataSection, binary32)
	whole = binary.BigEndian.AppendUint32(whole, uint32(len(message))) //nolint:gosec // far below: see maxDelivery
	return append(whole, message...)
}

// replacement makes a message without a body from what can be read of another,
// or of its beginning.
func replacement(message []byte, annotation any) []byte {
	var header, properties, headers []byte
	for len(message) > 0 {
		kind, value, rest, v := scanSection(message)
		if v == broken {
			break
		}
		section := message[:len(message)-len(rest)]
		switch {
		case kind == headersSection:
			headers = keepHeaders(value)
		case v != good: // it is in the original only
		case kind == headerSection:
			header = section
		case kind == propertiesSection:
			properties = section
		}
		message = rest
	}
	annotated := amqp.Message{Annotations: amqp.Annotations{replaced: annotation}}
	annotations, _ := annotated.MarshalBinary()
	return slices.Concat(header, annotations, properties, headers)
}

// keepHeaders makes a section of those application properties that can be read.
func keepHeaders(properties []byte) []byte {
	code, content, _, ok := cut(properties)
	if !ok || !isMap(code) {
		return nil
	}
	count, data, _ := elements(code, content)
	var kept []byte
	keptCount := uint32(0)
	for range count / 2 {
		value, named := scanValue(data, 0)
		rest, v := scanValue(value, 0)
		if named == good && v == good && is(data[0], nameClass) {
			kept = append(kept, data[:len(data)-len(rest)]...)
			keptCount += 2
		}
		data = rest
	}
	section := []byte{described, smallUlong, headersSection, map32}
	section = binary.BigEndian.AppendUint32(section, uint32(len(kept)+4)) //nolint:gosec // far below: see maxDelivery
	section = binary.BigEndian.AppendUint32(section, keptCount)
	return append(section, kept...)
}
