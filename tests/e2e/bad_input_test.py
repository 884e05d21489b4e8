"""bad_input -- every mistake, lie and mishap has its status, its reason, and no effect.

One section per line of what can go wrong; each refusal is checked by status
name and machine reason, and after each section the server's own gauges are
what they were.  Usage: bad_input_test.py BUILD_DIR."""
import base64
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import grpc
from world import Api, Check, Failed, Member, Server, eventually, key, term

check = Check()
HAVE = ["heroin", "opioids", "lang:en"]
INVALID = ("INVALID_ARGUMENT", "INVALID")
NO_KEY = ("INVALID_ARGUMENT", "IDEMPOTENCY_KEY")
REUSED = ("INVALID_ARGUMENT", "IDEMPOTENCY_KEY_REUSED")
CARD = ("INVALID_ARGUMENT", "CARD_INVALID")
NO_LOGIN = ("UNAUTHENTICATED", "UNAUTHENTICATED")
NO_TALK = ("NOT_FOUND", "NO_TALK")
NO_OFFER = ("NOT_FOUND", "NO_OFFER")
NO_TICKET = ("NOT_FOUND", "NO_TICKET")
TOO_LARGE = ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
COMPLEX = ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_COMPLEX")
MALFORMED = ("INTERNAL", "MALFORMED_MESSAGE")
UNKNOWN = ("UNIMPLEMENTED", "UNKNOWN_METHOD")
CHALLENGE = ("UNAUTHENTICATED", "CHALLENGE_EXPIRED")
SIGNATURE = ("UNAUTHENTICATED", "BAD_SIGNATURE")
CLOSED = ("FAILED_PRECONDITION", "OFFER_CLOSED")
FULL = ("RESOURCE_EXHAUSTED", "LIMIT_REACHED")
STORE = ("UNAVAILABLE", "STORE_FAILED")


def fails(what, want, call):
    check.fails(what, want[0], want[1], call)


def why(call):
    """All that a caller can tell a failure by."""
    try:
        call()
    except Failed as error:
        return error.code, error.reason, error.details
    return None


def operations(server):
    return Api(server.protos, f"unix:{server.data}/operations.sock")


def gauges(server):
    time.sleep(0.25)  # they are of a moment ago
    api = operations(server)
    now = api.call("Operations/Stats").gauges
    api.close()
    return now.tickets_waiting, now.duties, now.duties_on, now.offers_open, now.talks_live


class Unchanged:
    """What happens inside leaves the server as it was."""

    def __init__(self, server, what):
        self.server, self.what = server, what

    def __enter__(self):
        self.before = gauges(self.server)

    def __exit__(self, kind, *_):
        if kind is None:
            after = gauges(self.server)
            check.that(f"nothing changed: {self.what}", after == self.before, self.before, after)


def raw(api, path, body, token=None):
    """One unary call with bytes of our own making."""
    metadata = (("authorization", "Bearer " + token),) if token else ()
    try:
        return api.channel.unary_unary("/" + path)(body, timeout=20, metadata=metadata)
    except grpc.RpcError as error:
        raise Failed(api.protos, error) from None


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def first_of(stream):
    """What a stream says first, or fails with."""
    return stream.next()


def matched(server, seeker=None, peer=None, **ask):
    """A seeker and a peer in a talk."""
    peer = peer or Member(server).ready(2, have=HAVE)
    seeker = seeker or Member(server, grade=1).ready(1, have=["heroin"])
    peer.duty = peer.attend(capacity=8)
    peer.duty.next()
    seeker.stream = seeker.ask(**ask)
    offer = peer.duty.until(lambda m: len(m.duty.offers) > 0).duty.offers[0].offer_id
    peer.talk = peer.accept(offer).talk
    seeker.talk = seeker.stream.until(lambda m: m.ticket.phase == 2).ticket.talk
    seeker.stream.end()
    return seeker, peer


def leave(*members):
    for member in members:
        member.api.call("Peers/Leave", member.token, idempotency_key=key())
        member.duty.end()


# ---- not even a call ----

def transport(server):
    api = server.api()
    member = Member(server).ready(1, have=HAVE)
    with Unchanged(server, "transport"):
        for path in ("kindred.v1.Support/Nope", "kindred.v1.Nope/Ask", "x/y", "kindred.v1.Operations/Stats"):
            fails(path, UNKNOWN, lambda: raw(api, path, b""))
        inside = operations(server)
        fails("a member's call on the operations socket", UNKNOWN, lambda: inside.call("Accounts/GetServerInfo"))
        inside.close()
        for what, body in (("half a field", b"\x0a\x10abc"), ("a field number 0", b"\x00\x00"), ("noise", b"\xff" * 40),
                           ("a varint without end", b"\x08" + b"\x80" * 11), ("text that is not UTF-8", b"\x1a\x02\xff\xfe"),
                           ("a zero byte in a string", b"\x1a\x02a\x00")):
            fails(what, MALFORMED, lambda: raw(api, "kindred.v1.Accounts/Enroll", body))
        fails("groups in groups", MALFORMED, lambda: raw(api, "kindred.v1.Cards/PutCard", b"\xf3\x3f" * 20000))
        nested = b""
        for _ in range(300):
            nested = b"\x12" + varint(len(nested)) + nested
        fails("cards in cards", MALFORMED, lambda: raw(api, "kindred.v1.Cards/PutCard", nested, member.token))
        fails("many parts", COMPLEX, lambda: raw(api, "kindred.v1.Accounts/Enroll", b"\xb8\x3e\x01" * 20000))
        fails("a large message", TOO_LARGE, lambda: raw(api, "kindred.v1.Accounts/Enroll", b"\x3a" + varint(70000) + b"x" * 70000))
    api.close()


