"""asks -- what an ask takes along, and what is said while it waits.

The wait of a talk that was none goes on with the next ask, once; who both said
again may be asked for; danger can be raised while one waits;
who is found by nobody learns which of their own limits it is.
Usage: asks_test.py BUILD_DIR."""
import os
import sys
import time

from world import Check, Failed, Member, Server, eventually, key

ROUNDED = 2  # each age is whole milliseconds
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
    check.that("the age goes on, without the talk", 1500 <= state.age_ms <= waited + spent + ROUNDED, waited, state.age_ms, spent)
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


def mailbox_gone(server):
    """The key comes before the mailbox: a request resumes when that of the talk before it is gone."""
    seeker, other = (Member(server, grade=1).ready(1, have=["anxiety"]) for _ in range(2))
    peer, duty = on_duty(server, have=["anxiety"])
    meet(seeker.ask(), peer, duty)
    capability = seeker.mailbox
    end(seeker, capability)
    leave(peer, duty)
    ask = seeker.ask(after_talk=capability)
    ticket = ask.next().ticket.ticket_id
    fields = seeker.ask_fields
    error = eventually(lambda: seeker.api.stream("Talks/Receive", capability=capability).end())  # mailbox_ms is 1 s here, and a sweep
    check.that("its mailbox is gone", error and error.reason == "NO_TALK", error)
    again = seeker.ask_again()
    check.that("the ticket is the same", again.next().ticket.ticket_id == ticket)
    withdraw(seeker, ticket)
    check.that("and it ends", again.until(lambda m: m.ticket.phase == 3) and again.end() is None)
    state = seeker.ask_again().next().ticket
    check.that("its last state is told to its key", (state.ticket_id, state.phase) == (ticket, 3), state)
    fails("another key finds no such talk", ("NOT_FOUND", "NO_TALK"), seeker, after_talk=capability)
    fails("nor another member", ("NOT_FOUND", "NO_TALK"), other, after_talk=capability)
    ask = other.ask()
    ticket = ask.next().ticket.ticket_id
    fails("who waits is told so first", ("FAILED_PRECONDITION", "TICKET_LIVES"), other, after_talk=capability)
    withdraw(other, ticket)
    error = seeker.api.stream("Support/Ask", seeker.token, **{**fields, "after_talk": key() * 2}).end()
    check.that("its key with another talk", error.reason == "IDEMPOTENCY_KEY_REUSED", error)


