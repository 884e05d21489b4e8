"""bad_scenes -- what the table of bad input (bad_table.py) is played on.

A scene is the moment just before a call that would succeed: who calls (`me`),
with what body, and whoever else is there (`other`, `stranger`).  The people of a
scene share a token of their own, so that scenes never meet each other."""
import contextlib
import os
import sqlite3
import struct

from world import Api, Member, Server, Stream, key

FLAGS = ("--grace-ticket-ms", "500", "--grace-duty-ms", "500")
TOKEN_MS = 10000  # the shortest life a token can have


def cards(member, token, grade=2):
    """Enrolled, logged in, with the cards its grade allows."""
    member.enroll()
    member.login()
    for role in (1, 2)[:1 + (grade > 1)]:
        put(member, card(member, role, token))
    return member


def info(member):
    if not hasattr(member, "info"):
        member.info = member.api.call("Accounts/GetServerInfo")
    return member.info


def card(member, role, token, version=1):
    """One of everything; who wants this token meets nobody without."""
    c = member.server.protos.message("Card")(role=role, version=version,
                                             vocabulary_version=info(member).vocabulary_version)
    c.have.add(token=token)
    c.seek.add(importance=1, tokens=[token])
    c.must.add(tokens=[token])
    c.must_not.append(token ^ 1)
    return c


def put(member, c):
    member.api.call("Cards/PutCard", member.token, idempotency_key=key(), card=c,
                    consent_version=info(member).consent_version)


class Worlds:
    """A server, one whose tokens are short-lived, and members with whom something is wrong."""

    def __init__(self, build):
        self.main, self.short = Server(build, *FLAGS), Server(build, *FLAGS, "--token-ms", str(TOKEN_MS))
        self.protos = self.main.protos
        self.expired = cards(Member(self.short), 7)
        self.held = cards(Member(self.main), 7)
        self._set("held = 1")
        self.lapsed = cards(Member(self.main), 7)
        self._set("grade_until_ms = 1 WHERE held = 0")
        self.held.reconnect()
        self.lapsed.reconnect()
        self.lapsed.login()
        self.low = cards(Member(self.main, grade=1), 7, grade=1)

    def _set(self, what):
        """No call holds a member yet, or ends a grade: the file does."""
        assert self.main.stop() == 0
        with sqlite3.connect(self.main.data / "kindred.db") as db:
            assert db.execute("UPDATE member SET " + what).rowcount == 1
        db.close()
        self.main.start()

    def close(self):
        for server in (self.main, self.short):
            server.__exit__()


class Scene:
    """me, about to call `name` with `body`; act() does.  Closed, it is forgotten."""

    def __init__(self, worlds, name):
        self.worlds, self.name, self.streams, self.apis = worlds, name, [], []
        self.term = struct.unpack("<Q", os.urandom(8))[0] | 2
        self.me, self.token, self.operations = None, None, None
        method = worlds.protos.methods["kindred.v1." + name]
        self.streaming = method.server_streaming
        self.make = worlds.protos.message(method.input_type)
        self.body = self.make()

    # -- people --

    def member(self, grade=2, enrolled=True, **kind):
        m = Member(self.worlds.main, grade=grade, **kind)
        self.apis.append(m.api)
        return cards(m, self.term, grade) if enrolled else m

    def stranger(self, server):
        m = Member(server)
        self.apis.append(m.api)
        return m

    @contextlib.contextmanager
    def beside(self, scene):
        """Another scene of other people, at the same time."""
        there = scene(Scene(self.worlds, self.name))
        try:
            yield there
        finally:
            there.close()

    def keep(self, stream):
        self.streams.append(stream)
        return stream

    def on_duty(self, member, **fields):
        member.duty = self.keep(member.attend(**{"capacity": 8, **fields}))
        member.duty.until(lambda m: m.duty.phase == 1)
        return member

    def asking(self, member):
        member.stream = self.keep(member.ask())
        member.ticket = member.stream.until(lambda m: m.WhichOneof("event") == "ticket").ticket.ticket_id
        return member

    def offer_of(self, peer):
        return peer.duty.until(lambda m: len(m.duty.offers) > 0).duty.offers[0].offer_id

    def talking(self):
        """me the seeker and other the peer, in a talk."""
        self.me, self.other = self.member(), self.on_duty(self.member())
        self.asking(self.me)
        self.other.talk = self.other.accept(self.offer_of(self.other)).talk
        self.me.talk = self.me.stream.until(lambda m: m.ticket.phase == 2).ticket.talk
        self.me.stream.end()
        return self

    def end(self):
        self.me.api.call("Talks/End", idempotency_key=key(), capability=self.me.mailbox)

    def withdraw(self):
        self.me.api.call("Support/Withdraw", self.me.token, idempotency_key=key(), ticket_id=self.me.ticket)
        self.me.stream.end()

    def leave(self):
        self.me.api.call("Peers/Leave", self.me.token, idempotency_key=key())
        self.me.duty.end()

    def block(self, member):
        return member.api.call("Safety/Block", member.token, idempotency_key=key(), talk_id=member.talk.talk_id).block_id

    # -- the call --

    def set(self, **fields):
        self.body = self.make(**fields)
        return self

    def fresh(self):
        """The same body with a new key."""
        self.body.idempotency_key = key()
        return self

    def act(self, body=None, who=None, token=...):
        """The answer, or of a stream the first message about the call; Failed if it fails."""
        who = who or self.me
        body = body if body is not None else self.body
        token = (who.token if who else None) if token is ... else token
        api = self.operations or who.api
        if not self.streaming:
            return api.call(self.name, token, request=body)
        make, method = api._method(self.name)
        stream = self.keep(Stream(api.protos, method(body, metadata=api._metadata(token))))
        answer = stream.next()
        while getattr(answer, "crisis", None) and answer.HasField("crisis"):  # comes whatever is refused
            answer = stream.next()
        return answer

    def close(self):
        for stream in self.streams:
            stream.cancel()
        for api in self.apis + ([self.operations] if self.operations else []):
            api.close()


