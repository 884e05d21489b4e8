"""story -- the main job, driven by a client that is not ours.

A seeker and peers, with grpcio and PyNaCl: enrol, card, attend, ask, decline,
offered on with the age kept, accept, talk end to end encrypted, end, reflect;
meet again, block, and never after; with kindred on one side; and again across a kill -9.  Usage: story_test.py BUILD_DIR."""
import sys
import time

from world import Check, Kindred, Member, Server, key

check = Check()
HAVE = ["heroin", "opioids", "veteran", "lang:en"]


def offers(message):
    return len(message.duty.offers) > 0


def main_job(server):
    first = Member(server).ready(2, have=HAVE)
    second = Member(server, bound=True).ready(2, have=HAVE[1:])
    seeker = Member(server, grade=1, bound=True).ready(1, have=["heroin", "lang:en"],
                                                       seek=[("heroin", 3), ("veteran", 2)], must=["lang:en"])
    duty = first.attend()
    check.that("on duty", duty.next().duty.phase == 1)
    duty2 = second.attend()
    check.that("on duty too", duty2.next().duty.phase == 1)

    ask = seeker.ask()
    state = ask.next().ticket
    check.that("searching", state.phase == 1 and state.ticket_id != 0)
    offer = duty.until(offers).duty.offers[0]
    check.that("the better peer is offered first", 0 < offer.expires_in_ms <= 30000, offer)
    first.decline(offer.offer_id)
    offer = duty2.until(offers).duty.offers[0]
    check.that("offered on after a decline", offer.offer_id != 0)
    check.fails("another's offer does not exist", "NOT_FOUND", "NO_OFFER", lambda: first.accept(offer.offer_id))

    peer_talk = second.accept(offer.offer_id).talk
    seeker_talk = ask.until(lambda m: m.ticket.phase == 2).ticket.talk
    check.that("the ask ends OK after the match", ask.end() is None)
    check.that("names fit", (peer_talk.your_name, peer_talk.their_name) ==
               (seeker_talk.their_name, seeker_talk.your_name) and peer_talk.your_name != peer_talk.their_name)
    check.that("keys fit", seeker_talk.their_key == second.talk_public and
               peer_talk.their_key == seeker.talk_public)
    again = second.api.call("Peers/Answer", second.token, request=second.answer_request).talk
    check.that("an accept repeated gives the same talk", again.talk_id == peer_talk.talk_id)

    one, two = seeker.open(seeker_talk, True), second.open(peer_talk, False)
    inbox, inbox2 = one.receive(), two.receive()
    inbox.until(lambda m: m.state.phase == 2)
    inbox2.until(lambda m: m.state.phase == 2)
    check.that("both joined: open", True)
    texts = [b"I am here.", "Tonight is hard — gracias.".encode(), b""]
    for text in texts:
        one.send(text)
    got = [inbox2.until(lambda m: m.WhichOneof("event") == "message").message for _ in texts]
    check.that("messages in order", [m.seq for m in got] == [1, 2, 3])
    check.that("and readable only there", [two.open(m.ciphertext) for m in got] == texts)
    fields = {"idempotency_key": key(), "ciphertext": two.seal(b"I know that night.")}
    check.that("a send repeated gives the same seq", two.send(b"", **fields) == two.send(b"", **fields) == 1)
    reply = inbox.until(lambda m: m.WhichOneof("event") == "message").message
    check.that("the reply opens", one.open(reply.ciphertext) == b"I know that night.")
    second.api.call("Talks/Acknowledge", capability=second.mailbox, up_to_seq=2)
    check.fails("a seq never reached", "OUT_OF_RANGE", "SEQUENCE",
                lambda: second.api.call("Talks/Acknowledge", capability=second.mailbox, up_to_seq=9))
    check.fails("not yet over", "FAILED_PRECONDITION", "TALK_LIVES",
                lambda: seeker.api.call("Talks/Reflect", idempotency_key=key(), capability=seeker.mailbox,
                                        understood=1, again=True))

    seeker.api.call("Talks/End", idempotency_key=key(), capability=seeker.mailbox)
    check.that("both hear the end", inbox.until(lambda m: m.state.phase == 3).state.reason == 1 and
               inbox2.until(lambda m: m.state.phase == 3).state.reason == 1)
    check.that("and their streams end OK", inbox.end() is None and inbox2.end() is None)
    check.fails("nothing is sent after the end", "FAILED_PRECONDITION", "TALK_ENDED", lambda: one.send(b"wait"))
    unread = two.receive(after=2)
    check.that("what was unread can still be read", two_is(unread, 3))
    for member in (seeker, second):
        member.api.call("Talks/Reflect", idempotency_key=key(), capability=member.mailbox, understood=1, again=True)
    check.fails("once", "FAILED_PRECONDITION", "REFLECTED",
                lambda: seeker.api.call("Talks/Reflect", idempotency_key=key(), capability=seeker.mailbox,
                                        understood=1))
    first.api.call("Peers/Leave", first.token, idempotency_key=key())
    check.that("off duty", duty.until(lambda m: m.duty.phase == 3) and duty.end() is None)
    second.api.call("Peers/Leave", second.token, idempotency_key=key())
    duty2.until(lambda m: m.duty.phase == 3)