def meet_again(server):
    """Both said so: then the seeker may ask for that peer, who is told whom they have met, and may decline."""
    seeker = Member(server, grade=1).ready(1, have=["ptsd"])
    stranger = Member(server, grade=1).ready(1, have=["ptsd"])
    peer, duty = on_duty(server, have=["ptsd"])
    ask = seeker.ask()
    offer = duty.until(offers).duty.offers[0]
    check.that("a stranger has no name", offer.met_name == "")
    talk = peer.accept(offer.offer_id).talk
    matched(ask)
    join(seeker, peer)
    mine, theirs = seeker.mailbox, peer.mailbox
    end(seeker, mine)
    fails("not both said so", ("FAILED_PRECONDITION", "NO_BOND"), seeker, meet_again=talk.talk_id)
    said = {"idempotency_key": key(), "understood": 1, "again": True}
    check.that("one is not both", not seeker.reflect(capability=mine, **said))
    state = seeker.api.stream("Talks/Receive", capability=mine).until(lambda m: m.state.phase == 3).state
    check.that("nor is it told", not state.bond)
    fails("still not", ("FAILED_PRECONDITION", "NO_BOND"), seeker, meet_again=talk.talk_id)
    check.that("both said so", peer.reflect(capability=theirs, again=True))
    check.that("who said it first learns by asking again", seeker.reflect(capability=mine, **said))
    state = seeker.api.stream("Talks/Receive", capability=mine).until(lambda m: m.state.phase == 3).state
    check.that("or by receiving", state.bond)
    fails("a talk of others", ("NOT_FOUND", "NO_TALK"), stranger, meet_again=talk.talk_id)
    fails("a talk that is none", ("NOT_FOUND", "NO_TALK"), seeker, meet_again=key()[0] + 1)
    fails("for too long", ("INVALID_ARGUMENT", "INVALID"), seeker, meet_again=talk.talk_id, meet_again_ms=1800001)

    other, other_duty = on_duty(server, have=["ptsd"])
    leave(peer, duty)
    ask = seeker.ask(meet_again=talk.talk_id)
    state = ask.next().ticket
    check.that("it says that nobody else is looked for", state.meeting_again and state.phase == 1)
    time.sleep(1.3)
    check.that("and nobody is", not any(m and m.duty.offers for m in list(other_duty.queue.queue)))
    server.kill()
    server.start()
    for member in (seeker, peer, other, stranger):
        member.reconnect()
    other_duty = other.attend()
    check.that("nor after a kill -9", seeker.ask_again().next().ticket.meeting_again)
    time.sleep(1.3)
    check.that("is anybody else offered to", not any(m and m.duty.offers for m in list(other_duty.queue.queue)))
    ask = seeker.ask_again()
    duty = peer.attend()
    offer = duty.until(offers).duty.offers[0]
    check.that("they are, though they would rest, and are told who it is", offer.met_name == talk.their_name,
               offer.met_name, talk.their_name)
    again = peer.accept(offer.offer_id).talk
    check.that("a new talk has new names", matched(ask).talk.talk_id == again.talk_id != talk.talk_id and
               again.their_name != talk.their_name)
    join(seeker, peer)
    end(peer, peer.mailbox)

    ask = seeker.ask(meet_again=talk.talk_id)
    peer.decline(duty.until(lambda m: m.duty.offers and m.duty.offers[0].offer_id != offer.offer_id)
                 .duty.offers[0].offer_id)
    time.sleep(1.3)
    state = seeker.ask_again().next().ticket
    check.that("a decline is not told", state.meeting_again and state.phase == 1 and state.wait_reason == 0, state)
    withdraw(seeker, state.ticket_id)
    leave(peer, duty)
    ask = seeker.ask(meet_again=talk.talk_id, meet_again_ms=1)
    check.that("the time is over: whoever fits", other_duty.until(offers).duty.offers[0].met_name == "")
    withdraw(seeker, ask.next().ticket.ticket_id)
    leave(other, other_duty)


def raise_danger(member, ticket, **fields):
    return member.api.stream("Support/RaiseDanger", member.token, ticket_id=ticket,
                             **{"idempotency_key": key(), "country": "US", **fields})


def outcome(stream):
    """What came of it, after the crisis resources; they come first whatever does."""
    first = stream.next()
    check.that("who helps at once comes first", first.WhichOneof("event") == "crisis" and
               any(e.phone == "988" for e in first.crisis.entries), first)
    return stream.next().outcome


