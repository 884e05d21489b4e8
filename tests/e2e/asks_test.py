"""asks -- what an ask takes along, and what is said while it waits.

The wait of a talk that was none goes on with the next ask, once.
Usage: asks_test.py BUILD_DIR."""
import os
import sys
import time

from world import Check, Failed, Member, Server, key

check = Check()
SPENT = ("FAILED_PRECONDITION", "AGE_SPENT")


def offers(message):
    return len(message.duty.offers) > 0


def on_duty(server, **card):
    peer = Member(server).ready(2, **card)
    duty = peer.attend()
    duty.next()
    return peer, duty


def leave(peer, duty):
    peer.api.call("Peers/Leave", peer.token, idempotency_key=key())
    duty.until(lambda m: m.duty.phase == 3)


def matched(ask):
    return ask.until(lambda m: m.ticket.phase == 2).ticket


def meet(ask, peer, duty):
    """The next offer to this peer is accepted; the seeker's last state."""
    peer.accept(duty.until(offers).duty.offers[0].offer_id)
    return matched(ask)


def join(*members):
    """Both receive: the talk is open."""
    streams = [member.api.stream("Talks/Receive", capability=member.mailbox) for member in members]
    for stream in streams:
        stream.until(lambda m: m.state.phase == 2)


def withdraw(seeker, ticket):
    seeker.api.call("Support/Withdraw", seeker.token, idempotency_key=key(), ticket_id=ticket)


def end(member, capability):
    member.api.call("Talks/End", idempotency_key=key(), capability=capability)


def fails(what, want, seeker, **fields):
    check.fails(what, want[0], want[1], lambda: seeker.ask(**fields).next())


def not_a_fit(server):
    """What was waited before the talk counts, the talk does not; once, and not after the next talk again."""
    seeker = Member(server, grade=1).ready(1, have=["heroin"])
    stranger = Member(server, grade=1).ready(1, have=["heroin"])
    ask = seeker.ask()
    ask.next()
    time.sleep(1.5)
    peer, duty = on_duty(server, have=["heroin"])
    waited = meet(ask, peer, duty).age_ms
    check.that("a wait", waited >= 1500, waited)
    join(seeker, peer)
    first = seeker.mailbox
    fails("while it lives", ("FAILED_PRECONDITION", "TALK_LIVES"), seeker, after_talk=first)
    time.sleep(1.5)
    end(seeker, first)
    for member, capability, what in ((stranger, first, "whose it is not"), (stranger, os.urandom(32), "that is none"),
                                     (peer, peer.mailbox, "of the other side")):
        if member is peer:
            leave(peer, duty)
            peer.card(1, have=["heroin"])
        fails(f"a talk {what}", ("NOT_FOUND", "NO_TALK"), member, after_talk=capability)
    fails("a capability cut short", ("INVALID_ARGUMENT", "INVALID"), seeker, after_talk=first[:31])

    began = time.monotonic()
    ask = seeker.ask(after_talk=first)
    state = ask.next().ticket
    spent = (time.monotonic() - began) * 1000
    check.that("the age goes on, without the talk", 1500 <= state.age_ms <= waited + spent, waited, state.age_ms, spent)
    again = seeker.ask_again().next().ticket
    check.that("the same request is the same ticket", again.ticket_id == state.ticket_id and again.age_ms >= state.age_ms)
    second, duty = on_duty(server, have=["heroin"])
    meet(seeker.ask_again(), second, duty)
    next_talk = seeker.mailbox
    join(seeker, second)
    end(seeker, next_talk)
    fails("lent already", SPENT, seeker, after_talk=first)
    fails("not a fit: once", SPENT, seeker, after_talk=next_talk)
    ask = seeker.ask()
    state = ask.next().ticket
    check.that("a new wait begins at nothing", state.age_ms < waited)
    withdraw(seeker, state.ticket_id)
    leave(second, duty)


def no_show(server):
    """Nobody is to blame: the wait goes on as if nobody had come, after any kill -9."""
    seeker = Member(server, grade=1).ready(1, have=["veteran"])
    peer, duty = on_duty(server, have=["veteran"])
    ask = seeker.ask()
    waited = meet(ask, peer, duty).age_ms
    capability = seeker.mailbox
    time.sleep(1.6)  # join_ms is 1 s here
    stream = seeker.api.stream("Talks/Receive", capability=capability)
    duty.until(lambda m: not m.duty.talks and not m.duty.offers)
    check.that("it was a no-show", stream.until(lambda m: m.state.phase == 3).state.reason == 2)
    server.kill()
    server.start()
    for member in (seeker, peer):
        member.reconnect()
    ask = seeker.ask(after_talk=capability)
    state = ask.next().ticket
    check.that("the wait went on", state.age_ms >= waited + 1600, waited, state.age_ms)
    duty = peer.attend()
    state = meet(ask, peer, duty)
    check.that("and with the same peer", state.phase == 2 and state.age_ms >= waited + 1600)
    end(seeker, seeker.mailbox)
    leave(peer, duty)


def too_late(server):
    seeker = Member(server, grade=1).ready(1, have=["parent"])
    peer, duty = on_duty(server, have=["parent"])
    meet(seeker.ask(), peer, duty)
    capability = seeker.mailbox
    end(seeker, capability)
    time.sleep(3.1)  # carry_ms is 3 s here
    fails("too late", SPENT, seeker, after_talk=capability)
    leave(peer, duty)


with Server(sys.argv[1], "--settle-ms", "0", "--join-ms", "1000", "--carry-ms", "3000") as world:
    for part in (not_a_fit, no_show, too_late):
        try:
            part(world)
        except (Failed, EOFError, Exception) as error:  # each part stands alone
            check.that(f"{part.__name__} ran through", False, repr(error))
    check.that("stops in order", world.stop() == 0)
check.report()
