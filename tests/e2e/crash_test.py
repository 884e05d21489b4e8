"""crash -- kill -9 at any moment loses nothing that was acknowledged.

Seekers and peers live through two hundred crashes, some of them in the middle
of a recovery: whatever a call failed with, they repeat it with its key until
they hear an answer, and write down what they were told.  After each restart
some of it, and at the end all of it, is asked for again: accepted talks,
messages and their numbers, withdrawals, cards, reflections, replaced keys, and
who waits.  Beside that history.py holds all that was told against the laws.
Usage: crash_test.py BUILD_DIR [SEED [CRASHES]]."""
import copy
import hashlib
import os
import queue
import random
import sys
import threading
import time

import nacl.bindings as sodium

from history import History
from world import Check, Failed, Member, Server, key

SEEKERS, PEERS, CAPACITY = 4, 3, 2
CRASHES = int(sys.argv[3]) if len(sys.argv) > 3 else 200
check = Check()
book = History(check)
seed = int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4), "big")
chance = random.Random(seed)
up, over, ready = threading.Event(), threading.Event(), threading.Semaphore(0)
history, lock = [], threading.Lock()
repeats = []  # what had no answer and was asked for again


def told(what, holds):
    """A fact that was acknowledged, and how to ask for it again."""
    with lock:
        history.append((what, holds))


def born(member):
    """The first crash is after everybody's enrolment, which nobody repeats."""
    ready.release()
    return member


class Over(Exception):
    """The test is over."""


def insist(member, call):
    """Repeat until there is an answer: the only way to know."""
    while True:
        try:
            return call()
        except (Failed, EOFError, queue.Empty) as error:
            code = getattr(error, "code", "UNAVAILABLE")
            if code == "UNAUTHENTICATED":
                member.token = None
            elif code not in ("UNAVAILABLE", "CANCELLED", "UNKNOWN") and \
                    getattr(error, "reason", "") not in ("LIMIT_REACHED", "REPLACED"):
                raise
        except ValueError:  # the channel was closed under us
            pass
        if over.is_set():
            raise Over
        repeats.append(None)
        up.wait(20)
        time.sleep(0.01)
        member.reconnect()
        if member.token is None:
            insist(member, member.login)


def change(member, name, token=None, **fields):
    """A changing call with a key of its own until it is answered; one in four then is made again."""
    fields = {"idempotency_key": key(), **fields}
    for _ in range(1 + (chance.random() < 0.25)):
        answer = insist(member, lambda: member.api.call(name, token and member.token, **fields))
        book.answered(name, fields["idempotency_key"], answer)
    return answer


def sender_of(mailbox):
    """The capability to send that goes with one to receive: how both sides name a mailbox."""
    return hashlib.blake2b(b"kindred.v1.mailbox.send", key=mailbox, digest_size=32).digest()


class Ear:
    """A connection without an account: capabilities are enough to listen."""

    def __init__(self, server):
        self.server, self.api, self.token = server, server.api(), ""

    def reconnect(self):
        self.api.close()
        self.api = self.server.api()


def listen(member, mailbox, last, patience):
    """What there is in a mailbox, until nothing came for a while; the last number, and whether it ended."""
    stream = member.api.stream("Talks/Receive", capability=mailbox, after_seq=last)
    try:
        while True:
            got = stream.next(patience)
            if got is None:
                return last, True
            if got.WhichOneof("event") == "message":
                book.received(sender_of(mailbox), last, got.message.seq, got.message.ciphertext)
                last = got.message.seq
    except queue.Empty:
        return last, False
    finally:
        stream.cancel()


def ear_life(server, todo):
    """Hears, for a peer, the talks they accepted, through every crash, and lets some of it go."""
    ear = Ear(server)
    while not over.is_set():
        try:
            mailbox = todo.get(timeout=0.5)
        except queue.Empty:
            continue
        last, ended = 0, False
        while not ended and not over.is_set():
            last, ended = insist(ear, lambda: listen(ear, mailbox, last, 0.4))
            if last > 0 and chance.random() < 0.5:
                book.let_go(sender_of(mailbox), last, False)
                insist(ear, lambda: ear.api.call("Talks/Acknowledge", capability=mailbox, up_to_seq=last))
                book.let_go(sender_of(mailbox), last, True)


def refused(what, want, call):
    try:
        call()
    except Failed as error:
        return check.that(what, error.reason == want, error, want)
    return check.that(what, False, "was allowed")