def danger(server):
    """Raised while one waits: first at once, before all others, and it survives; in a talk it is theirs to say."""
    seekers = [Member(server, grade=1).ready(1, have=["parent"]) for _ in range(3)]
    asks = [seeker.ask() for seeker in seekers]
    tickets = [ask.next().ticket.ticket_id for ask in asks]
    late = seekers[2]
    said = {"idempotency_key": key()}
    stream = raise_danger(late, tickets[2], **said)
    check.that("the ticket goes first", outcome(stream) == 1 and stream.end() is None)
    check.that("its state says so", asks[2].until(lambda m: m.ticket.danger).ticket.phase == 1)
    check.that("repeated, the same", outcome(raise_danger(late, tickets[2], **said)) == 1)
    for what, who, ticket, want in (("of another", seekers[0], tickets[2], ("NOT_FOUND", "NO_TICKET")),
                                    ("that is none", late, 4711, ("NOT_FOUND", "NO_TICKET"))):
        stream = raise_danger(who, ticket)
        check.that("who helps comes first all the same", stream.next().WhichOneof("event") == "crisis")
        error = stream.end()
        check.that(f"a ticket {what}", error and (error.code, error.reason) == want, error)
    for what, fields, reason in (("without a key", {"idempotency_key": b""}, "IDEMPOTENCY_KEY"),
                                 ("a key cut short", {"idempotency_key": b"1"}, "IDEMPOTENCY_KEY"),
                                 ("a country that is none", {"country": "usa"}, "INVALID"),
                                 ("a language too long", {"language": "x" * 36}, "INVALID")):
        check.fails(what, "INVALID_ARGUMENT", reason, lambda: raise_danger(late, tickets[2], **fields).next())
    check.fails("without a login", "UNAUTHENTICATED", "UNAUTHENTICATED",
                lambda: late.api.stream("Support/RaiseDanger", ticket_id=tickets[2], idempotency_key=key()).next())

    server.kill()
    server.start()
    for seeker in seekers:
        seeker.reconnect()
    asks = [seeker.ask_again() for seeker in seekers]
    check.that("after a kill -9 it is so", asks[2].next().ticket.danger)
    peer, duty = on_duty(server, have=["parent"])
    offer = duty.until(offers).duty.offers[0]
    check.that("the last who came is first, and the offer says why", offer.danger and offer.expires_in_ms <= 15000)
    peer.accept(offer.offer_id)
    check.that("it was theirs", matched(asks[2]).ticket_id == tickets[2])
    join(late, peer)
    check.that("in a talk it is theirs to say", outcome(raise_danger(late, tickets[2])) == 2)
    end(late, late.mailbox)

    offer = duty.until(lambda m: m.duty.offers and m.duty.offers[0].offer_id != offer.offer_id).duty.offers[0]
    for seeker, ticket in zip(seekers[:2], tickets):
        check.that("raised beside an open offer", outcome(raise_danger(seeker, ticket)) == 1)
    peer.accept(offer.offer_id)
    check.that("which stands as it was", not offer.danger)
    leave(peer, duty)
    for seeker, ticket in zip(seekers[:2], tickets):
        try:
            withdraw(seeker, ticket)
        except Failed as error:
            check.that("the other was met", error.reason == "ALREADY_MATCHED", error)
            continue
        stream = raise_danger(seeker, ticket)
        stream.next()
        check.that("one that is over", stream.end().reason == "TICKET_ENDED")


def binding(server):
    """Of the seeker's own musts, those that alone keep five away; never of fewer, never of another's card."""
    peers = [on_duty(server, have=["heroin"]) for _ in range(4)]
    seeker = Member(server, grade=1).ready(1, have=["ptsd"], must=["heroin", "veteran"])
    ask = seeker.ask()
    state = ask.until(lambda m: m.ticket.bound_passed).ticket
    check.that("four could be recognised", state.wait_reason == 2 and not state.binding_must, state)
    withdraw(seeker, state.ticket_id)
    peers.append(on_duty(server, have=["heroin"]))
    ask = seeker.ask()
    state = ask.until(lambda m: m.ticket.bound_passed).ticket
    check.that("the one that binds", state.wait_reason == 2 and list(state.binding_must) == [1], state)
    check.that("it is of its state", list(seeker.ask_again().next().ticket.binding_must) == [1])
    seeker.card(1, have=["ptsd"], must=["heroin", "parent"])
    check.that("not of another card", not seeker.ask_again().next().ticket.binding_must)
    withdraw(seeker, state.ticket_id)
    for peer, duty in peers:
        leave(peer, duty)


def run(world, parts):
    for part in parts:
        check.runs(part, world)
    check.that("stops in order", world.stop() == 0)


with Server(sys.argv[1], "--settle-ms", "0", "--join-ms", "1000", "--carry-ms", "3000") as world:
    run(world, (not_a_fit, no_show, too_late, meet_again, danger))
with Server(sys.argv[1], "--settle-ms", "0", "--mailbox-ms", "1000") as world:
    run(world, (mailbox_gone,))
with Server(sys.argv[1], "--settle-ms", "0", "--bound-ms", "1000") as world:
    run(world, (binding,))
check.report()