def two_is(stream, seq):
    return stream.until(lambda m: m.WhichOneof("event") == "message").message.seq == seq and \
        stream.until(lambda m: m.state.phase == 3) and stream.end() is None


def meet(ask, duty, seeker, peer):
    """The next offer is accepted, both join, each reads the other: the talk as either has it."""
    talk = peer.accept(duty.until(offers).duty.offers[0].offer_id).talk
    mine = ask.until(lambda m: m.ticket.phase == 2).ticket.talk
    sides = seeker.open(mine, True), peer.open(talk, False)
    inboxes = [side.receive() for side in sides]
    for inbox in inboxes:
        inbox.until(lambda m: m.state.phase == 2)
    for side, other, inbox in zip(sides, sides[::-1], inboxes[::-1]):
        side.send(b"Here.")
        got = inbox.until(lambda m: m.WhichOneof("event") == "message").message
        check.that("each reads the other", other.open(got.ciphertext) == b"Here.")
    return mine, talk


def met_again_and_never(server):
    """Both say again and talk again; one blocks: the other is not there for them, for as long as that stands."""
    seeker = Member(server, grade=1, bound=True).ready(1, have=["anxiety"])
    stranger = Member(server, grade=1).ready(1, have=["anxiety"])
    peer = Member(server, bound=True).ready(2, have=["anxiety"])
    duty = peer.attend()
    duty.next()
    mine, talk = meet(seeker.ask(), duty, seeker, peer)
    seeker.api.call("Talks/End", idempotency_key=key(), capability=seeker.mailbox)
    check.that("one alone makes no bond", not seeker.reflect(understood=1, again=True))
    check.that("both do", peer.reflect(understood=1, again=True))

    ask = seeker.ask(meet_again=mine.talk_id)
    check.that("nobody else is looked for", ask.next().ticket.meeting_again)
    offer = duty.until(offers).duty.offers[0]
    check.that("the peer is told who it is", offer.met_name == talk.their_name, offer, talk.their_name)
    duty = peer.attend()  # as after a lost connection: the same offer
    again, talk = meet(ask, duty, seeker, peer)
    check.that("a new talk with new names", again.talk_id != mine.talk_id and again.their_name != mine.their_name)

    block = seeker.block(talk_id=again.talk_id)
    inbox = peer.api.stream("Talks/Receive", capability=peer.mailbox)
    check.that("to the other it just ended", inbox.until(lambda m: m.state.phase == 3).state.reason == 1)
    (entry,) = seeker.blocks()
    check.that("listed by the name", (entry.block_id, entry.their_name) == (block, again.their_name), entry)
    check.that("and by nobody else", not peer.blocks())
    wish = seeker.ask(meet_again=mine.talk_id)
    hopes = wish.next().ticket
    time.sleep(1.2)
    state = seeker.ask_again().next().ticket
    check.that("who may not be met is waited for in vain", (state.ticket_id, state.phase) == (hopes.ticket_id, 1), state)
    seeker.api.call("Support/Withdraw", seeker.token, idempotency_key=key(), ticket_id=hopes.ticket_id)
    ask = seeker.ask()
    waits = ask.next().ticket
    time.sleep(1.2)
    meet(stranger.ask(), duty, stranger, peer)
    check.that("who came later is met: the peer was free", True)
    stranger.api.call("Talks/End", idempotency_key=key(), capability=stranger.mailbox)
    state = seeker.ask_again().next().ticket
    check.that("the other waits", (state.ticket_id, state.phase) == (waits.ticket_id, 1), state)
    seeker.unblock(block)
    check.that("nobody is blocked", not seeker.blocks())
    offer = duty.until(lambda m: offers(m) and not m.duty.talks).duty.offers[0]
    check.that("now they may meet, as strangers", offer.met_name == "", offer)
    seeker.api.call("Support/Withdraw", seeker.token, idempotency_key=key(), ticket_id=waits.ticket_id)
    peer.api.call("Peers/Leave", peer.token, idempotency_key=key())


