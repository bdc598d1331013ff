"""Sends messages of all kinds, or prints the messages of a queue as JSON.

    proton_client.py send ADDRESS
    proton_client.py poison ADDRESS
    proton_client.py receive QUEUE COUNT
"""
import json
import os
import sys
import uuid
from urllib.parse import unquote, urlparse

from proton import Message, byte, char, decimal32, decimal64, decimal128, float32, int32, symbol, timestamp, ubyte, uint, ulong
from proton.utils import BlockingConnection

UUID = uuid.UUID("01020304-0506-0708-090a-0b0c0d0e0f10")

BODIES = [
    ("string", Message('{"text":"grüß"}')),
    ("binary", Message(b'{"text":"a"}')),
    ("data", Message(b'{"text":"b"}', inferred=True)),
    ("none", Message()),
    ("null", Message(None)),
    ("list", Message(["a", 1])),
    ("sequence", Message(["a", 1], inferred=True)),
    ("map", Message({"text": "a"})),
    ("long", Message(7)),
    ("double", Message(1.5)),
    ("boolean", Message(True)),
    ("uuid", Message(UUID)),
    ("timestamp", Message(timestamp(1))),
    ("symbol", Message(symbol("a"))),
]

HEADERS = {
    "binary": b"hi", "boolean": True, "byte": byte(-1), "double": 0.1, "float": float32(0.5), "int": int32(7),
    "long": 1 << 40, "null": None, "string": "grüß", "symbol": symbol("s"), "timestamp": timestamp(1),
    "ubyte": ubyte(255), "uint": uint(9), "ulong": ulong(1 << 63), "uuid": UUID,
}

FULL = Message(
    '{}', id="fe0a1f6c-7a3c-7b7e-8000-0123456789ab", subject="other", content_type="application/json",
    creation_time=1700000000.123, group_id="tea", durable=True, priority=7, ttl=3600, correlation_id="c", reply_to="r",
)


# What go-amqp can't decode, each with a good property.
POISON = [
    ("char", Message("{}", properties={"case": "char", "char": char("x")})),
    ("char body", Message(char("x"), properties={"case": "char body"})),
    ("nested char", Message({"list": [{"char": char("x")}]}, properties={"case": "nested char"})),
    ("decimal32", Message("{}", properties={"case": "decimal32", "decimal": decimal32(1)})),
    ("decimal64", Message("{}", properties={"case": "decimal64", "decimal": decimal64(1)})),
    ("decimal128", Message(decimal128(bytes(16)), properties={"case": "decimal128"})),
    ("large", Message(["x" * 3000000, char("x")], properties={"case": "large"})),
]


def map_as_key():
    """Encodes a message whose footer has a map as a key."""
    headers = b"\x00\x53\x74\xc1\x13\x02\xa1\x04case\xa1\x0amap as key"
    return headers + b"\x00\x53\x77\xa1\x02{}" + b"\x00\x53\x78\xc1\x05\x02\xc1\x01\x00\x40"


def send_encoded(connection, sender, message):
    delivery = sender.link.delivery(sender.link.delivery_tag())
    sender.link.stream(message)
    sender.link.advance()
    connection.wait(lambda: delivery.settled)


def messages():
    yield FULL
    for case, message in BODIES:
        message.properties = {"case": case}
        yield message
    yield Message("{}", properties=HEADERS)
    for id in (ulong(7), UUID, b"\x01\xff", "ID:foreign"):
        yield Message("{}", id=id)


def shown(value):
    if isinstance(value, memoryview):
        value = bytes(value)
    if isinstance(value, bytes):
        value = value.decode()
    return value


def main(command, address, count=0):
    place = urlparse(os.environ["ASPYX_TEST_BROKER"])
    connection = BlockingConnection(
        f"{place.hostname}:{place.port}", user=unquote(place.username), password=unquote(place.password), timeout=20,
    )
    if command == "send":
        sender = connection.create_sender(address)
        for message in messages():
            sender.send(message)
    elif command == "poison":
        sender = connection.create_sender(address)
        for _, message in POISON:
            sender.send(message)
        send_encoded(connection, sender, map_as_key())
        sender.send(Message('{"text":"good"}'))
    else:
        receiver = connection.create_receiver(address, credit=int(count))
        for _ in range(int(count)):
            message = receiver.receive()
            receiver.accept()
            print(json.dumps({
                "body": shown(message.body), "bodyType": type(message.body).__name__, "id": message.id,
                "time": round(message.creation_time * 1000), "contentType": message.content_type,
                "subject": message.subject, "group": message.group_id, "durable": message.durable,
                "priority": message.priority, "headers": message.properties,
            }), flush=True)
    connection.close()


main(*sys.argv[1:])
