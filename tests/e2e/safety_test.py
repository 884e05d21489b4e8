"""safety -- who blocked somebody never meets them again, and nobody learns why.

Blocks by talk and by offer, while they live and after; what the other side is
told; the list, its pages and its bound; and that no crash loosens a block
(DESIGN law 3).  Usage: safety_test.py BUILD_DIR"""
import json
import subprocess
import sys
import time

from world import Check, Member, Server, eventually, key

check = Check()
HAVE = ["heroin", "opioids", "lang:en"]
NO_RELATION = ("NOT_FOUND", "NO_RELATION")
FULL = ("RESOURCE_EXHAUSTED", "BLOCKS_FULL")
NOW = ["--exclude-talked-ms", "0", "--exclude-declined-ms", "0", "--exclude-lapsed-ms", "0"]


def peer(server, **attend):
    p = Member(server).ready(2, have=HAVE)
    return on(p, **attend)


def on(p, **attend):
    p.duty = p.attend(**{"capacity": 8, **attend})
    p.duty.until(lambda m: m.duty.phase == 1)
    return p


def offered(p):
    return p.duty.until(lambda m: len(m.duty.offers) > 0).duty.offers[0].offer_id


def asks(s, **fields):
    s.stream = s.ask(**fields)
    s.ticket = s.stream.until(lambda m: m.WhichOneof("event") == "ticket").ticket.ticket_id
    return s


def seeker(server):
    return Member(server, grade=1).ready(1, have=["heroin"])


def talk(s, p):
    """The two of them, in a talk."""
    asks(s)
    p.talk = p.accept(offered(p)).talk
    s.talk = s.stream.until(lambda m: m.ticket.phase == 2).ticket.talk
    s.stream.end()


def end(m):
    m.api.call("Talks/End", idempotency_key=key(), capability=m.mailbox)


def leave(*members):
    for m in members:
        m.api.call("Peers/Leave", m.token, idempotency_key=key())
        m.duty.end()


def never(s, p, bound=1.2):
    """The seeker waits, the peer is on: and nothing comes of it."""
    asks(s)
    try:
        p.duty.until(lambda m: len(m.duty.offers) > 0, bound)
        return False
    except Exception:
        return True


def withdraw(s):
    s.api.call("Support/Withdraw", s.token, idempotency_key=key(), ticket_id=s.ticket)
    s.stream.end()