def danger(server):
    seeker = Member(server, grade=1).ready(1, have=["heroin"])
    ask = seeker.ask(danger=True, country="US", language="es-MX")
    crisis = ask.next()
    check.that("crisis resources come first", crisis.WhichOneof("event") == "crisis" and crisis.crisis.known and
               any(e.phone == "988" for e in crisis.crisis.entries), crisis)
    state = ask.next().ticket
    check.that("then the ticket", state.phase == 1)
    seeker.api.call("Support/Beat", seeker.token, ticket_id=state.ticket_id)
    withdraw = {"idempotency_key": key(), "ticket_id": state.ticket_id}
    seeker.api.call("Support/Withdraw", seeker.token, **withdraw)
    check.that("withdrawn", ask.until(lambda m: m.ticket.phase == 3).ticket.end_reason == 1 and ask.end() is None)
    seeker.api.call("Support/Withdraw", seeker.token, **withdraw)
    check.that("a withdrawal repeated is answered alike", True)
    nowhere = seeker.api.call("Support/GetCrisisResources", country="XX").resources
    check.that("an unknown country is answered honestly", not nowhere.known and not nowhere.entries and nowhere.texts)


def cards_change(server):
    """A new card counts at once: for who waits, for who is on duty, for an open offer."""
    seeker = Member(server, grade=1).ready(1, have=["ptsd"], must=["parent"])
    peer = Member(server).ready(2, have=["ptsd"])
    duty = peer.attend(capacity=2)
    duty.next()
    ask = seeker.ask()
    ticket = ask.next().ticket.ticket_id
    time.sleep(1.2)
    check.that("nobody fits", open_offers(duty) == 0)
    seeker.card(1, have=["ptsd"])
    offer = duty.until(offers).duty.offers[0].offer_id
    check.that("a card that asks for less finds somebody", offer != 0)
    peer.card(2, have=["ptsd", "veteran"])
    check.fails("an offer of an older card is gone", "FAILED_PRECONDITION", "OFFER_GONE", lambda: peer.accept(offer))
    offer = duty.until(lambda m: any(o.offer_id != offer for o in m.duty.offers)).duty.offers[0].offer_id
    seeker.card(1, have=["ptsd"], must_not=["veteran"])
    check.fails("a new limit holds at once", "FAILED_PRECONDITION", "OFFER_GONE", lambda: peer.accept(offer))
    time.sleep(1.2)
    check.that("and for good", open_offers(duty) == 0)
    state = seeker.ask_again().next().ticket
    check.that("the same ticket waits", (state.ticket_id, state.phase) == (ticket, 1) and state.age_ms > 2000, state)
    card = seeker.api.call("Cards/GetCard", seeker.token, role=1).card
    check.that("the card is the last one put", card.version == 3 and len(card.must_not) == 1, card)
    seeker.api.call("Support/Withdraw", seeker.token, idempotency_key=key(), ticket_id=ticket)
    peer.api.call("Peers/Leave", peer.token, idempotency_key=key())


def open_offers(duty, before=0):
    """How many offers are open, by what the stream has said until now."""
    while not duty.queue.empty():
        before = len(duty.next().duty.offers)
    return before


