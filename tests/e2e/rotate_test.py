"""rotate -- another account key for the same member, by a client that is not
ours and by kindred.

What the old key and its tokens are worth afterwards, also across kill -9; each
refusal; repetitions; and an interruption at each step of kindred rotate.
Usage: rotate_test.py BUILD_DIR."""
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import nacl.bindings as sodium

from world import Check, Failed, Member, Server, key

check = Check()
EXPIRED = ("UNAUTHENTICATED", "TOKEN_EXPIRED")
BUILD = pathlib.Path(sys.argv[1])


def card_of(member):
    return member.api.call("Cards/GetCard", member.token, role=1).card.version


def same_member(server):
    """Card, ticket and open stream stay; the old key and its tokens do not."""
    member, other = (Member(server, grade=1).ready(1, have=["heroin"]) for _ in range(2))
    ask, others = member.ask(), other.ask()
    ticket, theirs = ask.next().ticket.ticket_id, others.next().ticket.ticket_id
    old, old_key = member.token, (member.public, member.secret)
    member.rotate()
    check.that("the stream of the old token ends, and says why", ended(ask) == EXPIRED)
    check.fails("a token of the old key", *EXPIRED, lambda: card_of(member))
    check.fails("nor a beat with it", *EXPIRED, lambda: member.api.call("Support/Beat", old, ticket_id=ticket))
    for _ in range(8):  # whichever loop a connection meets
        api = server.api()
        check.fails("on another connection", *EXPIRED, lambda: api.call("Cards/GetCard", old, role=1))
        api.close()
    check.that("somebody else's token is as good as before", card_of(other) == 1)
    member.login()
    check.that("the card is there", card_of(member) == 1)
    member.api.call("Support/Beat", member.token, ticket_id=ticket)
    again = member.ask_again()
    state = again.next().ticket
    check.that("the ticket is the same", (state.ticket_id, state.phase) == (ticket, 1), state)
    new_key = (member.public, member.secret)
    member.public, member.secret = old_key
    check.fails("the old key is nobody's", "UNAUTHENTICATED", "NOT_ENROLLED", member.login)
    check.fails("and rotates nothing", "UNAUTHENTICATED", "NOT_ENROLLED", member.rotate)
    member.enroll()
    check.that("it may enrol anew", member.login().expires_in_ms > 0)
    check.fails("as somebody without a card", "FAILED_PRECONDITION", "CARD_MISSING", lambda: card_of(member))
    member.public, member.secret = new_key
    member.login()
    check.that("the new key still is the member", card_of(member) == 1)
    second = member.token
    member.rotate()
    check.fails("a second rotation revokes too", *EXPIRED, lambda: member.api.call("Cards/GetCard", second, role=1))
    check.fails("and the first one's tokens stay so", *EXPIRED,
                lambda: member.api.call("Cards/GetCard", old, role=1))
    check.that("a stream that was opened since ends with the second", ended(again) == EXPIRED)
    member.login()
    member.api.call("Support/Withdraw", member.token, idempotency_key=key(), ticket_id=ticket)
    other.api.call("Support/Withdraw", other.token, idempotency_key=key(), ticket_id=theirs)
    check.that("somebody else's went on all the while", others.until(lambda m: m.ticket.phase == 3).ticket.ticket_id == theirs and
               others.end() is None)


def stolen(server):
    """What somebody else asked for with a stolen token does not stand in the way of who has the new key."""
    member = Member(server).ready(2, have=["heroin"])
    member.card(1, have=["heroin"])
    again = ("RESOURCE_EXHAUSTED", "LIMIT_REACHED")
    member.ask().next()
    member.rotate()
    member.login()
    check.that("who asks is to try again", ended(member.ask()) == again)
    check.that("and then waits", member.ask_again().next().ticket.phase == 1)
    member.rotate()
    member.login()
    check.that("as is who goes on duty", ended(member.attend()) == again)
    duty = member.api.stream("Peers/Attend", member.token, **member.attend_fields)
    check.that("and then is", duty.until(lambda m: m.duty.phase == 1))
    member.api.call("Peers/Leave", member.token, idempotency_key=key())
    duty.end()


def ended(stream):
    error = stream.end()
    return error and (error.code, error.reason)