# ---- who one is ----

def accounts(server, other):
    m = Member(server)
    for field, sizes in (("public_key", (0, 31, 33)), ("nonce", (0, 31, 33)), ("signature", (0, 63, 65))):
        for size in sizes:
            fails(f"enroll: {size} bytes of {field}", INVALID, lambda: m.enroll(**{field: b"x" * size}))
            fails(f"login: {size} bytes of {field}", INVALID, lambda: m.login(**{field: b"x" * size}))
    for size in (0, 15, 17):
        fails(f"enroll: a key of {size} bytes", NO_KEY, lambda: m.enroll(idempotency_key=b"k" * size))
    fails("enroll: a key of zeros", NO_KEY, lambda: m.enroll(idempotency_key=bytes(16)))
    fails("enroll: no grade", INVALID, lambda: m.enroll(grade=0))
    fails("enroll: an unknown grade", INVALID, lambda: m.enroll(grade=7))
    fails("enroll: a signature of noise", SIGNATURE, lambda: m.enroll(signature=os.urandom(64)))
    fails("enroll: a nonce of noise", CHALLENGE, lambda: m.enroll(nonce=os.urandom(32)))
    fails("enroll: for another pool than signed", SIGNATURE, lambda: m.enroll(pool="demo"))
    fails("enroll: for another grade than signed", SIGNATURE, lambda: m.enroll(grade=1))
    nowhere, low = Member(server, pool="nowhere"), Member(server, grade=3)
    fails("enroll: no such pool", ("PERMISSION_DENIED", "ENROLLMENT_CLOSED"), nowhere.enroll)
    fails("enroll: above what the pool gives", ("PERMISSION_DENIED", "ENROLLMENT_CLOSED"), low.enroll)
    check.that("which of the two is not told", why(nowhere.enroll) == why(low.enroll) != None)
    fails("enroll: a long invitation", INVALID, lambda: m.enroll(invitation="i" * 65))
    early = m.api.call("Accounts/Challenge").nonce
    nobody = {"nonce": early, "signature": m._sign(b"kindred.v1.login", early)}
    for _ in range(2):  # who is no member uses no nonce up, and so no place in the book
        fails("login: nobody yet", ("UNAUTHENTICATED", "NOT_ENROLLED"), lambda: m.login(**nobody))
    m.origin = b"kindred://elsewhere"
    fails("enroll: signed for another origin", SIGNATURE, m.enroll)
    fails("login: signed for another origin", SIGNATURE, m.login)
    m.origin = b"kindred://test"
    body = enroll_body(m)
    m.api.call("Accounts/Enroll", **body)
    check.that("enroll repeated is answered alike", m.api.call("Accounts/Enroll", **body).grade == 2)
    check.that("and under another challenge", m.enroll(idempotency_key=body["idempotency_key"]).grade == 2)
    fails("enroll: a key with another body", REUSED,
          lambda: m.enroll(idempotency_key=body["idempotency_key"], invitation="another"))
    fails("enroll: twice", ("ALREADY_EXISTS", "ALREADY_ENROLLED"), m.enroll)
    nonce = m.api.call("Accounts/Challenge").nonce
    used = {"nonce": nonce, "signature": m._sign(b"kindred.v1.login", nonce)}
    m.login(**used)
    fails("login: a nonce used before", CHALLENGE, lambda: m.login(**used))
    stranger = Member(other).api.call("Accounts/Challenge").nonce
    fails("login: a nonce of another server", CHALLENGE,
          lambda: m.login(nonce=stranger, signature=m._sign(b"kindred.v1.login", stranger)))
    for at in (0, 15, 16, 23, 24, 31):
        bad = bytearray(m.api.call("Accounts/Challenge").nonce)
        bad[at] ^= 1
        fails(f"login: byte {at} of the nonce flipped", CHALLENGE,
              lambda: m.login(nonce=bytes(bad), signature=m._sign(b"kindred.v1.login", bytes(bad))))


def enroll_body(m):
    import struct
    nonce = m.api.call("Accounts/Challenge").nonce
    more = struct.pack("<H", len(m.pool)) + m.pool.encode() + bytes([m.grade])
    return {"idempotency_key": key(), "public_key": m.public, "pool": m.pool, "grade": m.grade, "nonce": nonce,
            "signature": m._sign(b"kindred.v1.enroll", nonce, more)}