# -- the moment before each call: a function per call of the API --

def reads(s, **body):
    s.me = s.member(enrolled=False)
    return s.set(**body)


def stats(s):
    server = s.worlds.main
    s.operations = Api(server.protos, f"unix:{server.data}/operations.sock")
    return s


def claim(member, label, grade=None):
    nonce = member.api.call("Accounts/Challenge").nonce
    more = b"" if grade is None else struct.pack("<H", len(member.pool)) + member.pool.encode() + bytes([grade])
    return {"public_key": member.public, "nonce": nonce, "signature": member._sign(label, nonce, more)}


def enrolling(s, pool="adult", grade=2):
    s.me = s.member(enrolled=False, pool=pool, grade=grade)
    return s.set(idempotency_key=key(), pool=pool, grade=grade, **claim(s.me, b"kindred.v1.enroll", grade))


def logging_in(s):
    s.me = s.member()
    return s.set(**claim(s.me, b"kindred.v1.login"))


def proved(member):
    """A login that binds its token to a proof key."""
    nonce, proof = member.api.call("Accounts/Challenge").nonce, os.urandom(32)
    return {"public_key": member.public, "nonce": nonce, "proof_key": proof,
            "signature": member._sign(b"kindred.v1.login", nonce, proof)}


def pair(member):
    return member.public, member.secret


def rotating(s):
    s.me = s.member()
    fields = s.me.rotation()
    s.second = s.me.rotation(idempotency_key=fields["idempotency_key"])  # to another key
    return s.set(**fields)


def putting(s, role=1):
    s.me = s.member(enrolled=False)
    s.me.enroll()
    s.me.login()
    return s.set(idempotency_key=key(), card=card(s.me, role, s.term), consent_version=info(s.me).consent_version)


def getting_card(s):
    s.me = s.member()
    return s.set(role=1)


def ask(s):
    s.me = s.member()
    return s.set(idempotency_key=key(), **s.me.talk_keys())


def asked(s):
    s.me = s.asking(s.member())
    return s


def raising(s):
    return asked(s).set(idempotency_key=key(), ticket_id=s.me.ticket)


def ended(s):
    s.talking().end()
    return s


def asking_after(s):
    ended(s)
    talk = s.me.mailbox
    return s.set(idempotency_key=key(), after_talk=talk, **s.me.talk_keys())


def bonded(s):
    ended(s)
    for m in (s.me, s.other):
        m.api.call("Talks/Reflect", idempotency_key=key(), capability=m.mailbox, again=True)
    return s


def asking_again(s):
    bonded(s)
    return s.set(idempotency_key=key(), meet_again=s.me.talk.talk_id, **s.me.talk_keys())


def beat(s):
    return asked(s).set(ticket_id=s.me.ticket)


def withdrawing(s):
    return asked(s).set(idempotency_key=key(), ticket_id=s.me.ticket)


def attend(s):
    s.me = s.member()
    return s.set(idempotency_key=key(), capacity=1, rest_ms=1)


def peer_beat(s):
    s.me = s.on_duty(s.member())
    return s.set()


def offered(s):
    s.me, s.other = s.on_duty(s.member()), s.asking(s.member())
    s.offer = s.offer_of(s.me)
    return s


def answering(s):
    offered(s).set(idempotency_key=key(), offer_id=s.offer)
    s.body.decline.SetInParent()
    return s


def accepting(s):
    answering(s)
    keys = s.me.talk_keys()
    s.body.accept.talk_key, s.body.accept.mailbox = keys["talk_key"], keys["mailbox"]
    return s


def capacity(s):
    return peer_beat(s).set(idempotency_key=key(), capacity=1)


def keyed(s):
    return peer_beat(s).set(idempotency_key=key())


def resuming(s):
    peer_beat(s)
    s.me.api.call("Peers/Pause", s.me.token, idempotency_key=key())
    return s.set(idempotency_key=key())


def talking(s):
    return s.talking()


def receiving(s):
    return s.talking().set(capability=s.me.mailbox)


def sending(s):
    return s.talking().set(idempotency_key=key(), capability=s.me.talk.send_capability, ciphertext=b"x")


def acknowledging(s):
    s.talking()
    s.me.api.call("Talks/Send", idempotency_key=key(), capability=s.other.talk.send_capability, ciphertext=b"x")
    return s.set(capability=s.me.mailbox)


def ending(s):
    return s.talking().set(idempotency_key=key(), capability=s.me.mailbox)


def reflecting(s):
    ending(s).end()
    return s.set(idempotency_key=key(), capability=s.me.mailbox, understood=1)


def blocking(s):
    return s.talking().set(idempotency_key=key(), talk_id=s.me.talk.talk_id)


def blocking_offer(s):
    return offered(s).set(idempotency_key=key(), offer_id=s.offer)


def blocked(s):
    s.talking()
    s.blocked = s.block(s.me)
    return s


def unblocking(s):
    return blocked(s).set(idempotency_key=key(), block_id=s.blocked)


def listing(s):
    return blocked(s).set()
