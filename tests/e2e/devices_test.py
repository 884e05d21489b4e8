"""devices -- one member, two devices: two logins of the same key.

The newer stream wins, on Ask, Attend and Receive, and the older ends ABORTED
REPLACED; a talk stays on the device that has its keys, whatever the other
does.  Usage: devices_test.py BUILD_DIR."""
import os
import sys

from world import Check, Member, Server, key

check = Check()


def twin(member):
    """The same account on another device: its key, a connection and a token of its own."""
    other = Member(member.server, member.pool, member.grade, bound=not member.bound)
    other.public, other.secret, other.versions = member.public, member.secret, dict(member.versions)
    other.login()
    return other


def replaced(what, stream):
    error = stream.end()
    check.that(what + " ended ABORTED REPLACED", error and (error.code, error.reason) == ("ABORTED", "REPLACED"),
               error)


def met(server):
    """Two first devices in an open talk: seeker, peer, both crypts and inboxes, the peer's stream."""
    seeker = Member(server, grade=1).ready(1, have=["heroin"])
    peer = Member(server).ready(2, have=["heroin"])
    duty = peer.attend()
    duty.next()
    ask = seeker.ask()
    talk = peer.accept(duty.until(lambda m: m.duty.offers).duty.offers[0].offer_id).talk
    one = seeker.open(ask.until(lambda m: m.ticket.phase == 2).ticket.talk, True)
    two = peer.open(talk, False)
    inboxes = one.receive(), two.receive()
    for inbox in inboxes:
        inbox.until(lambda m: m.state.phase == 2)
    return seeker, peer, one, two, inboxes, duty


def heard(crypt, inbox):
    return crypt.open(inbox.until(lambda m: m.WhichOneof("event") == "message").message.ciphertext)


def asks(server):
    first = Member(server, grade=1).ready(1, have=["ptsd"], must=["parent"])
    second = twin(first)
    ask = first.ask()
    ticket = ask.next().ticket.ticket_id
    # Without the key of the first intent it is another request of the same member.
    check.fails("another request beside it", "FAILED_PRECONDITION", "TICKET_LIVES", lambda: second.ask().next())
    second.ask_fields = first.ask_fields
    newer = second.ask_again()
    state = newer.next().ticket
    check.that("the same ticket on the second device", (state.ticket_id, state.phase) == (ticket, 1), state)
    replaced("the ask of the first", ask)
    for member in (first, second):
        member.api.call("Support/Beat", member.token, ticket_id=ticket)
    third = first.ask_again()
    check.that("and back", third.next().ticket.ticket_id == ticket)
    replaced("the ask of the second", newer)
    second.api.call("Support/Withdraw", second.token, idempotency_key=key(), ticket_id=ticket)
    check.that("either may withdraw; who listens hears it",
               third.until(lambda m: m.ticket.phase == 3).ticket.end_reason == 1 and third.end() is None)


def attends(server):
    first = Member(server).ready(2, have=["heroin"])
    second = twin(first)
    duty = first.attend(capacity=2)
    check.that("on duty", duty.next().duty.phase == 1)
    newer = second.attend(capacity=3)
    check.that("on duty on the second device, as it says", newer.next().duty.capacity == 3)
    replaced("the duty of the first", duty)
    seeker = Member(server, grade=1).ready(1, have=["heroin"])
    ask = seeker.ask()
    offer = newer.until(lambda m: m.duty.offers).duty.offers[0].offer_id
    second.decline(offer)
    check.fails("one answer for both devices", "FAILED_PRECONDITION", "OFFER_CLOSED", lambda: first.accept(offer))
    second.api.call("Peers/Leave", second.token, idempotency_key=key())
    check.that("off duty", newer.until(lambda m: m.duty.phase == 3) and newer.end() is None)
    state = ask.next().ticket
    seeker.api.call("Support/Withdraw", seeker.token, idempotency_key=key(), ticket_id=state.ticket_id)


def talk_stays(server):
    seeker, peer, one, two, (inbox, inbox2), duty = met(server)
    away = twin(peer)
    newer = away.attend()
    shown = newer.next().duty
    check.that("the second device sees that there is a talk",
               [t.talk_id for t in shown.talks] == [two.talk.talk_id], shown)
    replaced("the duty of the first", duty)
    for what, capability in (("with what it is told", shown.talks[0].send_capability), ("by guess", os.urandom(32))):
        stream = away.api.stream("Talks/Receive", capability=capability)
        error = stream.end()
        check.that("it cannot receive " + what, error and (error.code, error.reason) == ("NOT_FOUND", "NO_TALK"),
                   error)
        check.fails("nor end it " + what, "NOT_FOUND", "NO_TALK",
                    lambda: away.api.call("Talks/End", idempotency_key=key(), capability=capability))
    away.talk_keys()
    check.that("nor has it the key to read", two.rx not in (
        away.open(two.talk, False).rx, away.open(two.talk, True).rx))
    one.send(b"Still there?")
    check.that("the talk goes on where it was", heard(two, inbox2) == b"Still there?")
    two.send(b"Yes.")
    check.that("both ways", heard(one, inbox) == b"Yes.")

    # The device of the talk, twice: the newer stream wins.
    again = two.receive(after=1)
    check.that("it is open there", again.next().state.phase == 2)
    replaced("the older Receive", inbox2)
    one.send(b"Good.")
    check.that("what comes goes to the newer", heard(two, again) == b"Good.")
    peer.api.call("Talks/End", idempotency_key=key(), capability=peer.mailbox)
    check.that("both hear the end", inbox.until(lambda m: m.state.phase == 3) and
               again.until(lambda m: m.state.phase == 3))
    newer.until(lambda m: not m.duty.talks)
    away.api.call("Peers/Leave", away.token, idempotency_key=key())


with Server(sys.argv[1]) as world:
    for part in (asks, attends, talk_stays):
        check.runs(part, world)
    check.that("stops in order", world.stop() == 0)
check.report()