def streams(server):
    """On whichever loop, in whichever protocol: Ask and Attend end; a talk, which needs no token, does not."""
    for _ in range(6):  # whichever loop a connection meets
        peer, seeker = Member(server).ready(2, have=["heroin"]), Member(server, grade=1).ready(1, have=["heroin"])
        duty = peer.attend(capacity=2)
        ask = seeker.ask()
        offer = duty.until(lambda m: m.duty.offers).duty.offers[0].offer_id
        peer.accept(offer)
        talk = ask.until(lambda m: m.ticket.phase == 2).ticket.talk
        duty.until(lambda m: m.duty.talks)
        mine, theirs = (who.api.stream("Talks/Receive", capability=who.mailbox, after_seq=0) for who in (peer, seeker))
        for stream in (mine, theirs):
            stream.until(lambda m: m.WhichOneof("event") == "state" and m.state.phase == 2)
        rotating = server.api()  # on a connection of its own
        new = sodium.crypto_sign_seed_keypair(os.urandom(32))
        rotating.call("Accounts/RotateKey", **peer.rotation(new))
        rotating.close()
        peer.public, peer.secret = new
        check.that("on duty by the old token: over", ended(duty) == EXPIRED)
        seeker.open(talk, True).send(b"are you there?")
        check.that("a talk goes on", mine.until(lambda m: m.WhichOneof("event") == "message").message.seq == 1)
        peer.login()
        again = peer.api.stream("Peers/Attend", peer.token, **peer.attend_fields)
        check.that("on duty as before, with the talk", [t.talk_id for t in again.until(lambda m: m.duty.talks).duty.talks] ==
                   [talk.talk_id])
        peer.api.call("Talks/End", idempotency_key=key(), capability=peer.mailbox)
        peer.api.call("Peers/Leave", peer.token, idempotency_key=key())
        check.that("and it goes off like any", again.until(lambda m: m.duty.phase == 3) and again.end() is None)


def unheard(server):
    """Many rotations at once, none of them of those who wait: nobody of these is cut off."""
    waiting = [Member(server, grade=1).ready(1, have=["heroin"]) for _ in range(6)]
    asks = [who.ask() for who in waiting]
    for ask in asks:
        ask.next()
    busy = Member(server)
    busy.enroll()
    for _ in range(20):
        busy.rotate()
    for who, ask in zip(waiting, asks):
        who.rotate()
        check.that("who rotates is", ended(ask) == EXPIRED)
        who.login()
        again = who.ask_again()
        ticket = again.next().ticket.ticket_id
        who.api.call("Support/Withdraw", who.token, idempotency_key=key(), ticket_id=ticket)
        check.that("and was not before", again.until(lambda m: m.ticket.phase == 3) and again.end() is None)


def refusals(server):
    member, other = Member(server), Member(server)
    member.enroll()
    other.enroll()
    rotate = "Accounts/RotateKey"

    def refused(what, code, reason, new=None, **fields):
        broken = {name: value for name, value in fields.items() if name.endswith("signature")}
        for name in broken:
            fields.pop(name)
        request = {**member.rotation(new, **fields), **broken}
        check.fails(what, code, reason, lambda: member.api.call(rotate, **request))

    for name in ("public_key", "new_public_key", "nonce"):
        for size in (0, 31, 33):
            refused(f"{name} of {size}", "INVALID_ARGUMENT", "INVALID", **{name: bytes(size)})
    for name in ("signature", "new_signature"):
        for size in (0, 63, 65):
            refused(f"{name} of {size}", "INVALID_ARGUMENT", "INVALID", **{name: bytes(size)})
        refused(f"a forged {name}", "UNAUTHENTICATED", "BAD_SIGNATURE", **{name: os.urandom(64)})
    for size in (0, 15, 17):
        refused(f"a key of {size}", "INVALID_ARGUMENT", "IDEMPOTENCY_KEY", idempotency_key=bytes(size))
    refused("a key of zeros", "INVALID_ARGUMENT", "IDEMPOTENCY_KEY", idempotency_key=bytes(16))
    refused("the same key as now", "INVALID_ARGUMENT", "INVALID", (member.public, member.secret))
    refused("another member's key", "ALREADY_EXISTS", "ALREADY_ENROLLED", (other.public, other.secret))
    refused("a nonce not of this server", "UNAUTHENTICATED", "CHALLENGE_EXPIRED", nonce=os.urandom(32))
    theirs = sodium.crypto_sign_seed_keypair(os.urandom(32))
    good = member.rotation(theirs)
    for what, swapped in (("the signatures the other way round", {"signature": good["new_signature"],
                                                                  "new_signature": good["signature"]}),
                          ("one signature twice", {"new_signature": good["signature"]}),
                          ("under another idempotency key", {"idempotency_key": key()}),
                          ("to another key", {"new_public_key": other.public}),
                          ("with another nonce", {"nonce": member.api.call("Accounts/Challenge").nonce})):
        check.fails(what, "UNAUTHENTICATED", "BAD_SIGNATURE",
                    lambda: member.api.call(rotate, **{**good, **swapped}))
    nobody = Member(server)
    check.fails("of nobody", "UNAUTHENTICATED", "NOT_ENROLLED", nobody.rotate)
    check.that("nothing changed", member.login().expires_in_ms > 0)

    member.api.call(rotate, **good)
    member.api.call(rotate, **good)
    again = member.rotation(theirs, idempotency_key=good["idempotency_key"])
    member.api.call(rotate, **again)
    check.that("repeated, as it was or with another challenge, it is answered alike", True)
    further = member.rotation(idempotency_key=good["idempotency_key"])
    check.fails("its key with another new key", "INVALID_ARGUMENT", "IDEMPOTENCY_KEY_REUSED",
                lambda: member.api.call(rotate, **further))
    back = (member.public, member.secret)
    member.public, member.secret = theirs
    check.that("it was done once", member.login().expires_in_ms > 0)
    member.api.call(rotate, **member.rotation(back))
    member.api.call(rotate, **good)  # what somebody recorded while the challenge lives
    member.public, member.secret = back
    check.that("a repetition does not rotate anew", member.login().expires_in_ms > 0)