def tokens(server):
    m = Member(server).ready(1, have=HAVE)
    see = lambda token: m.api.call("Cards/GetCard", token, role=1)
    see(m.token)
    wholly = base64.urlsafe_b64decode(m.token + "=" * (-len(m.token) % 4))
    for at in range(len(wholly)):
        forged = bytearray(wholly)
        forged[at] ^= 1 << at % 8
        text = base64.urlsafe_b64encode(bytes(forged)).decode().rstrip("=")
        if not check.that(f"byte {at} of the token flipped", why(lambda: see(text)) is not None and
                          why(lambda: see(text))[:2] == NO_LOGIN):
            break
    for what, text in (("none", None), ("short", m.token[:-1]), ("long", m.token + "A"), ("padded", m.token + "="),
                       ("of noise", "!" * 90), ("of two", m.token + m.token)):
        fails(f"a token {what}", NO_LOGIN, lambda: see(text))
    fails("another scheme", NO_LOGIN, lambda: with_header(m, "Basic " + m.token))
    fails("no scheme", NO_LOGIN, lambda: with_header(m, m.token))
    for name, fields in (("Cards/PutCard", {}), ("Support/Beat", {}), ("Support/Withdraw", {}), ("Peers/Beat", {}),
                         ("Peers/Answer", {}), ("Peers/SetCapacity", {}), ("Peers/Pause", {}), ("Peers/Resume", {}),
                         ("Peers/Leave", {})):
        fails(f"{name} without a token", NO_LOGIN, lambda: m.api.call(name, None, **fields))
    for name in ("Support/Ask", "Peers/Attend"):
        fails(f"{name} without a token", NO_LOGIN, lambda: first_of(m.api.stream(name, None)))
    low = Member(server, grade=1).ready(1, have=HAVE)
    grade = ("PERMISSION_DENIED", "GRADE")
    fails("a peer's card without the grade", grade, lambda: low.card(2, have=HAVE))
    fails("attend without the grade", grade, lambda: first_of(low.attend()))
    for name in ("Beat", "Answer", "SetCapacity", "Pause", "Resume", "Leave"):
        fails(f"Peers/{name} without the grade", grade, lambda: low.api.call("Peers/" + name, low.token))


def with_header(m, value):
    make, _ = m.api._method("Cards/GetCard")
    call = m.api.channel.unary_unary("/kindred.v1.Cards/GetCard", request_serializer=make.SerializeToString)
    try:
        return call(make(role=1), metadata=(("authorization", value),), timeout=20)
    except grpc.RpcError as error:
        raise Failed(m.server.protos, error) from None


# ---- cards ----

def cards(server):
    m = Member(server)
    m.enroll()
    m.login()
    info = m.api.call("Accounts/GetServerInfo")
    make = server.protos.message("Card")

    def put(card, consent=info.consent_version, **fields):
        fields = {"idempotency_key": key(), "card": card, "consent_version": consent, **fields}
        return m.api.call("Cards/PutCard", m.token, **fields)

    def card(role=1, version=1, vocabulary=info.vocabulary_version, **lists):
        c = make(role=role, version=version, vocabulary_version=vocabulary)
        for token in lists.get("have", ()):
            c.have.add(token=token)
        for importance, tokens_ in lists.get("seek", ()):
            c.seek.add(importance=importance, tokens=tokens_)
        for tokens_, relax in lists.get("must", ()):
            c.must.add(tokens=tokens_, relax_after_ms=relax)
        c.must_not.extend(lists.get("must_not", ()))
        return c

    bad = {
        "no card": None, "no role": card(role=0), "an unknown role": card(role=5),
        "65 of have": card(have=range(1, 66)), "token 0": card(have=[0]), "a token twice": card(have=[7, 8, 7]),
        "33 groups of seek": card(seek=[(1, [i]) for i in range(1, 34)]),
        "65 tokens in seek": card(seek=[(1, range(8 * i + 1, 8 * i + 9)) for i in range(8)] + [(1, [99])]),
        "an empty group": card(seek=[(1, [])]), "9 in a group": card(seek=[(1, range(1, 10))]),
        "importance 0": card(seek=[(0, [1])]), "importance 4": card(seek=[(4, [1])]),
        "17 of must": card(must=[([i], 0) for i in range(1, 18)]), "an empty must": card(must=[([], 0)]),
        "33 of must_not": card(must_not=range(1, 34)), "must_not twice": card(must_not=[3, 3]),
        "must_not 0": card(must_not=[0]), "a card against itself": card(must=[([5, 6], 0)], must_not=[5, 6]),
        "a peer's must that relaxes": card(role=2, must=[([5], 1000)]),
    }
    for what, body in bad.items():
        fails(f"card: {what}", CARD, lambda: put(body))
    fails("card: a newer vocabulary", ("INVALID_ARGUMENT", "VOCABULARY_VERSION"),
          lambda: put(card(vocabulary=info.vocabulary_version + 1)))
    for old in range(info.vocabulary_min_version):
        fails(f"card: vocabulary {old}", ("FAILED_PRECONDITION", "RECOMPILE_CARD"), lambda: put(card(vocabulary=old)))
    fails("card: another consent", ("FAILED_PRECONDITION", "CONSENT"), lambda: put(card(), consent=info.consent_version + 1))
    fails("card: version 2 first", ("ABORTED", "CARD_VERSION"), lambda: put(card(version=2)))
    fails("card: version 0", CARD, lambda: put(card(version=0)))
    for size in (0, 15, 17):
        fails(f"card: a key of {size} bytes", NO_KEY, lambda: put(card(), idempotency_key=b"k" * size))
    fails("nothing of these was kept", ("FAILED_PRECONDITION", "CARD_MISSING"),
          lambda: m.api.call("Cards/GetCard", m.token, role=1))
    fails("ask without a card", ("FAILED_PRECONDITION", "CARD_MISSING"), lambda: first_of(m.ask()))
    fails("attend without a card", ("FAILED_PRECONDITION", "CARD_MISSING"), lambda: first_of(m.attend()))
    one = key()
    full = card(have=range(1, 65), seek=[(3, range(100 + 8 * i, 108 + 8 * i)) for i in range(8)],
                must=[(range(1000 + 8 * i, 1008 + 8 * i), 0) for i in range(16)], must_not=range(2000, 2032))
    check.that("the largest card", put(full, idempotency_key=one).version == 1)
    check.that("a put repeated is answered alike", put(full, idempotency_key=one).version == 1)
    fails("card: a key with another body", REUSED, lambda: put(card(version=2), idempotency_key=one))
    fails("card: the same version again", ("ABORTED", "CARD_VERSION"), lambda: put(card(version=1)))
    check.that("the card is as it was put", m.api.call("Cards/GetCard", m.token, role=1).card == full)
    fails("GetCard of no role", INVALID, lambda: m.api.call("Cards/GetCard", m.token, role=0))
    fails("a language that is none", INVALID, lambda: m.api.call("Vocabularies/GetVocabulary", language="x" * 36))
    fails("a country that is none", INVALID, lambda: m.api.call("Support/GetCrisisResources", country="us"))


