"""Sends messages of all kinds, or prints the messages of a queue as JSON.

    proton_client.py send ADDRESS
    proton_client.py receive QUEUE COUNT
"""
import json
import os
import sys
import uuid
from urllib.parse import unquote, urlparse

from proton import Message, byte, float32, int32, symbol, timestamp, ubyte, uint, ulong
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