def live_talk(server):
    p, s = peer(server), seeker(server)
    talk(s, p)
    gets = p.api.stream("Talks/Receive", capability=p.mailbox)
    gets.until(lambda m: m.WhichOneof("event") == "state")
    one = key()
    id_ = s.block(talk_id=s.talk.talk_id, idempotency_key=one)
    state = gets.until(lambda m: m.WhichOneof("event") == "state" and m.state.phase == 3).state
    check.that("to the other the talk just ended", state.reason == 1 and gets.end() is None, state)
    send = lambda m: m.api.call("Talks/Send", idempotency_key=key(), capability=m.talk.send_capability, ciphertext=b"x")
    for m in (s, p):
        check.fails("nothing more is sent", "FAILED_PRECONDITION", "TALK_ENDED", lambda: send(m))
    check.that("repeated, the same block", s.block(talk_id=s.talk.talk_id, idempotency_key=one) == id_)
    check.that("with a new key, the same block", s.block(talk_id=s.talk.talk_id) == id_)
    check.fails("the key with another body", "INVALID_ARGUMENT", "IDEMPOTENCY_KEY_REUSED",
                lambda: s.block(talk_id=s.talk.talk_id + 1, idempotency_key=one))
    (entry,) = s.blocks()
    check.that("listed by the name and the day", entry.block_id == id_ and entry.their_name == s.talk.their_name and
               entry.day in (int(time.time()) // 86400, int(time.time()) // 86400 - 1), entry)
    check.that("the other's list is empty", p.blocks() == [])
    check.fails("nobody else takes it back", *NO_RELATION, lambda: p.unblock(id_))
    says = dict(capability=p.mailbox, understood=1, again=True)
    p.api.call("Talks/Reflect", idempotency_key=key(), **says)
    s.api.call("Talks/Reflect", idempotency_key=key(), **{**says, "capability": s.mailbox})
    check.that("not even if both would meet again", never(s, p))
    one = key()
    s.unblock(id_, idempotency_key=one)
    s.unblock(id_, idempotency_key=one)
    check.fails("taken back once", *NO_RELATION, lambda: s.unblock(id_))
    check.that("then the list is empty", s.blocks() == [])
    check.that("and they may meet", offered(p) != 0)
    withdraw(s)
    leave(p)


def offer(server):
    """By an offer, by the peer it was made to; the seeker waits on, unknowing."""
    p, s, other = peer(server), seeker(server), peer(server, capacity=0)
    asks(s)
    id_ = offered(p)
    check.fails("not by who did not get it", *NO_RELATION, lambda: other.block(offer_id=id_))
    check.fails("nor by the seeker's guess of a talk", *NO_RELATION, lambda: s.block(talk_id=s.ticket))
    p.block(offer_id=id_)
    p.duty.until(lambda m: len(m.duty.offers) == 0)
    check.fails("it is gone", "FAILED_PRECONDITION", "OFFER_CLOSED", lambda: p.accept(id_))
    (entry,) = p.blocks()
    check.that("listed without a name", entry.block_id == id_ and entry.their_name == "", entry)
    other.api.call("Peers/SetCapacity", other.token, idempotency_key=key(), capacity=1)
    check.that("the seeker is offered on", offered(other) != 0)
    withdraw(s)
    check.that("and never to who blocked", never(s, p))
    withdraw(s)
    leave(p, other)


def names(server):
    """Two names of one person are two entries; both stand, and neither tells."""
    p, s = peer(server), seeker(server)
    talks = []
    for _ in range(2):
        talk(s, p)
        talks.append(s.talk)
        end(s)
    first, second = (s.block(talk_id=t.talk_id) for t in talks)
    check.that("two entries", {b.their_name for b in s.blocks()} == {t.their_name for t in talks} and first != second)
    s.unblock(first)
    check.that("still blocked", never(s, p))
    s.unblock(second)
    check.that("now not", offered(p) != 0)
    withdraw(s)
    leave(p)


def bond(server):
    """A block makes a bond void, for good, and is not told."""
    p, s = peer(server), seeker(server)
    talk(s, p)
    end(s)
    for m in (s, p):
        m.api.call("Talks/Reflect", idempotency_key=key(), capability=m.mailbox, again=True)
    mailbox = s.mailbox
    id_ = p.block(talk_id=p.talk.talk_id)
    check.that("bond or not", never(s, p))
    told = s.api.stream("Talks/Receive", capability=mailbox).until(lambda m: m.state.phase == 3).state
    check.that("and of the block nobody is told", told.bond)
    p.unblock(id_)
    check.that("free again", offered(p) != 0)
    withdraw(s)
    leave(p)


def bound(server):
    """256 blocks; the next is refused and changes nothing, none is dropped."""
    p, ids = peer(server), []
    for i in range(256):
        s = asks(seeker(server))
        ids.append(p.block(offer_id=offered(p)))
        p.duty.until(lambda m: len(m.duty.offers) == 0)
        withdraw(s)
        s.api.close()
    s = asks(seeker(server))
    last = offered(p)
    check.fails("the 257th is refused", *FULL, lambda: p.block(offer_id=last))
    check.that("and the offer stands", p.accept(last).talk.talk_id != 0)
    check.that("all are listed, in order", [b.block_id for b in p.blocks()] == sorted(ids))
    check.that("whatever the page", [b.block_id for b in p.blocks(7)] == sorted(ids))
    check.fails("a page too long", "INVALID_ARGUMENT", "INVALID", lambda: p.blocks(65))
    p.unblock(ids[0])
    p.block(offer_id=last)
    check.that("room for one more", len(p.blocks()) == 256)
    leave(p)


def crashes(server, times):
    """Killed the moment the block is answered, or before: if it was answered
    they never meet again; else it stands whole or not at all."""
    p, s = peer(server), seeker(server)
    standing = 0
    for i in range(times):
        talk(s, p)
        answered = i % 2 == 0
        call = {"idempotency_key": key(), "talk_id": s.talk.talk_id}
        if answered:
            s.block(**call)
        else:
            make, method = s.api._method("Safety/Block")
            method.future(make(**call), metadata=s.api._metadata(s.token), timeout=5)
            time.sleep(0.0005 * (i % 8))
        server.kill()
        server.start()
        for m in (s, p):
            m.reconnect()
            m.login()
        listed = [b.block_id for b in s.blocks()]
        check.that("what was answered is there", not answered or listed, i)
        on(p)
        if listed:
            standing += 1
            check.that("no match after a block was acknowledged", never(s, p, 0.6), i)
            withdraw(s)
            check.that("and its talk is over", not p.duty.call.done() and ended(p, s))
            check.that("repeated, the same block", s.block(**call) == listed[0])
            s.unblock(listed[0])
        else:
            end(s)
    check.that("some stood", standing >= times // 2, standing)
    print(f"{times} kills, {standing} blocks stood")
    leave(p)


def ended(p, s):
    try:
        p.api.call("Talks/Send", idempotency_key=key(), capability=p.talk.send_capability, ciphertext=b"x")
        return False
    except Exception as error:
        return error.reason == "TALK_ENDED"


def commands(server):
    """The command line does it too."""
    home = server.data.parent
    def kindred(*args, who="a"):
        return subprocess.run([server.build / "kindred", *args, "--server", server.target, "--key", home / who],
                              capture_output=True, text=True, timeout=60)
    p = peer(server)
    kindred("enroll")
    kindred("card", "set", "seeker", "--have", "heroin")
    ask = subprocess.Popen([server.build / "kindred", "ask", "--server", server.target, "--key", home / "a"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    p.talk = p.accept(offered(p)).talk
    eventually(lambda: list(home.glob("a.talk-" + "[0-9a-f]" * 16)))
    ask.kill()  # what it keeps of the talk is in that file
    ask.wait()
    name = p.talk.your_name
    done = kindred("block", name)
    check.that("kindred block", done.returncode == 0 and name in done.stdout, done)
    listed = kindred("blocks")
    check.that("kindred blocks", listed.returncode == 0 and name in listed.stdout and
               f"{p.talk.talk_id:016x}" in listed.stdout, listed)
    page = json.loads(kindred("blocks", "--json").stdout)
    check.that("kindred blocks --json", [(b["theirName"], b["blockId"]) for b in page["blocks"]] ==
               [(name, str(p.talk.talk_id))], page)
    check.that("kindred unblock nobody", kindred("unblock", "Nobody Here").returncode == 2)
    back = kindred("unblock", name)
    check.that("kindred unblock", back.returncode == 0, back)
    check.that("nobody is left", "nobody" in kindred("blocks").stdout)
    none = kindred("block", "--offer", "0123456789abcdef")
    check.that("an offer of nobody", none.returncode == 1 and "NO_RELATION" in none.stderr, none)
    leave(p)


build = sys.argv[1]
only = sys.argv[2:]
with Server(build, *NOW) as server:
    for part in (live_talk, offer, names, bond, commands, bound):
        if not only or part.__name__ in only:
            part(server)
    check.that("the server stops in order", server.stop() == 0)
with Server(build, *NOW, "--settle-ms", "0", "--join-ms", "600000") as server:
    if not only or "crashes" in only:
        crashes(server, 40)
check.report()