# ---- asking ----

def asking(server):
    m = Member(server, grade=1).ready(1, have=["heroin"])
    o = Member(server, grade=1).ready(1, have=["heroin"])
    no_ticket = {"Support/Beat": {}, "Support/Withdraw": {"idempotency_key": key()}}
    with Unchanged(server, "an ask that is malformed"):
        for field in ("talk_key", "mailbox"):
            for size in (0, 31, 33):
                fails(f"ask: {size} bytes of {field}", INVALID, lambda: first_of(m.ask(**{field: b"x" * size})))
        for size in (0, 15, 17):
            fails(f"ask: a key of {size} bytes", NO_KEY, lambda: first_of(m.ask(idempotency_key=b"k" * size)))
        fails("ask: a country that is none", INVALID, lambda: first_of(m.ask(country="Peru")))
        for name, fields in no_ticket.items():
            fails(f"{name} of no ticket", NO_TICKET, lambda: m.api.call(name, m.token, ticket_id=0, **fields))
    stream = m.ask()
    ticket = stream.next().ticket
    with Unchanged(server, "an ask while one lives"):
        body = dict(m.ask_fields)
        fails("ask: another while one lives", ("FAILED_PRECONDITION", "TICKET_LIVES"),
              lambda: first_of(m.api.stream("Support/Ask", m.token, **{**body, "idempotency_key": key()})))
        fails("ask: the same key with another body", REUSED,
              lambda: first_of(m.api.stream("Support/Ask", m.token, **{**body, "country": "US"})))
        again = m.ask_again()
        check.that("ask again: the same ticket", again.next().ticket.ticket_id == ticket.ticket_id)
        ended = stream.end()
        check.that("and the older stream is replaced", ended and (ended.code, ended.reason) == ("ABORTED", "REPLACED"), ended)
        for name, fields in no_ticket.items():
            mine = lambda id_: why(lambda: o.api.call(name, o.token, ticket_id=id_, **fields))
            check.that(f"{name}: another's ticket does not exist", mine(ticket.ticket_id) == mine(12345) and
                       mine(12345)[:2] == NO_TICKET, mine(ticket.ticket_id), mine(12345))
        for size in (0, 15, 17):
            fails(f"withdraw: a key of {size} bytes", NO_KEY, lambda: m.api.call(
                "Support/Withdraw", m.token, idempotency_key=b"k" * size, ticket_id=ticket.ticket_id))
    one = {"idempotency_key": key(), "ticket_id": ticket.ticket_id}
    m.api.call("Support/Withdraw", m.token, **one)
    m.api.call("Support/Withdraw", m.token, **one)
    check.that("withdrawn", again.until(lambda g: g.ticket.phase == 3).ticket.end_reason == 1 and again.end() is None)
    fails("withdraw: the key with another body", REUSED,
          lambda: m.api.call("Support/Withdraw", m.token, **{**one, "ticket_id": 99}))
    fails("beat of a ticket that is over", NO_TICKET,
          lambda: m.api.call("Support/Beat", m.token, ticket_id=ticket.ticket_id))
    over = m.ask_again()
    check.that("asked again with its key: how it ended", over.next().ticket.phase == 3 and over.end() is None)


