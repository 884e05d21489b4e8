"""bad_table -- every call × every field × everything that can be wrong with it.

To add a call, add a row to TABLE; the suite names each cell that is missing.
A row is Call(scene, fields={...}, ...), its scene a function of bad_scenes.py.

Columns of a field
  absent   left out              empty    there, but the type's zero
  at       at its bound          past     one past it
  wrong    somebody else's
Columns of a call
  same_key       the very same request again
  other_body     the same key, another body (`other`: the fields that differ)
  early, late    before its time, after its time
  no_token, expired   without an access token; with one that has expired
  low, lapsed    by a member below the grade; by one whose grade has expired
  held           by a member on hold
The last five are played with `sample`, a body that names nothing that exists.

A cell is
  OK or (STATUS, REASON)   what comes of it, played as the column says;
  V(value, outcome)        the field set to value, or to value(scene);
  By(play, outcome)        play(scene) does it;
  Cannot(why)              such a thing cannot be.
After all refused cells of a call, played on one scene, the call itself must
succeed there: so none of them changed anything."""
import os
from typing import NamedTuple

import bad_scenes as at_
from world import key

OK = ("OK", "")
INVALID = ("INVALID_ARGUMENT", "INVALID")
NO_KEY = ("INVALID_ARGUMENT", "IDEMPOTENCY_KEY")
REUSED = ("INVALID_ARGUMENT", "IDEMPOTENCY_KEY_REUSED")
CARD = ("INVALID_ARGUMENT", "CARD_INVALID")
CARD_MISSING = ("FAILED_PRECONDITION", "CARD_MISSING")
CARD_VERSION = ("ABORTED", "CARD_VERSION")
CONSENT = ("FAILED_PRECONDITION", "CONSENT")
RECOMPILE = ("FAILED_PRECONDITION", "RECOMPILE_CARD")
VOCABULARY = ("INVALID_ARGUMENT", "VOCABULARY_VERSION")
CAPACITY = ("INVALID_ARGUMENT", "CAPACITY")
NO_LOGIN = ("UNAUTHENTICATED", "UNAUTHENTICATED")
EXPIRED = ("UNAUTHENTICATED", "TOKEN_EXPIRED")
SIGNATURE = ("UNAUTHENTICATED", "BAD_SIGNATURE")
CHALLENGE = ("UNAUTHENTICATED", "CHALLENGE_EXPIRED")
NOT_ENROLLED = ("UNAUTHENTICATED", "NOT_ENROLLED")
ENROLLED = ("ALREADY_EXISTS", "ALREADY_ENROLLED")
CLOSED = ("PERMISSION_DENIED", "ENROLLMENT_CLOSED")
INACTIVE = ("PERMISSION_DENIED", "MEMBER_INACTIVE")
GRADE = ("PERMISSION_DENIED", "GRADE")
NO_TICKET = ("NOT_FOUND", "NO_TICKET")
TICKET_LIVES = ("FAILED_PRECONDITION", "TICKET_LIVES")
MATCHED = ("FAILED_PRECONDITION", "ALREADY_MATCHED")
NO_DUTY = ("FAILED_PRECONDITION", "NOT_ON_DUTY")
NO_OFFER = ("NOT_FOUND", "NO_OFFER")
OFFER_CLOSED = ("FAILED_PRECONDITION", "OFFER_CLOSED")
NO_TALK = ("NOT_FOUND", "NO_TALK")
TALK_ENDED = ("FAILED_PRECONDITION", "TALK_ENDED")
TALK_LIVES = ("FAILED_PRECONDITION", "TALK_LIVES")
REFLECTED = ("FAILED_PRECONDITION", "REFLECTED")
SEQUENCE = ("OUT_OF_RANGE", "SEQUENCE")
TOO_LARGE = ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
NO_RELATION = ("NOT_FOUND", "NO_RELATION")
TICKET_ENDED = ("FAILED_PRECONDITION", "TICKET_ENDED")


class V(NamedTuple):
    value: object
    outcome: tuple


class By(NamedTuple):
    play: object
    outcome: tuple


class Cannot(NamedTuple):
    why: str


class Field(NamedTuple):
    absent: object
    empty: object
    at: object
    past: object
    wrong: object


class Call(NamedTuple):
    scene: object
    fields: dict
    sample: dict
    same_key: object
    other_body: object
    early: object
    late: object
    no_token: object
    expired: object
    low: object
    lapsed: object
    held: object
    other: dict = {}


