"""drain -- told to stop, the server says so to everybody, finishes, and comes back.

Streams of every kind are open, many of them, some of people who do not read;
calls are on their way.  SIGTERM, twice: exit 0 within 10 s, streams end with
DRAINING, what was acknowledged is there after the start (server/node laws 1
and 2).
Usage: drain_test.py BUILD_DIR."""
import signal
import sys
import threading
import time

from stall import Reader
from world import PATIENCE, Api, Check, Failed, Member, Server, key

check = Check()
TALKS = 36  # two receivers each: more than any one round of looking could take


def pair(server):
    """A talk with both receiving."""
    peer, seeker = Member(server).ready(2, have=["heroin"]), Member(server, grade=1).ready(1, have=["heroin"])
    duty = peer.attend()
    duty.next()
    ask = seeker.ask()
    peer.accept(duty.until(lambda m: len(m.duty.offers) > 0).duty.offers[0].offer_id)
    seeker.talk = ask.until(lambda m: m.ticket.phase == 2).ticket.talk
    boxes = [m.api.stream("Talks/Receive", capability=m.mailbox) for m in (seeker, peer)]
    for box in boxes:
        box.until(lambda m: m.state.phase == 2)
    return seeker, peer, duty, boxes


def draining(stream):
    end = stream.end(10)
    return end is not None and (end.code, end.reason) == ("UNAVAILABLE", "DRAINING")


def load(seeker, told, stop):
    """Messages, as fast as they are answered, until there is no answer."""
    while not stop.is_set():
        fields = {"idempotency_key": key(), "capability": seeker.talk.send_capability, "ciphertext": b"load"}
        try:
            told.append((fields, seeker.api.call("Talks/Send", **fields).seq))
        except Failed as error:
            if error.code != "UNAVAILABLE":
                check.that("who is on the way hears a seq or UNAVAILABLE", error.reason == "MAILBOX_FULL", error)
            return


def story(server):
    pairs = [pair(server) for _ in range(TALKS)]
    waiter = Member(server, grade=1).ready(1, have=["heroin"], must=["veteran"])
    ask = waiter.ask()
    ticket = ask.next().ticket.ticket_id
    health = server.api()
    watch = health.stream("grpc.health.v1.Health/Watch")
    check.that("healthy", watch.next().status == 1)
    inside = Api(server.protos, f"unix:{server.data}/operations.sock")
    inside.call("Operations/Stats")
    body = server.protos.message("ReceiveRequest")(capability=pairs[0][1].mailbox).SerializeToString()
    stalled = [Reader(server, "/kindred.v1.Vocabularies/GetVocabulary", streams=20),
               Reader(server, "/kindred.v1.Talks/Receive", body)]
    pairs[0][3][1].end(5)  # the one who does not read took its place
    told, stop = [], threading.Event()
    loads = [threading.Thread(target=load, args=(p[0], told, stop)) for p in pairs[1:5]]
    for thread in loads:
        thread.start()
    patience = time.monotonic() + PATIENCE
    while len(told) <= 20 and time.monotonic() < patience:
        time.sleep(0.05)
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    server.process.send_signal(signal.SIGTERM)
    check.that("health says so first", [m.status for m in [watch.next()]] == [2])
    check.that("then the watch ends", draining(watch))
    check.that("an ask hears of it", draining(ask))
    check.that("every duty hears of it", all(draining(p[2]) for p in pairs))
    check.that("every receiver hears of it", all(draining(box) for p in pairs[1:] for box in p[3]))
    server.process.send_signal(signal.SIGTERM)
    status, took = server.process.wait(60), time.monotonic() - began
    check.that("exit 0 in bounded time, whoever does not read", status == 0 and took < 45, status, took)
    stop.set()
    for thread in loads:
        thread.join(20)
    for reader in stalled:
        reader.close()
    server.start()
    waiter.reconnect()
    state = waiter.ask_again().next().ticket
    check.that("who waited waits", (state.ticket_id, state.phase) == (ticket, 1), state)
    api = server.api()
    check.that("there was load", len(told) > 20, len(told))
    check.that("every message answered is there", all(api.call("Talks/Send", **f).seq == seq for f, seq in told[-200:]))
    box = api.stream("Talks/Receive", capability=pairs[5][0].mailbox)
    check.that("a talk goes on", box.until(lambda m: m.WhichOneof("event") == "state").state.phase == 2)
    check.that("stops in order", server.stop() == 0)


with Server(sys.argv[1], "--rest-ms", "1") as world:
    check.runs(story, world)
check.report()