def kindred_asks(server):
    """kindred seeks, Python is the peer."""
    person = Kindred(server, "asks", check)
    person.run("enroll")
    person.run("card", "set", "seeker", "--have", "lang:en", "--show", "autism", "--must", "parent")
    peer = Member(server, bound=True).ready(2, have=["autism", "lang:en", "parent"])
    duty = peer.attend()
    duty.next()
    running = person.start("ask")
    talk = peer.accept(duty.until(offers).duty.offers[0].offer_id).talk
    running.hear([f"You talk with {talk.your_name}"])
    crypt = peer.open(talk, False)
    inbox = crypt.receive()
    running.say("I am here.")
    got = inbox.until(lambda m: m.WhichOneof("event") == "message").message
    check.that("Python hears kindred", crypt.open(got.ciphertext) == b"I am here.")
    crypt.send(b"So am I.")
    running.hear(["So am I."])
    peer.api.call("Talks/End", idempotency_key=key(), capability=peer.mailbox)
    running.end()
    person.run("reflect", "no")
    peer.api.call("Peers/Leave", peer.token, idempotency_key=key())


def kindred_attends(server):
    """Python seeks, kindred is the peer."""
    person = Kindred(server, "attends", check)
    person.run("enroll", "--grade", "peer")
    person.run("card", "set", "peer", "--have", "lang:en,parent", "--show", "autism")
    running = person.start("attend", "--auto", "accept", "--once")
    running.hear(["on duty"])
    seeker = Member(server, grade=1, bound=True).ready(1, have=["autism", "lang:en"], must=["parent"])
    ask = seeker.ask()
    talk = ask.until(lambda m: m.ticket.phase == 2).ticket.talk
    running.hear([f"You talk with {talk.your_name}"])
    crypt = seeker.open(talk, True)
    inbox = crypt.receive()
    crypt.send(b"Hello?")
    running.hear(["Hello?"])
    running.say("Hello.", "/end")
    got = inbox.until(lambda m: m.WhichOneof("event") == "message").message
    check.that("Python hears kindred answer", crypt.open(got.ciphertext) == b"Hello.")
    check.that("and the end", inbox.until(lambda m: m.state.phase == 3) and inbox.end() is None)
    running.end()
    person.run("reflect", "yes")


def comes_back(server):
    """kill -9 with a seeker waiting, an offer open and a talk live."""
    peer = Member(server).ready(2, have=HAVE)
    seeker = Member(server, grade=1).ready(1, have=["heroin"], seek=[("heroin", 1)])
    waiter = Member(server, grade=1).ready(1, have=["heroin"], seek=[("heroin", 1)], must=["veteran"])
    duty = peer.attend()
    duty.next()
    ask = seeker.ask()
    talk = peer.accept(duty.until(offers).duty.offers[0].offer_id).talk
    mine = ask.until(lambda m: m.ticket.phase == 2).ticket.talk
    one, two = seeker.open(mine, True), peer.open(talk, False)
    inbox = two.receive()
    one.receive()
    inbox.until(lambda m: m.state.phase == 2)
    one.send(b"before")
    wait = waiter.ask()
    ticket = wait.next().ticket
    time.sleep(1.2)

    server.kill()
    server.start()
    for member in (peer, seeker, waiter):
        member.reconnect()
    inbox = two.receive()
    got = inbox.until(lambda m: m.WhichOneof("event") == "message").message
    check.that("an acknowledged message survives", two.open(got.ciphertext) == b"before")
    wait = waiter.ask_again()
    state = wait.next().ticket
    check.that("the same ticket waits, with its age",
               (state.ticket_id, state.phase) == (ticket.ticket_id, 1) and state.age_ms >= 1200, state)
    one.send(b"after")
    check.that("the talk goes on", two.open(inbox.until(
        lambda m: m.WhichOneof("event") == "message" and m.message.seq == 2).message.ciphertext) == b"after")
    peer.api.call("Talks/End", idempotency_key=key(), capability=peer.mailbox)
    duty = peer.attend()
    offer = duty.until(offers).duty.offers[0]
    check.that("and is offered", peer.accept(offer.offer_id).talk.talk_id != 0)
    check.that("and matched", wait.until(lambda m: m.ticket.phase == 2))


with Server(sys.argv[1], "--exclude-talked-ms", "0") as world:  # a block alone keeps two apart
    for part in (main_job, met_again_and_never, danger, cards_change, kindred_asks, kindred_attends, comes_back):
        check.runs(part, world)
    check.that("stops in order", world.stop() == 0)
check.report()