# ---- being there ----

def attending(server):
    m = Member(server).ready(2, have=HAVE)
    off = ("FAILED_PRECONDITION", "NOT_ON_DUTY")
    with Unchanged(server, "off duty"):
        fails("beat off duty", off, lambda: m.api.call("Peers/Beat", m.token))
        for name in ("Pause", "Resume", "SetCapacity"):
            fails(f"{name} off duty", off, lambda: m.api.call("Peers/" + name, m.token, idempotency_key=key()))
        m.api.call("Peers/Leave", m.token, idempotency_key=key())
        check.that("leave off duty is OK", True)
        for name in ("Pause", "Resume", "SetCapacity", "Leave", "Answer"):
            for size in (0, 15, 17):
                request = server.protos.message(name + "Request")(idempotency_key=b"k" * size)
                if name == "Answer":
                    request.decline.SetInParent()
                fails(f"{name}: a key of {size} bytes", NO_KEY,
                      lambda: m.api.call("Peers/" + name, m.token, request=request))
        fails("attend: capacity 9", ("INVALID_ARGUMENT", "CAPACITY"), lambda: first_of(m.attend(capacity=9)))
        fails("attend: a long rest", INVALID, lambda: first_of(m.attend(rest_ms=86400001)))
        fails("attend: a long duty", INVALID, lambda: first_of(m.attend(duration_ms=86400001)))
        for size in (0, 15, 17):
            fails(f"attend: a key of {size} bytes", NO_KEY, lambda: first_of(m.attend(idempotency_key=b"k" * size)))
    one = m.attend(capacity=0)
    check.that("on duty", one.next().duty.phase == 1)
    two = m.attend(capacity=0)
    check.that("attend again", two.next().duty.phase == 1)
    ended = one.end()
    check.that("the older one is replaced", ended and (ended.code, ended.reason) == ("ABORTED", "REPLACED"), ended)
    fails("set capacity 9", ("INVALID_ARGUMENT", "CAPACITY"),
          lambda: m.api.call("Peers/SetCapacity", m.token, idempotency_key=key(), capacity=9))
    fails("attend: the key with another body", REUSED,
          lambda: first_of(m.api.stream("Peers/Attend", m.token, **{**m.attend_fields, "capacity": 1})))
    with Unchanged(server, "answers to no offer"):
        fails("decline no offer", NO_OFFER, lambda: m.decline(77))
        fails("accept no offer", NO_OFFER, lambda: m.accept(77))
        request = server.protos.message("AnswerRequest")(idempotency_key=key(), offer_id=77)
        fails("answer nothing", INVALID, lambda: m.api.call("Peers/Answer", m.token, request=request))
        for field in ("talk_key", "mailbox"):
            for size in (0, 31, 33):
                request = server.protos.message("AnswerRequest")(idempotency_key=key(), offer_id=77)
                request.accept.talk_key = request.accept.mailbox = b"x" * 32
                setattr(request.accept, field, b"x" * size)
                fails(f"accept: {size} bytes of {field}", INVALID,
                      lambda: m.api.call("Peers/Answer", m.token, request=request))
    m.card(1, have=["heroin"])
    ask = m.ask()
    check.that("who is on duty may ask", ask.next().ticket.phase == 1)
    paused = two.until(lambda g: g.duty.phase == 2).duty
    check.that("and is paused", paused.reason == 3, paused)
    lives = ("FAILED_PRECONDITION", "TICKET_LIVES")
    fails("resume while one's own ticket lives", lives,
          lambda: m.api.call("Peers/Resume", m.token, idempotency_key=key()))
    fails("attend while one's own ticket lives", lives, lambda: first_of(m.attend(capacity=0)))
    ticket = m.ask_again().next().ticket.ticket_id
    m.api.call("Support/Withdraw", m.token, idempotency_key=key(), ticket_id=ticket)
    m.duty = two
    m.api.call("Peers/Resume", m.token, idempotency_key=key())
    check.that("then one may", two.until(lambda g: g.duty.phase == 1))
    leave(m)


# ---- talking ----