U32, U64 = 2**32 - 1, 2**64 - 1
ZERO = Cannot("on the wire an empty scalar or list is an absent one")
NOBODYS = Cannot("it names nothing of anybody")
WIDTH = Cannot("its bound is its type: one past it is not a message")
NOT_KEYED = Cannot("no idempotency key: it only reads, or is idempotent by nature")
NO_BEFORE = Cannot("nothing comes before it")
NO_AFTER = Cannot("it never ends to be possible")


# ---- kinds of fields ----

def sized(size, refusal, wrong=NOBODYS):
    """So many bytes and no others; the scene's own are at the bound."""
    return Field(refusal, ZERO, V(lambda s: ..., OK), V(b"x" * (size + 1), refusal), wrong)


def number(absent, at, past, refusal, wrong=NOBODYS):
    return Field(absent, ZERO, V(at, OK), V(past, refusal), wrong)


def any_number(absent, at=U32, wrong=NOBODYS):
    return Field(absent, ZERO, V(at, OK), WIDTH, wrong)


def listed(absent, at, past, wrong=NOBODYS):
    return Field(absent, ZERO, V(at, OK), V(past, CARD), wrong)


def named(refusal, wrong):
    """A random id: the scene's own is there; there is no bound but being one."""
    return Field(refusal, ZERO, V(lambda s: ..., OK), V(4711, refusal), wrong)


FLAG = Field(OK, ZERO, V(True, OK), WIDTH, NOBODYS)
KEY = sized(16, NO_KEY, Cannot("a key counts per member or mailbox: another's is another key"))
LANGUAGE = number(OK, "en-" + "abcdefgh-" * 3 + "abcde", "en-" + "abcdefgh-" * 3 + "abcdef", INVALID)
COUNTRY = number(OK, "US", "USA", INVALID)
TOKENS = lambda absent: Field(absent, ZERO, V(range(10, 18), OK), V(range(10, 19), CARD), NOBODYS)
CAPABILITY = lambda wrong: sized(32, INVALID, V(wrong, NO_TALK))
NOISE = b"n" * 32
K = None  # a new one for each


# ---- who calls: what the last five columns come to ----

def everybody(outcome):
    """No token is looked at: what comes of the sample, whoever calls."""
    return dict(no_token=outcome, expired=outcome, low=outcome, lapsed=outcome, held=outcome)


def members(low, held):
    return dict(no_token=NO_LOGIN, expired=EXPIRED, low=low, lapsed=GRADE, held=held)


def peers(held):
    return members(low=GRADE, held=held)


def reading(scene, sample=None, fields=None, who=None, **more):
    row = dict(scene=scene, fields=fields or {}, sample=sample or {}, same_key=OK, other_body=NOT_KEYED,
               early=NO_BEFORE, late=NO_AFTER)
    return Call(**{**row, **(who or everybody(OK)), **more})


# ---- what cells play ----

def again(s, **change):
    """Once in order, then with a new key and what has changed."""
    s.act()
    s.fresh()
    for name, value in change.items():
        setattr(s.body, name, value)
    s.act()


def after(do):
    return lambda s: (do(s), s.act())


def instead(scene, do=lambda s: s.act()):
    """The same call from another moment."""
    def play(s):
        with s.beside(scene) as there:
            do(there)
    return play


def resigned(**kind):
    return lambda s: at_.enrolling(s, **kind).act()


def whose(scene, take, name):
    """The same call, with what is of somebody in another scene."""
    def play(s):
        with s.beside(scene) as there:
            setattr(s.body, name, take(there))
            s.act()
    return play


