"""The Python original as a service beside ours: it listens to one event and
sends the other, with a header set by a pipeline.

    original.py EVENT COUNT OTHER LISTENER

It prints "ready", sends COUNT times EVENT, and prints what comes as OTHER for
LISTENER, until its input ends.
"""
import asyncio
import json
import os
import sys
from dataclasses import asdict, dataclass
from urllib.parse import unquote, urlparse

from aspyx.di import Environment, create, module
from aspyx_event import (
    AbstractEnvelopePipeline, AMQPProvider, EventListener, EventManager, EventModule, envelope_pipeline, event,
    event_listener,
)

EVENT, COUNT, OTHER, LISTENER = sys.argv[1:]


@dataclass
@event(name=EVENT)
class Sent:
    text: str
    number: int


@dataclass
@event(name=OTHER)
class Heard:
    text: str
    number: int


@event_listener(Heard, name=LISTENER)
class Listener(EventListener[Heard]):
    def on(self, event: Heard):
        print(json.dumps({"event": asdict(event)}), flush=True)


@envelope_pipeline()
class SessionPipeline(AbstractEnvelopePipeline):
    def __init__(self):
        super().__init__()

    def send(self, envelope, descriptor):
        envelope.set("session", "from Python")
        self.proceed_send(envelope, descriptor)

    def handle(self, envelope, descriptor):
        print(json.dumps({"session": envelope.get("session"), "type": type(envelope.get_body()).__name__}), flush=True)
        self.proceed_handle(envelope, descriptor)


@module(imports=[EventModule])
class Service:
    @create()
    def event_manager(self) -> EventManager:
        place = urlparse(os.environ["ASPYX_TEST_BROKER"])
        return EventManager(AMQPProvider(
            "python", host=place.hostname, port=place.port, user=unquote(place.username), password=unquote(place.password),
        ))


asyncio.set_event_loop(asyncio.new_event_loop())
manager = Environment(Service).get(EventManager)
print("ready", flush=True)
for n in range(int(COUNT)):
    manager.send_event(Sent("grüß", n))
sys.stdin.read()
os._exit(0)  # the original's thread doesn't end by itself