def talking(server):
    """What is not the caller's does not exist (service/service law 2); messages
    come once, in order, and before the end (service/stream laws 1 and 3)."""
    seeker, peer = matched(server)
    stranger = Member(server)
    with Unchanged(server, "after the match"):
        ticket = seeker.ask_again().next().ticket.ticket_id
        fails("withdraw after the match", ("FAILED_PRECONDITION", "ALREADY_MATCHED"), lambda: seeker.api.call(
            "Support/Withdraw", seeker.token, idempotency_key=key(), ticket_id=ticket))
        fails("beat after the match", NO_TICKET, lambda: seeker.api.call("Support/Beat", seeker.token, ticket_id=ticket))
    receive, send = seeker.mailbox, seeker.talk.send_capability
    calls = {"Talks/Send": ("capability", {"ciphertext": b"x"}, receive), "Talks/Acknowledge": ("capability", {}, send),
             "Talks/End": ("capability", {}, send), "Talks/Reflect": ("capability", {"understood": 1}, send)}
    with Unchanged(server, "capabilities"):
        for name, (field, more, wrong) in calls.items():
            more = dict(more)
            if name != "Talks/Acknowledge":
                more["idempotency_key"] = key()
            use = lambda capability: why(lambda: stranger.api.call(name, None, **{field: capability, **more}))
            for size in (0, 31, 33):
                fails(f"{name}: {size} bytes of capability", INVALID,
                      lambda: stranger.api.call(name, None, **{field: b"x" * size, **more}))
            check.that(f"{name}: the other kind of capability is as unknown as noise",
                       use(wrong) == use(os.urandom(32)) and use(wrong)[:2] == NO_TALK, use(wrong))
            if "idempotency_key" in more:
                for size in (0, 15, 17):
                    fails(f"{name}: a key of {size} bytes", NO_KEY, lambda: stranger.api.call(
                        name, None, **{field: wrong, **more, "idempotency_key": b"k" * size}))
        look = lambda capability: why(lambda: stranger.api.stream("Talks/Receive", capability=capability).next())
        check.that("Receive: likewise", look(send) == look(os.urandom(32)) and look(send)[:2] == NO_TALK)
        for size in (0, 31, 33):
            check.that(f"Receive: {size} bytes of capability", look(b"x" * size)[:2] == INVALID)
        check.that("Receive: a seq never reached", why(lambda: stranger.api.stream(
            "Talks/Receive", capability=receive, after_seq=1).next())[:2] == ("OUT_OF_RANGE", "SEQUENCE"))
        put = lambda text, **more: seeker.api.call("Talks/Send", **{
            "idempotency_key": key(), "capability": send, "ciphertext": text, **more})
        fails("send nothing", INVALID, lambda: put(b""))
        fails("send 32,769 bytes", TOO_LARGE, lambda: put(b"x" * 32769))
        fails("send 70,000 bytes", TOO_LARGE, lambda: put(b"x" * 70000))
        fails("reflect while it lives", ("FAILED_PRECONDITION", "TALK_LIVES"), lambda: seeker.api.call(
            "Talks/Reflect", idempotency_key=key(), capability=receive, understood=1))
        fails("reflect on something else", INVALID, lambda: seeker.api.call(
            "Talks/Reflect", idempotency_key=key(), capability=receive, understood=9))
        one = key()
        check.that("the first has seq 1", put(b"one", idempotency_key=one).seq == 1)
        fails("send: a key with another body", REUSED, lambda: put(b"two", idempotency_key=one))
        seqs = [put(bytes([i % 251 + 1])).seq for i in range(255)]
        check.that("256 messages fit", seqs == list(range(2, 257)))
        full = ("RESOURCE_EXHAUSTED", "MAILBOX_FULL")
        fails("the 257th does not", full, lambda: put(b"more"))
        check.that("a repeat is answered alike even then", put(b"one", idempotency_key=one).seq == 1)
        ack = lambda seq: peer.api.call("Talks/Acknowledge", capability=peer.mailbox, up_to_seq=seq)
        fails("acknowledge a seq never reached", ("OUT_OF_RANGE", "SEQUENCE"), lambda: ack(257))
        ack(256)
        ack(3)
        check.that("there is room again", [put(b"x" * 32768).seq for _ in range(32)] == list(range(257, 289)))
        fails("a byte above 1 MiB", full, lambda: put(b"m"))
        fails("acknowledge a seq never reached", ("OUT_OF_RANGE", "SEQUENCE"), lambda: ack(289))
    first = peer.api.stream("Talks/Receive", capability=peer.mailbox)
    got = [first.until(lambda g: g.WhichOneof("event") == "message").message.seq for _ in range(32)]
    check.that("all of it comes, in order", got == list(range(257, 289)))
    second = peer.api.stream("Talks/Receive", capability=peer.mailbox, after_seq=280)
    check.that("from where it is asked for", second.until(
        lambda g: g.WhichOneof("event") == "message").message.seq == 281)
    ended = first.end()
    check.that("the older receive is replaced", ended and (ended.code, ended.reason) == ("ABORTED", "REPLACED"), ended)
    end = {"idempotency_key": key(), "capability": receive}
    seeker.api.call("Talks/End", **end)
    seeker.api.call("Talks/End", **end)
    peer.api.call("Talks/End", idempotency_key=key(), capability=peer.mailbox)
    check.that("to end what has ended is OK", True)
    fails("end: the key with another body", REUSED, lambda: seeker.api.call(
        "Talks/Reflect", idempotency_key=end["idempotency_key"], capability=receive, understood=1))
    fails("send after the end", ("FAILED_PRECONDITION", "TALK_ENDED"), lambda: put(b"late"))
    check.that("a repeat is answered alike after the end", put(b"one", idempotency_key=one).seq == 1)
    says = {"idempotency_key": key(), "capability": receive, "understood": 1}
    seeker.api.call("Talks/Reflect", **says)
    seeker.api.call("Talks/Reflect", **says)
    fails("reflect: the key with another body", REUSED, lambda: seeker.api.call("Talks/Reflect", **{**says, "again": True}))
    fails("reflect twice", ("FAILED_PRECONDITION", "REFLECTED"),
          lambda: seeker.api.call("Talks/Reflect", **{**says, "idempotency_key": key()}))
    leave(peer)