TABLE = {
    # ---- accounts ----
    "Accounts/GetServerInfo": reading(at_.reads),
    "Accounts/Challenge": reading(at_.reads, same_key=OK),
    "Accounts/Enroll": Call(
        at_.enrolling, sample={"grade": 2}, same_key=OK, other_body=REUSED, other={"invitation": "another"},
        early=NO_BEFORE, late=By(lambda s: (s.act(), again_enrolled(s)), ENROLLED),
        **{**everybody(INVALID), "held": By(lambda s: again_enrolled(s, s.worlds.held), ENROLLED)},
        fields={
            "idempotency_key": KEY,
            "public_key": sized(32, INVALID, V(lambda s: s.member(enrolled=False).public, SIGNATURE)),
            "pool": Field(By(resigned(pool=""), INVALID), ZERO, By(resigned(pool="p" * 32), CLOSED),
                          By(resigned(pool="p" * 33), INVALID), By(resigned(pool="crisis"), CLOSED)),
            "grade": Field(INVALID, ZERO, V(2, OK), V(4, INVALID), By(resigned(grade=3), CLOSED)),
            "invitation": number(OK, "i" * 64, "i" * 65, INVALID),
            "nonce": sized(32, INVALID, By(lambda s: elsewhere(s, b"kindred.v1.enroll", 2), CHALLENGE)),
            "signature": sized(64, INVALID, V(lambda s: at_.claim(s.member(enrolled=False), b"kindred.v1.enroll", 2)
                                              ["signature"], SIGNATURE)),
        }),
    "Accounts/Login": Call(
        at_.logging_in, sample={}, same_key=CHALLENGE, other_body=NOT_KEYED,
        early=By(lambda s: s.set(**at_.claim(use(s, s.member(enrolled=False)), b"kindred.v1.login")).act(), NOT_ENROLLED),
        late=NO_AFTER, **{**everybody(INVALID), "held": By(
            lambda s: s.act(s.make(**at_.claim(s.worlds.held, b"kindred.v1.login")), s.worlds.held), INACTIVE)},
        fields={
            "public_key": sized(32, INVALID, V(lambda s: s.member().public, SIGNATURE)),
            "nonce": sized(32, INVALID, By(lambda s: elsewhere(s, b"kindred.v1.login"), CHALLENGE)),
            "signature": sized(64, INVALID, V(lambda s: at_.claim(s.member(), b"kindred.v1.login")["signature"],
                                              SIGNATURE)),
            "proof_key": Field(OK, ZERO, By(lambda s: s.set(**at_.proved(s.me)).act(), OK), V(b"p" * 33, INVALID),
                               V(b"p" * 32, SIGNATURE)),
        }),
    "Accounts/RotateKey": Call(
        at_.rotating, sample={}, same_key=OK, other_body=REUSED,
        other={name: lambda s, name=name: s.second[name]
               for name in ("new_public_key", "nonce", "signature", "new_signature")},
        early=By(lambda s: s.set(**use(s, s.member(enrolled=False)).rotation()).act(), NOT_ENROLLED),
        late=By(lambda s: (s.act(), s.set(**s.me.rotation()).act()), NOT_ENROLLED),
        **{**everybody(NO_KEY), "held": By(
            lambda s: s.act(s.make(**s.worlds.held.rotation()), s.worlds.held), INACTIVE)},
        fields={
            "idempotency_key": KEY,
            "public_key": sized(32, INVALID, V(lambda s: s.member(enrolled=False).public, SIGNATURE)),
            "new_public_key": sized(32, INVALID, By(lambda s: s.set(**s.me.rotation(at_.pair(s.member()))).act(), ENROLLED)),
            "nonce": sized(32, INVALID, By(lambda s: s.set(**s.me.rotation(nonce=os.urandom(32))).act(), CHALLENGE)),
            "signature": sized(64, INVALID, V(lambda s: s.second["signature"], SIGNATURE)),
            "new_signature": sized(64, INVALID, V(lambda s: s.second["new_signature"], SIGNATURE)),
        }),

    # ---- vocabularies ----
    "Vocabularies/GetVocabulary": reading(at_.reads, fields={"language": LANGUAGE, "known_version": any_number(OK)}),

    # ---- cards ----
    "Cards/PutCard": Call(
        at_.putting, sample=lambda m: {"idempotency_key": key(), "card": at_.card(m, 1, 9, version=2),
                                       "consent_version": at_.info(m).consent_version},
        same_key=OK, other_body=REUSED, other={"card.version": 2}, early=Cannot("who may log in may put a card"),
        late=By(lambda s: again(s), CARD_VERSION), **members(low=OK, held=INACTIVE),
        fields={
            "idempotency_key": KEY,
            "consent_version": Field(CONSENT, ZERO, V(lambda s: ..., OK),
                                     V(lambda s: at_.info(s.me).consent_version + 1, CONSENT), NOBODYS),
            "card": Field(CARD, CARD, Cannot("its parts have their bounds"), Cannot("its parts have their bounds"),
                          Cannot("a card is its caller's own")),
            "card.role": number(CARD, 2, 3, CARD),
            "card.version": number(CARD, 1, 2, CARD_VERSION),
            "card.vocabulary_version": Field(RECOMPILE, ZERO, V(lambda s: at_.info(s.me).vocabulary_version, OK),
                                             V(lambda s: at_.info(s.me).vocabulary_version + 1, VOCABULARY), NOBODYS),
            "card.have": listed(OK, [{"token": i} for i in range(1, 65)], [{"token": i} for i in range(1, 66)]),
            "card.have.token": any_number(CARD, U64),
            "card.have.show": FLAG,
            "card.seek": listed(OK, [{"importance": 3, "tokens": [i]} for i in range(1, 33)],
                                [{"importance": 3, "tokens": [i]} for i in range(1, 34)]),
            "card.seek.importance": number(CARD, 3, 4, CARD),
            "card.seek.tokens": TOKENS(CARD),
            "card.must": listed(OK, [{"tokens": [i]} for i in range(1, 17)], [{"tokens": [i]} for i in range(1, 18)]),
            "card.must.tokens": TOKENS(CARD),
            "card.must.relax_after_ms": any_number(OK),
            "card.must_not": listed(OK, range(100, 132), range(100, 133)),
        }),
    "Cards/GetCard": reading(
        at_.getting_card, sample={"role": 1}, who=members(low=OK, held=OK), early=By(
            lambda s: s.act(who=use(s, cardless(s))), CARD_MISSING),
        fields={"role": number(INVALID, 2, 3, INVALID, Cannot("a card is its caller's own"))}),

    # ---- support ----
    "Support/Ask": Call(
        at_.ask, sample={"idempotency_key": K, "talk_key": NOISE, "mailbox": NOISE},
        same_key=OK, other_body=REUSED, other={"country": "US"},
        early=By(lambda s: s.act(s.make(idempotency_key=key(), **use(s, cardless(s)).talk_keys())), CARD_MISSING),
        late=By(again, TICKET_LIVES), **members(low=OK, held=INACTIVE),
        fields={
            "idempotency_key": KEY, "danger": FLAG, "country": COUNTRY, "language": LANGUAGE,
            "talk_key": sized(32, INVALID),
            "mailbox": sized(32, INVALID, Cannot("32 secret bytes of the caller; that they are new, the accept sees to")),
            "after_talk": Field(OK, ZERO, By(instead(at_.asking_after), OK), V(b"x" * 33, INVALID),
                                By(whose(at_.ended, lambda s: s.me.mailbox, "after_talk"), NO_TALK)),
            "meet_again": Field(OK, ZERO, By(instead(at_.asking_again), OK), V(4711, NO_TALK),
                                By(whose(at_.bonded, lambda s: s.me.talk.talk_id, "meet_again"), NO_TALK)),
            "meet_again_ms": number(OK, 1800000, 1800001, INVALID),
        }),
    "Support/RaiseDanger": Call(
        at_.raising, sample={"idempotency_key": K, "ticket_id": 4711}, same_key=OK, other_body=REUSED,
        other={"ticket_id": 4711}, early=By(lambda s: s.act(who=use(s, s.member())), NO_TICKET),
        late=By(after(lambda s: s.withdraw()), TICKET_ENDED), **members(low=NO_TICKET, held=NO_TICKET),
        fields={
            "idempotency_key": KEY,
            "ticket_id": named(NO_TICKET, By(whose(at_.asked, lambda s: s.me.ticket, "ticket_id"), NO_TICKET)),
            "country": COUNTRY, "language": LANGUAGE,
        }),
    "Support/Beat": Call(
        at_.beat, sample={"ticket_id": 4711}, same_key=OK, other_body=NOT_KEYED,
        early=By(lambda s: s.act(who=use(s, s.member())), NO_TICKET), late=By(after(lambda s: s.withdraw()), NO_TICKET),
        **members(low=NO_TICKET, held=NO_TICKET),
        fields={"ticket_id": named(NO_TICKET, By(whose(at_.asked, lambda s: s.me.ticket, "ticket_id"), NO_TICKET))}),
    "Support/Withdraw": Call(
        at_.withdrawing, sample={"idempotency_key": K, "ticket_id": 4711},
        same_key=OK, other_body=REUSED, other={"ticket_id": 4711},
        early=By(lambda s: s.act(who=use(s, s.member())), NO_TICKET),
        late=By(instead(at_.talking, lambda s: s.set(idempotency_key=key(), ticket_id=s.me.ticket).act()), MATCHED),
        **members(low=NO_TICKET, held=NO_TICKET),
        fields={
            "idempotency_key": KEY,
            "ticket_id": named(NO_TICKET, By(whose(at_.asked, lambda s: s.me.ticket, "ticket_id"), NO_TICKET)),
        }),
    "Support/GetCrisisResources": reading(at_.reads, fields={"country": COUNTRY, "language": LANGUAGE}),

    # ---- peers ----
    "Peers/Attend": Call(
        at_.attend, sample={"idempotency_key": K}, same_key=OK, other_body=REUSED, other={"capacity": 2},
        early=By(lambda s: s.act(who=use(s, cardless(s))), CARD_MISSING),
        late=By(after(lambda s: s.asking(s.me)), TICKET_LIVES), **peers(held=INACTIVE),
        fields={
            "idempotency_key": KEY,
            "capacity": number(OK, 8, 9, CAPACITY),
            "rest_ms": number(OK, 86400000, 86400001, INVALID),
            "duration_ms": number(OK, 86400000, 86400001, INVALID),
            "talks_per_day": number(OK, 16, 17, INVALID),
        }),
    "Peers/Beat": Call(
        at_.peer_beat, sample={}, fields={}, same_key=OK, other_body=NOT_KEYED,
        early=By(lambda s: s.act(who=use(s, s.member())), NO_DUTY), late=By(after(lambda s: s.leave()), NO_DUTY),
        **peers(held=NO_DUTY)),
    "Peers/Answer": Call(
        at_.answering, sample={"idempotency_key": K, "offer_id": 4711, "decline": {}},
        same_key=OK, other_body=REUSED, other={"accept": {"talk_key": NOISE, "mailbox": NOISE}},
        early=By(lambda s: s.act(who=use(s, s.member())), NO_OFFER), late=By(again, OFFER_CLOSED),
        **peers(held=NO_OFFER),
        fields={
            "idempotency_key": KEY,
            "offer_id": named(NO_OFFER, By(whose(at_.offered, lambda s: s.offer, "offer_id"), NO_OFFER)),
            "accept": Field(By(lambda s: (s.body.ClearField("decline"), s.act()), INVALID), INVALID,
                            By(instead(at_.accepting), OK), Cannot("its parts have their bounds"), NOBODYS),
            "accept.talk_key": sized(32, INVALID),
            "accept.mailbox": sized(32, INVALID, Cannot("32 secret bytes of the caller")),
            "decline": Field(INVALID, OK, Cannot("it has no parts"), Cannot("it has no parts"), NOBODYS),
        }),
    "Peers/SetCapacity": Call(
        at_.capacity, sample={"idempotency_key": K}, same_key=OK, other_body=REUSED, other={"capacity": 2},
        early=By(lambda s: s.act(who=use(s, s.member())), NO_DUTY), late=By(after(lambda s: s.leave()), NO_DUTY),
        **peers(held=NO_DUTY), fields={"idempotency_key": KEY, "capacity": number(OK, 8, 9, CAPACITY)}),
    **{"Peers/" + name: Call(
        scene, sample={"idempotency_key": K}, same_key=OK, other_body=Cannot("there is nothing in the body but the key"),
        early=By(lambda s: s.act(who=use(s, s.member())), early), late=By(after(lambda s: s.leave()), early),
        **peers(held=early), fields={"idempotency_key": KEY})
       for name, scene, early in (("Pause", at_.keyed, NO_DUTY), ("Resume", at_.resuming, NO_DUTY),
                                  ("Leave", at_.keyed, OK))},

    # ---- talks: no token is looked at ----
    "Talks/Receive": reading(
        at_.receiving, sample={"capability": NOISE}, who=everybody(NO_TALK),
        early=Cannot("before the match nobody has a mailbox"), late=By(after(lambda s: s.end()), OK),
        fields={
            "capability": CAPABILITY(lambda s: s.me.talk.send_capability),
            "after_seq": Field(OK, ZERO, By(instead(at_.acknowledging, lambda s: s.act(s.make(
                capability=s.me.mailbox, after_seq=1))), OK), V(1, SEQUENCE), NOBODYS),
        }),
    "Talks/Send": Call(
        at_.sending, sample={"idempotency_key": K, "capability": NOISE, "ciphertext": b"x"},
        same_key=OK, other_body=REUSED, other={"ciphertext": b"another"},
        early=Cannot("before the match nobody has a mailbox"), late=By(after(lambda s: s.end()), TALK_ENDED),
        **everybody(NO_TALK),
        fields={
            "idempotency_key": KEY, "capability": CAPABILITY(lambda s: s.me.mailbox),
            "ciphertext": Field(INVALID, ZERO, V(b"x" * 32768, OK), V(b"x" * 32769, TOO_LARGE), NOBODYS),
        }),
    "Talks/Acknowledge": Call(
        at_.acknowledging, sample={"capability": NOISE}, same_key=OK, other_body=NOT_KEYED,
        early=Cannot("before the match nobody has a mailbox"), late=By(after(lambda s: s.end()), OK),
        **everybody(NO_TALK),
        fields={
            "capability": CAPABILITY(lambda s: s.me.talk.send_capability),
            "up_to_seq": number(OK, 1, 2, SEQUENCE),
        }),
    "Talks/End": Call(
        at_.ending, sample={"idempotency_key": K, "capability": NOISE}, same_key=OK,
        other_body=Cannot("another capability is another scope, and so another key"),
        early=Cannot("before the match nobody has a mailbox"), late=By(again, OK), **everybody(NO_TALK),
        fields={"idempotency_key": KEY, "capability": CAPABILITY(lambda s: s.me.talk.send_capability)}),
    "Talks/Reflect": Call(
        at_.reflecting, sample={"idempotency_key": K, "capability": NOISE}, same_key=OK, other_body=REUSED,
        other={"again": True}, early=By(instead(at_.ending), TALK_LIVES), late=By(again, REFLECTED), **everybody(NO_TALK),
        fields={
            "idempotency_key": KEY, "capability": CAPABILITY(lambda s: s.me.talk.send_capability),
            "understood": number(OK, 2, 3, INVALID), "again": FLAG,
        }),

    # ---- safety ----
    "Safety/Block": Call(
        at_.blocking, sample={"idempotency_key": K, "talk_id": 4711}, same_key=OK, other_body=REUSED,
        other={"talk_id": 4711}, early=By(lambda s: s.act(who=use(s, s.member())), NO_RELATION),
        late=By(lambda s: (s.end(), s.act()), OK), **members(low=NO_RELATION, held=NO_RELATION),
        fields={
            "idempotency_key": KEY,
            "talk_id": Field(INVALID, INVALID, V(lambda s: ..., OK), V(4711, NO_RELATION),
                             By(whose(at_.talking, lambda s: s.me.talk.talk_id, "talk_id"), NO_RELATION)),
            "offer_id": Field(OK, INVALID, By(instead(at_.blocking_offer), OK), V(4711, NO_RELATION),
                              By(whose(at_.offered, lambda s: s.offer, "offer_id"), NO_RELATION)),
        }),
    "Safety/Unblock": Call(
        at_.unblocking, sample={"idempotency_key": K, "block_id": 4711}, same_key=OK, other_body=REUSED,
        other={"block_id": 4711}, early=By(instead(at_.talking, lambda s: s.set(
            idempotency_key=key(), block_id=s.me.talk.talk_id).act()), NO_RELATION), late=By(again, NO_RELATION),
        **members(low=NO_RELATION, held=NO_RELATION),
        fields={
            "idempotency_key": KEY,
            "block_id": named(NO_RELATION, By(whose(at_.blocked, lambda s: s.blocked, "block_id"), NO_RELATION)),
        }),
    "Safety/ListBlocks": reading(
        at_.listing, who=members(low=OK, held=OK),
        fields={"after_block_id": any_number(OK, U64, V(4711, OK)), "page_size": number(OK, 64, 65, INVALID)}),

    # ---- operations, on their own socket ----
    "Operations/Stats": reading(at_.stats),
}


# ---- the longer plays ----

def use(s, member):
    s.me = member
    return member


def cardless(s):
    m = s.member(enrolled=False)
    m.enroll()
    m.login()
    return m


def again_enrolled(s, who=None):
    who = who or s.me
    s.act(s.make(idempotency_key=key(), pool=who.pool, grade=who.grade, **at_.claim(who, b"kindred.v1.enroll", who.grade)), who)


def elsewhere(s, label, grade=None):
    """Signed, but over the nonce of another server."""
    stranger = s.stranger(s.worlds.short)
    stranger.seed, stranger.public, stranger.secret = s.me.seed, s.me.public, s.me.secret
    fields = at_.claim(stranger, label, grade)
    s.body.nonce, s.body.signature = fields["nonce"], fields["signature"]
    s.act()