def seeker_life(server, name):
    me = born(Member(server, grade=1).ready(1, have=["heroin"]))
    version, rounds = 1, 0
    while not over.is_set():
        rounds += 1
        time.sleep(0.05)
        if rounds % 3 == 0:
            version = put_card(server, me, version)
        talk = ask(me, withdraw=rounds % 4 == 0)
        if talk is None:
            continue
        send = talk.send_capability
        for i in range(chance.randrange(1, 5)):
            say(me, send, f"{name} {rounds} {i}".encode())
        insist(me, lambda: listen(me, me.mailbox, 0, 0.1))
        book.ending(talk.talk_id)
        change(me, "Talks/End", capability=me.mailbox)
        told("an ended talk is over", lambda api, send=send: refused(
            "an ended talk is over", "TALK_ENDED", lambda: api.call(
                "Talks/Send", idempotency_key=key(), capability=send, ciphertext=b"late")))
        change(me, "Talks/Reflect", capability=me.mailbox, understood=1)
        told("a reflection is kept", lambda api, mine=me.mailbox: refused(
            "a reflection is kept", "REFLECTED", lambda: api.call(
                "Talks/Reflect", idempotency_key=key(), capability=mine, understood=2)))


def put_card(server, me, version):
    info = insist(me, lambda: me.api.call("Accounts/GetServerInfo"))
    card = server.protos.message("Card")(role=1, version=version + 1, vocabulary_version=info.vocabulary_version)
    change(me, "Cards/PutCard", True, card=card, consent_version=info.consent_version)
    told("a card is kept", lambda api: check.that("a card is kept", api.call(
        "Cards/GetCard", me.fresh(), role=1).card.version >= version + 1))
    return version + 1


def ask(me, withdraw):
    """The talk, or None after a withdrawal."""
    me.ask_fields = {"idempotency_key": key(), **me.talk_keys()}
    ticket = insist(me, lambda: me.ask_again().next().ticket)
    noted(ticket)
    told("a ticket is nobody else's", lambda api: refused("a ticket is nobody else's", "NO_TICKET", lambda: api.call(
        "Support/Withdraw", stranger.fresh(), idempotency_key=key(), ticket_id=ticket.ticket_id)))
    if withdraw:
        fields = {"idempotency_key": key(), "ticket_id": ticket.ticket_id}
        try:
            insist(me, lambda: me.api.call("Support/Withdraw", me.token, **fields))
        except Failed as error:
            check.that("a withdrawal comes too late or not at all", error.reason == "ALREADY_MATCHED", error)
        else:
            book.ticket(ticket.ticket_id, True, ticket.age_ms)
            body = dict(me.ask_fields)

            def stays(api):
                api.call("Support/Withdraw", me.fresh(), **fields)  # repeated: OK
                try:
                    state = api.stream("Support/Ask", me.fresh(), **body).next().ticket
                except Failed as error:
                    return check.that("a withdrawn ticket stays so", error.reason == "TICKET_LIVES", error)
                return check.that("a withdrawn ticket stays so", (state.ticket_id, state.phase, state.end_reason) ==
                                  (ticket.ticket_id, 3, 1), state)
            told("a withdrawn ticket stays so", stays)
            return None

    def until_matched():
        stream = me.ask_again()
        while True:
            state = stream.next(10).ticket
            check.that("it is one ticket all along", state.ticket_id == ticket.ticket_id, state, ticket)
            noted(state)
            if state.phase != 1:
                return state
    state = insist(me, until_matched)
    check.that("a ticket that waits is matched in the end", state.phase == 2, state)
    with lock:
        mailboxes.add(me.mailbox)
    return state.talk


def noted(state):
    book.ticket(state.ticket_id, state.phase == 3, state.age_ms, state.talk if state.phase == 2 else None)


def say(me, send, text):
    fields = {"idempotency_key": key(), "capability": send, "ciphertext": text}
    seq = change(me, "Talks/Send", **fields).seq
    book.message(send, text, seq)
    told("a message keeps its number", lambda api: check.that(
        "a message keeps its number", api.call("Talks/Send", **fields).seq == seq, seq))


mailboxes = set()


def peer_life(server, name):
    me = born(Member(server).ready(2, have=["heroin"]))
    me.name, me.ear, me.tried = name, queue.Queue(), set()
    threading.Thread(target=person, args=(ear_life, server, me.ear), daemon=True).start()
    me.attend_fields = {"idempotency_key": key(), "capacity": CAPACITY, "rest_ms": 1}
    while not over.is_set():
        insist(me, lambda: one_watch(server, me))


