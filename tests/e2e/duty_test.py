"""duty -- no more people than a peer chose: at once, in a day, after a talk, and for how long.

Usage: duty_test.py BUILD_DIR"""
import sys
import time

from world import Check, Member, Server, key

check = Check()
HAVE = ["heroin", "opioids", "lang:en"]
NOW = ["--exclude-talked-ms", "0", "--exclude-declined-ms", "0", "--settle-ms", "0"]


def peer(server, **attend):
    p = Member(server).ready(2, have=HAVE)
    p.duty = p.attend(**attend)
    p.duty.until(lambda m: m.duty.phase == 1)
    return p


def seeker(server):
    s = Member(server, grade=1).ready(1, have=["heroin"])
    return asks(s)


def asks(s):
    s.stream = s.ask()
    s.ticket = s.stream.until(lambda m: m.WhichOneof("event") == "ticket").ticket.ticket_id
    return s


def withdraw(s):
    s.api.call("Support/Withdraw", s.token, idempotency_key=key(), ticket_id=s.ticket)


def offers(p, n, patience=30):
    """The state with n open offers."""
    return p.duty.until(lambda m: len(m.duty.offers) == n, patience).duty


def quiet(p, seconds=1.5):
    """No offer comes."""
    try:
        p.duty.until(lambda m: len(m.duty.offers) > 0, seconds)
        return False
    except Exception:
        return True


def change(p, name, **fields):
    p.api.call("Peers/" + name, p.token, idempotency_key=key(), **fields)


def end(m):
    m.api.call("Talks/End", idempotency_key=key(), capability=m.mailbox)


def leave(p):
    change(p, "Leave")
    p.duty.end()


def capacity(server):
    p = peer(server, capacity=1)
    one, two = seeker(server), seeker(server)
    first = offers(p, 1).offers[0].offer_id
    check.that("one at once", quiet(p))
    change(p, "SetCapacity", capacity=2)
    both = offers(p, 2)
    check.that("raised: another", both.capacity == 2 and first in [o.offer_id for o in both.offers], both)
    change(p, "SetCapacity", capacity=0)
    state = p.duty.until(lambda m: m.duty.capacity == 0).duty
    check.that("lowered: nothing is cancelled", len(state.offers) == 2, state)
    p.accept(first)
    change(p, "Pause")
    state = p.duty.until(lambda m: m.duty.phase == 2).duty
    check.that("a pause: open offers go back, talks go on",
               (state.reason, len(state.offers), len(state.talks)) == (1, 0, 1), state)
    change(p, "SetCapacity", capacity=8)
    check.that("no offers in a pause", quiet(p))
    change(p, "Resume")
    state = offers(p, 1)
    check.that("after it they come", state.phase == 1 and state.capacity == 8, state)
    end(p)
    for s in (one, two):
        try:
            withdraw(s)
        except Exception:
            pass
    leave(p)


def until(server):
    p = peer(server, capacity=1, duration_ms=1500)
    state = p.duty.until(lambda m: m.duty.phase == 3).duty
    check.that("a duty ends by itself", state.reason == 4 and p.duty.end() is None, state)
    check.fails("and is over", "FAILED_PRECONDITION", "NOT_ON_DUTY", lambda: change(p, "Pause"))


def rest(server):
    p, s = peer(server, capacity=2, rest_ms=2500), seeker(server)
    p.accept(offers(p, 1).offers[0].offer_id)
    s.stream.end()
    s.mailbox_was, began = s.mailbox, time.monotonic()
    end(s)
    state = p.duty.until(lambda m: len(m.duty.talks) == 0 and m.duty.rest_left_ms > 0).duty
    check.that("a rest after a talk", 0 < state.rest_left_ms <= 2500, state)
    asks(s)
    offers(p, 1)
    check.that("no offer in it", time.monotonic() - began >= 2.4)
    withdraw(s)
    leave(p)


def accepts(p, s):
    p.accept(offers(p, 1).offers[0].offer_id)
    s.stream.end()
    end(s)


def day(server):
    """Two a day of eight seconds: counted from talks, over duties and restarts."""
    p, s, began = peer(server, capacity=8, talks_per_day=2), seeker(server), time.monotonic()
    accepts(p, s)
    asks(s)
    accepts(p, s)
    state = p.duty.until(lambda m: m.duty.day_left_ms > 0 and not m.duty.talks).duty
    check.that("it is told how long", 0 < state.day_left_ms <= 8000, state)
    asks(s)
    check.that("two, and no more", quiet(p, 0.8))
    leave(p)
    p.duty = p.attend(capacity=8, talks_per_day=2)
    check.that("nor in another duty", quiet(p, 0.8))
    server.kill()
    server.start()
    for m in (p, s):
        m.reconnect()
        m.login()
    s.stream = s.ask_again()
    p.duty = p.attend(capacity=8, talks_per_day=2)
    offers(p, 1)
    check.that("nor after a crash: until the first is a day old", time.monotonic() - began >= 7.9, time.monotonic() - began)
    withdraw(s)
    leave(p)
    p.duty = p.attend(capacity=8)
    asks(s)
    check.that("who chooses none has none", offers(p, 1).day_left_ms == 0)
    withdraw(s)
    leave(p)


with Server(sys.argv[1], *NOW) as server:
    for part in (capacity, until, rest):
        part(server)
    check.that("the server stops in order", server.stop() == 0)
with Server(sys.argv[1], *NOW, "--day-ms", "8000") as server:
    day(server)
check.report()