def survives(server):
    """What was answered holds after a crash, for tokens too."""
    member, other = (Member(server, grade=1).ready(1, have=["heroin"]) for _ in range(2))
    old = member.token
    member.rotate()
    server.kill()
    server.start()
    for who in (member, other):
        who.reconnect()
    check.fails("a token of the old key after a crash", *EXPIRED,
                lambda: member.api.call("Cards/GetCard", old, role=1))
    member.login()
    check.that("the new key is the member", card_of(member) == 1)
    try:  # a server that cannot know whose token it was refuses all of before
        card_of(other)
    except Failed as error:
        check.that("others may have to log in again", (error.code, error.reason) == EXPIRED)
    other.login()
    check.that("and are who they were", card_of(other) == 1)


def kindred(server, *words, code=0):
    done = subprocess.run([BUILD / "kindred", *words, "--server", server.target], capture_output=True, text=True,
                          timeout=60)
    return check.that(f"kindred {' '.join(map(str, words[:1]))} exits {code}", done.returncode == code, done) and done


def command_line(server):
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory) / "key"
        kindred(server, "enroll", "--key", file)
        first = file.read_text()
        token = kindred(server, "login", "--print-token", "--key", file).stdout.strip()
        kindred(server, "rotate", "--key", file)
        second = file.read_text()
        check.that("the file has one other key", second != first and second.count("\n") == 1 and
                   second.startswith("kindred-key-1 ") and file.stat().st_mode & 0o777 == 0o600)
        api = server.api()
        check.fails("its old tokens are worth nothing", *EXPIRED, lambda: api.call("Cards/GetCard", token, role=1))
        kindred(server, "login", "--key", file)

        # Interrupted before the server heard of it: the next key is in the file.
        third = "kindred-nxt-1 " + os.urandom(32).hex() + "\n"
        file.write_text(second + third)
        kindred(server, "login", "--key", file)
        kindred(server, "rotate", "--key", file)
        now = "kindred-key-1 " + third.split()[1] + "\n"
        check.that("it goes on with the key that was there", file.read_text() == now)
        kindred(server, "login", "--key", file)

        # Interrupted after the server had done it.
        file.write_text(second + third)
        said = kindred(server, "login", "--key", file, code=1)
        check.that("and says what to do", said and "kindred rotate" in said.stderr, said)
        kindred(server, "rotate", "--key", file)
        check.that("it finds out", file.read_text() == now)
        kindred(server, "login", "--key", file)

        server.kill()
        before = file.read_text()
        kindred(server, "rotate", "--key", file, code=3)
        kept = file.read_text()
        check.that("a server that is not there loses no key", kept.startswith(before) and kept.count("\n") == 2)
        server.start()
        kindred(server, "rotate", "--key", file)
        check.that("and then it is done", file.read_text().split()[1] == kept.split()[3])
        kindred(server, "login", "--key", file)


def killed(server):
    """kill -9 somewhere in a rotation: one key of the file is the member's, and the next run finds which."""
    chance, states, cut = random.Random(20), set(), 0
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory) / "key"
        kindred(server, "enroll", "--key", file)
        began = time.monotonic()
        kindred(server, "rotate", "--key", file)
        whole = time.monotonic() - began
        for _ in range(30):
            before = file.read_text()
            process = subprocess.Popen([BUILD / "kindred", "rotate", "--key", file, "--server", server.target],
                                       stdout=subprocess.DEVNULL)
            time.sleep(chance.random() * whole)
            process.kill()
            cut += process.wait() != 0
            after = file.read_text()
            states.add((after == before, after.count("\n")))
            lines = after.splitlines()
            check.that("the file is whole", len(lines) in (1, 2) and all(len(line) == 78 for line in lines), after)
            check.that("and a key is not lost before another is there", len(lines) == 1 or lines[0] == before.split("\n")[0])
            kindred(server, "rotate", "--key", file)
            kindred(server, "login", "--key", file)
    check.that("it was killed, and not always at the same place", cut > 0 and len(states) > 1, cut, states)


with Server(sys.argv[1], "--loops", "3") as world:
    for part in (same_member, stolen, streams, unheard, refusals, survives, command_line, killed):
        check.runs(part, world)
    check.that("stops in order", world.stop() == 0)
check.report()