def one_watch(server, me):
    stream = me.api.stream("Peers/Attend", me.token, **me.attend_fields)
    while not over.is_set():
        try:
            duty = stream.next(2).duty
        except queue.Empty:
            me.api.call("Peers/Beat", me.token)
            continue
        check.that("never above the capacity", len(duty.offers) + len(duty.talks) <= CAPACITY, duty)
        for offer in duty.offers:
            book.offer(offer.offer_id, offer.expires_in_ms)
            if offer.offer_id in me.tried:
                continue
            me.tried.add(offer.offer_id)
            if chance.random() < 0.04:  # about when it lapses
                time.sleep(offer.expires_in_ms / 1000 * chance.uniform(0.9, 1.1))
            accept(server, me, offer.offer_id)


def accept(server, me, offer):
    request = server.protos.message("AnswerRequest")(idempotency_key=key(), offer_id=offer)
    secrets = me.talk_keys()
    request.accept.talk_key, request.accept.mailbox = secrets["talk_key"], secrets["mailbox"]
    first_tried = time.monotonic()
    try:
        answer = insist(me, lambda: me.api.call("Peers/Answer", me.token, request=request))
    except Failed as error:
        check.that("an offer is taken or gone", error.reason in
                   ("OFFER_CLOSED", "OFFER_GONE", "OFFER_DEADLINE", "NO_OFFER"), error)
        return

    talk = answer.talk
    book.accepted(me.name, offer, first_tried, talk)
    book.answered("Peers/Answer", request.idempotency_key, answer)

    def same(api):
        again = api.call("Peers/Answer", me.fresh(), request=request)
        book.answered("Peers/Answer", request.idempotency_key, again)
        return check.that("an accept is the same talk again", again.talk.talk_id == talk.talk_id, again, talk)
    told("an accept is the same talk again", same)
    with lock:
        mailboxes.add(secrets["mailbox"])
    me.ear.put(secrets["mailbox"])
    try:
        say(me, talk.send_capability, b"here " + key().hex().encode())
    except Failed as error:
        check.that("a message comes too late or not at all", error.reason == "TALK_ENDED", error)


def waiter_life(server, _):
    """Somebody for whom nobody is there: the wait survives everything."""
    me = born(Member(server, grade=1).ready(1, have=["heroin"], must=["veteran"]))
    me.ask_fields = {"idempotency_key": key(), **me.talk_keys()}
    first = insist(me, lambda: me.ask_again().next().ticket)
    began = time.monotonic()
    while not over.is_set():
        state = insist(me, lambda: me.ask_again().next().ticket)
        waited = 1000 * (time.monotonic() - began)
        check.that("who waits goes on waiting, with the age", state.ticket_id == first.ticket_id and state.phase == 1 and
                   abs(state.age_ms - first.age_ms - waited) < 5000, state, first, waited)
        over.wait(0.3)


def keys_life(server, _):
    """Somebody who rotates their key again and again: what was replaced never comes back."""
    me = born(Member(server, grade=1).ready(1, have=["heroin"]))
    while not over.is_set():
        new, once = sodium.crypto_sign_seed_keypair(os.urandom(32)), key()

        def rotate():
            while True:
                try:
                    return me.api.call("Accounts/RotateKey", **me.rotation(new, idempotency_key=once))
                except Failed as error:
                    if error.reason != "CHALLENGE_EXPIRED":
                        raise
        insist(me, rotate)
        old, token, (me.public, me.secret) = (me.public, me.secret), me.token, new
        insist(me, me.login)
        told("an old token is worth nothing", lambda api, token=token: refused(
            "an old token is worth nothing", "TOKEN_EXPIRED", lambda: api.call("Cards/GetCard", token, role=1)))
        told("an old key is nobody's", lambda api, old=old: refused(
            "an old key is nobody's", "NOT_ENROLLED", lambda: log_in(me, api, *old)))
        card = insist(me, lambda: me.api.call("Cards/GetCard", me.token, role=1)).card
        check.that("the new key is the same member", card.version == 1)
        over.wait(0.2)


def log_in(me, api, public, secret):
    nonce = api.call("Accounts/Challenge").nonce
    return api.call("Accounts/Login", public_key=public, nonce=nonce,
                    signature=me._sign(b"kindred.v1.login", nonce, secret=secret))


