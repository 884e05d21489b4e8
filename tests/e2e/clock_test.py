"""clock -- the wall clock is set forwards and backwards, and nobody is wronged.

A library before libc shifts the wall clock of a running server (tests/lib/
clock_shift.c).  While it runs, a jump changes nothing: who waits keeps the age,
offers and tokens keep their time, talks go on, keys keep their answers.  Across
a restart the server's time goes on from the wall, or from the latest moment that
what lives in the store remembers, if that is later; what a jump forward made too
old ends as too old, and is told so.
Usage: clock_test.py BUILD_DIR."""
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

from world import Check, Member, Server, key

HOUR, DAY = 3600, 86400
check = Check()
here = pathlib.Path(__file__).resolve().parent
temp = tempfile.TemporaryDirectory(prefix="kindred-clock-")
shift = pathlib.Path(temp.name) / "shift"
library = pathlib.Path(temp.name) / "clock_shift.so"
jumps = 0


def jump(seconds):
    """From now on the wall says so many seconds more than it is."""
    global jumps
    jumps += 1
    with open(shift, "r+b", buffering=0) as file:
        file.write(struct.pack("<q", 1000 * seconds))


def age(member):
    state = member.ask_again().next().ticket
    return state, state.age_ms


def while_it_runs(seeker, peer, waiting):
    """The laws of time under each jump."""
    duty, stream = peer.attend(capacity=8), seeker.ask()
    ticket = waiting.ask().next().ticket
    began = time.monotonic()
    offer = duty.until(lambda m: len(m.duty.offers) > 0).duty.offers[0]
    jump(3 * DAY)
    time.sleep(0.3)
    talk = peer.accept(offer.offer_id).talk  # three days late by the wall, in time by the server
    mine = stream.until(lambda m: m.ticket.phase == 2).ticket.talk
    check.that("an offer keeps its time", talk.talk_id == mine.talk_id)
    one, two = seeker.open(mine, True), peer.open(talk, False)
    inbox = two.receive()
    one.receive().next()
    sent = []
    for seconds in (-3 * DAY, 40 * DAY, 0, -40 * 365 * DAY, 400 * DAY, 5, -5, 0):
        jump(seconds)
        time.sleep(0.1)
        sent.append(f"at {seconds}".encode())
        one.send(sent[-1])
        got = inbox.until(lambda m: m.WhichOneof("event") == "message")
        check.that("a talk goes on", two.open(got.message.ciphertext) == sent[-1] and got.message.seq == len(sent), seconds)
        again = peer.api.call("Peers/Answer", peer.token, request=peer.answer_request)
        check.that("a key keeps its answer", again.talk.talk_id == talk.talk_id)
        check.that("a token keeps its time", waiting.api.call("Cards/GetCard", waiting.token, role=1).card.version == 1)
        waiting.api.call("Support/Beat", waiting.token, ticket_id=ticket.ticket_id)
        state, age_ms = age(waiting)
        waited = 1000 * (time.monotonic() - began)
        check.that("who waits keeps the age", (state.ticket_id, state.phase) == (ticket.ticket_id, 1) and
                   abs(age_ms - waited) < 10000, seconds, age_ms, waited)
        newcomer = Member(world, grade=1)
        newcomer.enroll()
        newcomer.login()
        check.that("who comes now is let in", newcomer.token)
    return ticket, one, sent


def killed(*members):
    world.kill()
    world.start()
    for member in members:
        member.reconnect()
        member.login()


def across_restarts(seeker, peer, waiting, ticket, one, sent):
    jump(-30 * DAY)
    killed(seeker, peer, waiting)
    state, _ = age(waiting)
    check.that("set back, who waits waits", (state.ticket_id, state.phase) == (ticket.ticket_id, 1), state)
    peer.duty = peer.api.stream("Peers/Attend", peer.token, **{**peer.attend_fields, "idempotency_key": key()})
    peer.duty.until(lambda m: m.duty.phase == 1)
    sent.append(b"set back")
    one.send(sent[-1])
    check.that("set back, a peer is on duty and a talk goes on", True)
    jump(2 * HOUR)  # a ticket lives half an hour, silence half an hour, a message a week
    killed(seeker, peer, waiting)
    state, _ = age(waiting)
    check.that("set forward, what is too old ended, and says so", state.phase == 3 and state.end_reason in (2, 3), state)
    inbox, seen, ended = peer.api.stream("Talks/Receive", capability=peer.mailbox), 0, None
    while (got := inbox.next()) is not None:
        if got.WhichOneof("event") == "message":
            seen += 1
        elif got.state.phase == 3:
            ended = got.state
    check.that("set forward, messages are there", seen == len(sent), seen, len(sent))
    check.that("set forward, a silent talk ended", ended is not None and ended.reason == 3, ended)
    newer = waiting.ask().next().ticket
    check.that("set forward, who asks again waits anew", newer.phase == 1 and newer.ticket_id != ticket.ticket_id, newer)
    jump(0)
    killed(waiting)
    state, _ = age(waiting)
    check.that("and back again: the time of the store goes on", (state.ticket_id, state.phase) == (newer.ticket_id, 1), state)


shift.write_bytes(bytes(8))
compiler = os.environ.get("CC", "cc")
subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, here.parent / "lib/clock_shift.c", "-ldl"], check=True)
os.environ.update(CLOCK_SHIFT=str(shift))
loaded = {"LD_PRELOAD": str(library), "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


class Shifted(Server):
    """Only the server's clock is set, not ours."""

    def start(self):
        before = {name: os.environ.get(name) for name in loaded}
        os.environ.update(loaded)
        try:
            super().start()
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


with Shifted(sys.argv[1], "--settle-ms", "0", "--relax-ms", "1") as world:
    people = (Member(world, grade=1).ready(1, have=["heroin"]), Member(world).ready(2, have=["heroin"]),
              Member(world, grade=1).ready(1, must=["veteran"]))
    across_restarts(*people, *while_it_runs(*people))
    check.that("stops in order", world.stop() == 0)
    print(f"injected {jumps} jumps of the wall clock, 40 years back to 400 days ahead, three of them across a kill -9; "
          "checked ages, deadlines, tokens, keys, talks and messages")
temp.cleanup()
check.report()