def same_mailbox(server):
    """A capability drawn twice is not the other side's trouble."""
    seeker, peer = matched(server)
    used = {"talk_key": seeker.ask_fields["talk_key"], "mailbox": seeker.ask_fields["mailbox"]}
    seeker.api.call("Talks/End", idempotency_key=key(), capability=seeker.mailbox)
    other = Member(server).ready(2, have=HAVE)
    other.duty = other.attend(capacity=8)
    other.duty.next()
    ask = seeker.ask(**used)
    before = None
    try:
        offer = other.duty.until(lambda m: len(m.duty.offers) > 0, 5).duty.offers[0].offer_id
        before = why(lambda: other.accept(offer))
    except Exception:
        before = why(lambda: first_of(ask))
    check.that("a mailbox is not given out twice", before is not None, before)
    check.that("the server lives on", server.process.poll() is None)
    leave(peer, other)
    ask.cancel()


# ---- time ----

def deadlines(server):
    """Offers of one second that lapse two seconds later; grace of half a second."""
    peer, other = Member(server).ready(2, have=HAVE), Member(server).ready(2, have=HAVE)
    seeker = Member(server, grade=1).ready(1, have=["heroin"])
    offers = lambda m: len(m.duty.offers) > 0
    peer.duty = peer.attend()
    peer.duty.next()
    ask = seeker.ask()
    ticket = ask.next().ticket.ticket_id
    offer = peer.duty.until(offers).duty.offers[0].offer_id
    mine = lambda id_: [why(lambda: act(id_))[:3] for act in (other.accept, other.decline)]
    check.that("another's offer does not exist", mine(offer) == mine(4711) and mine(offer)[0][:2] == NO_OFFER, mine(offer))
    time.sleep(1.2)
    fails("accept after the deadline", ("FAILED_PRECONDITION", "OFFER_DEADLINE"), lambda: peer.accept(offer))
    peer.duty.until(lambda m: len(m.duty.offers) == 0)
    fails("accept what lapsed", CLOSED, lambda: peer.accept(offer))
    fails("decline what lapsed", CLOSED, lambda: peer.decline(offer))
    check.that("the ticket still waits", seeker.ask_again().next().ticket.ticket_id == ticket)
    other.duty = other.attend()
    offer = other.duty.until(offers).duty.offers[0].offer_id
    check.that("and is offered on", offer != 0)
    seeker.api.call("Support/Withdraw", seeker.token, idempotency_key=key(), ticket_id=ticket)
    other.duty.until(lambda m: len(m.duty.offers) == 0)
    gone = why(lambda: other.accept(offer))
    check.that("accept what was taken back", gone and gone[:2] in (CLOSED, ("FAILED_PRECONDITION", "OFFER_GONE")), gone)
    leave(peer, other)


def vanishing(server):
    seeker = Member(server, grade=1).ready(1, have=["heroin"])
    before = gauges(server)
    seeker.ask().next()
    seeker.api.channel.close()
    time.sleep(1.2)
    check.that("who vanishes is not waited for longer than the grace", gauges(server) == before)
    seeker.reconnect()
    stream = seeker.ask_again()
    state = stream.next().ticket
    check.that("and hears why", (state.phase, state.end_reason) == (3, 3) and stream.end() is None, state)
    fails("withdraw what ended otherwise", ("FAILED_PRECONDITION", "TICKET_ENDED"), lambda: seeker.api.call(
        "Support/Withdraw", seeker.token, idempotency_key=key(), ticket_id=state.ticket_id))
    peer = Member(server).ready(2, have=HAVE)
    peer.attend().next()
    peer.api.channel.close()
    time.sleep(1.2)
    check.that("a peer who vanishes is off duty", gauges(server) == before, gauges(server))
    for _ in range(30):  # in the middle of calls
        api = server.api()
        _, method = api._method("Accounts/Challenge")
        calls = [method.future(server.protos.message("ChallengeRequest")()) for _ in range(4)]
        api.channel.close()
        del calls
    Member(server).enroll()
    check.that("others are served after thirty vanished callers", server.process.poll() is None)


def expired(server, member, since):
    """Logged in at `since` on a server whose tokens live ten seconds."""
    time.sleep(max(0, since + 10.3 - time.monotonic()))
    late = ("UNAUTHENTICATED", "TOKEN_EXPIRED")
    fails("an expired token", late, lambda: member.api.call("Cards/GetCard", member.token, role=1))
    fails("ask with an expired token", late, lambda: first_of(member.ask()))
    member.login()
    check.that("log in again", member.api.call("Cards/GetCard", member.token, role=1).card.version == 1)


# ---- what is full ----

