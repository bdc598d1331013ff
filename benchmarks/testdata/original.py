"""The Python original, in one process that sends and listens.

    original.py EVENT LISTENER TEXT

EVENT is an event's name, LISTENER that of a queue which exists on its address,
TEXT what each event carries. For each number that it reads, it sends as many
events, and answers when all were handled, with the seconds since the first was.
"""
import asyncio
import os
import sys
import threading
import time
from dataclasses import dataclass
from urllib.parse import unquote, urlparse

from aspyx.di import Environment, create, module
from aspyx_event import AMQPProvider, EventListener, EventManager, EventModule, event, event_listener

EVENT, LISTENER, TEXT = sys.argv[1:]

handled = threading.Semaphore(0)


@dataclass
@event(name=EVENT)
class Parcel:
    number: int
    text: str


@event_listener(Parcel, name=LISTENER)
class Listener(EventListener[Parcel]):
    def on(self, event: Parcel):
        handled.release()


@module(imports=[EventModule])
class Service:
    @create()
    def event_manager(self) -> EventManager:
        place = urlparse(os.environ["ASPYX_BENCH_BROKER"])
        return EventManager(AMQPProvider(
            "benchmark", host=place.hostname, port=place.port, user=unquote(place.username), password=unquote(place.password),
        ))


asyncio.set_event_loop(asyncio.new_event_loop())
manager = Environment(Service).get(EventManager)
for line in sys.stdin:
    count = int(line)
    for number in range(count):
        manager.send_event(Parcel(number, TEXT))
    handled.acquire()
    began = time.monotonic()
    for _ in range(count - 1):
        handled.acquire()
    print(time.monotonic() - began, flush=True)
os._exit(0)  # the original's thread doesn't end by itself
