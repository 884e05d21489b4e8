"""crash -- kill -9 at any moment loses nothing that was acknowledged.

Seekers and peers live through thirty-odd crashes: whatever a call failed with,
they repeat it with its key until they hear an answer, and write down what they
were told.  After each restart some of it, and at the end all of it, is asked
for again: accepted talks, messages and their numbers, withdrawals, cards,
reflections, replaced keys, and who waits.  No peer ever has more than their capacity.
Usage: crash_test.py BUILD_DIR [SEED]."""
import copy
import os
import queue
import random
import sys
import threading
import time

import nacl.bindings as sodium

from world import Check, Failed, Member, Server, key

CRASHES, SEEKERS, PEERS, CAPACITY = 32, 4, 3, 2
check = Check()
seed = int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4), "big")
chance = random.Random(seed)
up, over = threading.Event(), threading.Event()
history, lock = [], threading.Lock()


def told(what, holds):
    """A fact that was acknowledged, and how to ask for it again."""
    with lock:
        history.append((what, holds))


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
        up.wait(20)
        time.sleep(0.02)
        member.reconnect()
        if member.token is None:
            insist(member, member.login)


def refused(what, want, call):
    try:
        call()
    except Failed as error:
        return check.that(what, error.reason == want, error, want)
    return check.that(what, False, "was allowed")


def seeker_life(server, name):
    me = Member(server, grade=1).ready(1, have=["heroin"])
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
        fields = {"idempotency_key": key(), "capability": me.mailbox}
        insist(me, lambda: me.api.call("Talks/End", **fields))
        told("an ended talk is over", lambda api, send=send: refused(
            "an ended talk is over", "TALK_ENDED", lambda: api.call(
                "Talks/Send", idempotency_key=key(), capability=send, ciphertext=b"late")))
        fields = {"idempotency_key": key(), "capability": me.mailbox, "understood": 1}
        insist(me, lambda: me.api.call("Talks/Reflect", **fields))
        told("a reflection is kept", lambda api, mine=me.mailbox: refused(
            "a reflection is kept", "REFLECTED", lambda: api.call(
                "Talks/Reflect", idempotency_key=key(), capability=mine, understood=2)))


def put_card(server, me, version):
    info = insist(me, lambda: me.api.call("Accounts/GetServerInfo"))
    card = server.protos.message("Card")(role=1, version=version + 1, vocabulary_version=info.vocabulary_version)
    fields = {"idempotency_key": key(), "card": card, "consent_version": info.consent_version}
    insist(me, lambda: me.api.call("Cards/PutCard", me.token, **fields))
    told("a card is kept", lambda api: check.that("a card is kept", api.call(
        "Cards/GetCard", me.fresh(), role=1).card.version >= version + 1))
    return version + 1


def ask(me, withdraw):
    """The talk, or None after a withdrawal."""
    me.ask_fields = {"idempotency_key": key(), **me.talk_keys()}
    ticket = insist(me, lambda: me.ask_again().next().ticket)
    if withdraw:
        fields = {"idempotency_key": key(), "ticket_id": ticket.ticket_id}
        try:
            insist(me, lambda: me.api.call("Support/Withdraw", me.token, **fields))
        except Failed as error:
            check.that("a withdrawal comes too late or not at all", error.reason == "ALREADY_MATCHED", error)
        else:
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
            if state.phase != 1:
                return state
    state = insist(me, until_matched)
    check.that("a ticket that waits is matched in the end", state.phase == 2, state)
    return state.talk


def say(me, send, text):
    fields = {"idempotency_key": key(), "capability": send, "ciphertext": text}
    seq = insist(me, lambda: me.api.call("Talks/Send", **fields)).seq
    told("a message keeps its number", lambda api: check.that(
        "a message keeps its number", api.call("Talks/Send", **fields).seq == seq, seq))
    with lock:
        sent.setdefault(send, {})[seq] = text


sent, talks = {}, {}


def peer_life(server, _):
    me = Member(server).ready(2, have=["heroin"])
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
            accept(server, me, offer.offer_id)


def accept(server, me, offer):
    request = server.protos.message("AnswerRequest")(idempotency_key=key(), offer_id=offer)
    secrets = me.talk_keys()
    request.accept.talk_key, request.accept.mailbox = secrets["talk_key"], secrets["mailbox"]
    try:
        talk = insist(me, lambda: me.api.call("Peers/Answer", me.token, request=request)).talk
    except Failed as error:
        check.that("an offer is taken or gone", error.reason in
                   ("OFFER_CLOSED", "OFFER_GONE", "OFFER_DEADLINE", "NO_OFFER"), error)
        return

    def same(api):
        again = api.call("Peers/Answer", me.fresh(), request=request).talk
        return check.that("an accept is the same talk again", again.talk_id == talk.talk_id, again, talk)
    told("an accept is the same talk again", same)
    with lock:
        talks[talk.talk_id] = secrets["mailbox"]


def waiter_life(server, _):
    """Somebody for whom nobody is there: the wait survives everything."""
    me = Member(server, grade=1).ready(1, have=["heroin"], must=["veteran"])
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
    me = Member(server, grade=1).ready(1, have=["heroin"])
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


def received(server):
    """Every message that has a number is there, under it, in order."""
    api = server.api()
    seen = {}
    for mailbox in talks.values():
        stream, last = api.stream("Talks/Receive", capability=mailbox), 0
        while True:
            got = stream.next()
            if got is None or got.WhichOneof("event") == "state" and got.state.phase != 3:
                if got is None:
                    break
                continue
            if got.WhichOneof("event") == "message":
                check.that("in order, without gaps", got.message.seq == last + 1, got.message.seq, last)
                last = got.message.seq
                seen[got.message.ciphertext] = got.message.seq
        stream.cancel()
    lost = [text for by_seq in sent.values() for seq, text in by_seq.items() if seen.get(text) != seq]
    check.that("every acknowledged message is there", not lost, lost[:3], len(lost))
    api.close()


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
    lives = [(seeker_life, i) for i in range(SEEKERS)] + [(peer_life, i) for i in range(PEERS)] + [(waiter_life, 0), (keys_life, 0)]
    threads = [threading.Thread(target=person, args=(life, world, name), daemon=True) for life, name in lives]
    for thread in threads:
        thread.start()
    started = time.monotonic()
    for crash in range(CRASHES):
        time.sleep(chance.uniform(0.1, 1.5))
        if time.monotonic() - started > 90:
            break
        up.clear()
        world.kill()
        world.start()
        up.set()
        with lock:
            facts = chance.sample(history, min(12, len(history)))
        verify(world, facts)
    over.set()
    for thread in threads:
        thread.join(30)
    world.kill()
    world.start()
    crash += 2
    verify(world, history)
    received(world)
    kinds = {what for what, _ in history}
    print(f"seed {seed}: {crash} crashes, {len(history)} facts of {len(kinds)} kinds, {len(talks)} talks, "
          f"{sum(len(s) for s in sent.values())} messages")
    check.that("there was something to lose", len(kinds) >= 8 and len(talks) >= 5, kinds, len(talks))
    check.that("thirty crashes", crash >= 30, crash)
    check.that("stops in order", world.stop() == 0)
check.report()