def fresh(self):
    """An access token that this run of the server takes: a rotation by anybody, and a crash, end others."""
    if getattr(self, "sure_of", None) != self.server.process.pid:
        checker = copy.copy(self)
        checker.api = self.server.api()
        checker.login()
        checker.api.close()
        self.sure_of, self.sure = self.server.process.pid, checker.token
    return self.sure


Member.fresh = fresh


def verify(server, facts):
    api = server.api()
    try:
        for what, holds in facts:
            try:
                holds(api)
            except Failed as error:
                check.that(what, False, repr(error))
    finally:
        api.close()


def left_over(server):
    """What each mailbox still has, from its start."""
    ear = Ear(server)
    for mailbox in mailboxes:
        stream, numbers = ear.api.stream("Talks/Receive", capability=mailbox), []
        while (got := stream.next()) is not None and (got.WhichOneof("event") == "message" or got.state.phase == 3):
            if got.WhichOneof("event") == "message":
                book.received(sender_of(mailbox), numbers[-1] if numbers else got.message.seq - 1, got.message.seq,
                              got.message.ciphertext)
                numbers.append(got.message.seq)
        stream.cancel()
        book.left(sender_of(mailbox), numbers)
    ear.api.close()


def crash(world):
    """Kill it at any moment; one in five times again while it starts.  How often it was killed."""
    time.sleep(chance.choice((0.03, 0.1, 0.2, 0.4, 0.8)) * chance.uniform(0.5, 1.5))
    up.clear()
    world.kill()
    again = chance.random() < 0.2
    if again:
        early = threading.Thread(target=strike, args=(world, world.process, chance.uniform(0, 0.06)))
        early.start()
        try:
            world.start()
        except RuntimeError:  # as it should
            pass
        early.join()
        world.process.wait()
    world.start()
    up.set()
    return 1 + again


def strike(world, before, seconds):
    while world.process is before:
        time.sleep(0.001)
    time.sleep(seconds)
    world.process.kill()


def person(life, server, name):
    try:
        life(server, name)
    except Over:
        pass
    except Exception as error:
        if not over.is_set():
            import traceback
            traceback.print_exc()
            check.that(f"a {life.__name__} ran through", False, repr(error))


FLAGS = ("--settle-ms", "0", "--offer-ms", "3000", "--exclude-talked-ms", "0", "--exclude-declined-ms", "0",
         "--exclude-lapsed-ms", "0", "--lapses-max", "255", "--batch-ms", "50", "--relax-ms", "1",
         "--offers-max", "255", "--backoff-ms", "0", "--cards-per-day", "10000")
with Server(sys.argv[1], *FLAGS) as world:
    up.set()
    stranger = Member(world, grade=1).ready(1, have=["heroin"])
    lives = [(seeker_life, i) for i in range(SEEKERS)] + [(peer_life, i) for i in range(PEERS)] + [(waiter_life, 0), (keys_life, 0)]
    threads = [threading.Thread(target=person, args=(life, world, name), daemon=True) for life, name in lives]
    for thread in threads:
        thread.start()
    for _ in lives:
        check.that("somebody enrolled", ready.acquire(timeout=60))
    crashes = doubles = 0
    while crashes < CRASHES:
        killed = crash(world)
        crashes, doubles = crashes + killed, doubles + killed - 1
        with lock:
            facts = chance.sample(history, min(6, len(history)))
        verify(world, facts)
    over.set()
    for thread in threads:
        thread.join(30)
    world.kill()
    world.start()
    verify(world, history)
    left_over(world)
    notes = book.verdict(CAPACITY)
    kinds = {what for what, _ in history}
    print(f"seed {seed}: injected {crashes + 1} kill -9 under load, {doubles} of them while it recovered; "
          f"{len(repeats)} calls had no answer and were repeated")
    print(f"checked {len(history)} facts of {len(kinds)} kinds, asked for again, and a history of {notes} notes: "
          f"{len(book.tickets)} tickets over, {len(book.offers)} offers, {len(book.talk_of)} talks, "
          f"{len(book.number_of)} messages sent, {sum(map(len, book.seen.values()))} seen, {len(book.answers)} keys")
    check.that("there was something to lose", len(kinds) >= 9 and len(book.talk_of) >= 20, kinds, len(book.talk_of))
    check.that("as many crashes as were asked for", crashes >= CRASHES, crashes)
    check.that("stops in order", world.stop() == 0)
check.report()