def full_queue(server):
    """More calls at once than may wait: each is answered, none is lost
    (server/port law 1, service/port law 2)."""
    members = [Member(server, grade=1).ready(1, have=["heroin"]) for _ in range(4)]
    makes = []
    for m in members:
        request, method = m.api._method("Cards/PutCard")
        card = server.protos.message("Card")(role=1, version=2,
                                             vocabulary_version=m.api.call("Accounts/GetServerInfo").vocabulary_version)
        for _ in range(150):
            body = request(idempotency_key=key(), card=card, consent_version=1)
            makes.append((method, body, m))
    calls = [(method.future(body, timeout=20, metadata=m.api._metadata(m.token)), m) for method, body, m in makes]
    seen, done = {}, 0
    for call, _ in calls:
        try:
            call.result()
            done += 1
        except grpc.RpcError as error:
            reason = Failed(server.protos, error)
            seen[reason.code, reason.reason] = seen.get((reason.code, reason.reason), 0) + 1
    check.that("a full queue says so", FULL in seen, seen)
    check.that("and nothing else goes wrong", set(seen) <= {FULL, ("ABORTED", "CARD_VERSION")}, seen)
    kept = [m.api.call("Cards/GetCard", m.token, role=1).card.version for m in members]
    check.that("what was answered is what is kept", sum(v == 2 for v in kept) == done, kept, done)


def full_disk(build):
    place = pathlib.Path(tempfile.mkdtemp(prefix="kindred-full-"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", place], capture_output=True).returncode:
        print("skipped: a full disk needs the right to mount one")
        os.rmdir(place)
        return
    try:
        with Server(build, data=place) as server:
            fill(server, place)
    finally:
        subprocess.run(["umount", place], check=False)
        shutil.rmtree(place, ignore_errors=True)


def fill(server, place):
    seeker, peer = matched(server)
    one = seeker.open(seeker.talk, True)
    waiter = Member(server, grade=1).ready(1, have=["heroin"], must=["veteran"])
    fresh = Member(server, grade=1).ready(1, have=["heroin"])
    wait = waiter.ask()
    ticket = wait.next().ticket.ticket_id
    one.send(b"before")
    junk = open(place / "junk", "wb", buffering=0)
    try:
        while True:
            junk.write(b"\0" * 4096)
    except OSError:
        pass
    sent, failed = 1, None
    for _ in range(400):
        try:
            one.send(b"x" * 2000)
            sent += 1
        except Failed as error:
            failed = failed or (error.code, error.reason)
            break
    check.that("a full disk says so", failed == STORE, failed, sent)
    fails("enroll on a full disk", STORE, Member(server).enroll)
    fails("ask on a full disk", STORE, lambda: first_of(fresh.ask()))
    fails("withdraw on a full disk", STORE, lambda: waiter.api.call(
        "Support/Withdraw", waiter.token, idempotency_key=key(), ticket_id=ticket))
    fails("a card on a full disk", STORE, lambda: fresh.card(1, have=["heroin"]))
    check.that("the server lives on", server.process.poll() is None)
    health = lambda: waiter.api.call("grpc.health.v1.Health/Check").status
    check.that("and says that it is not ready", health() == 2)
    check.that("what needs no disk is served", waiter.api.call("Support/Beat", waiter.token, ticket_id=ticket).next_ms > 0)
    junk.close()
    os.unlink(place / "junk")
    again = time.monotonic() + 10
    while True:
        try:
            seq = one.send(b"after")
            break
        except Failed:
            if time.monotonic() > again:
                raise
            time.sleep(0.2)
    check.that("with room again it goes on where it was", seq == sent + 1, seq, sent)
    got = peer.api.stream("Talks/Receive", capability=peer.mailbox)
    seqs = [got.until(lambda m: m.WhichOneof("event") == "message").message.seq for _ in range(seq)]
    check.that("nothing acknowledged is lost", seqs == list(range(1, seq + 1)))
    check.that("the ticket still waits", waiter.ask_again().next().ticket.phase == 1)
    check.that("an ask goes through", first_of(fresh.ask()).ticket.phase == 1)
    check.that("and it is ready again", eventually(lambda: health() == 1))
    check.that("stops in order", server.stop() == 0)


build = sys.argv[1]
only = sys.argv[2:]
with Server(build) as world, Server(build, "--offer-ms", "1000", "--slack-ms", "2000", "--grace-ticket-ms", "500",
                                    "--grace-duty-ms", "500", "--token-ms", "10000") as short, \
        Server(build, "--queue-max", "16") as narrow:
    soon = Member(short, grade=1).ready(1, have=["heroin"])
    since = time.monotonic()
    for part, args in ((transport, (world,)), (accounts, (world, short)), (tokens, (world,)), (cards, (world,)),
                       (asking, (world,)), (attending, (world,)), (talking, (world,)), (same_mailbox, (world,)),
                       (deadlines, (short,)), (vanishing, (short,)), (expired, (short, soon, since)),
                       (full_queue, (narrow,)), (full_disk, (build,))):
        if not only or part.__name__ in only:
            check.runs(part, *args)
    for server in (world, short, narrow):
        check.that("the server stops in order", server.stop() == 0)
check.report()
