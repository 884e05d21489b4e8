"""record -- a server that records, is killed, and is run again (cli/replay laws 1 and 2).

Several people meet on a server with --record; it is killed with kill -9.  What is left replays to the same
effects, cut at any place too; a changed byte is refused and a changed effect named; nothing of the database is
in it; and the day runs again under other settings.  Then: a file that is there is left alone, a bound is kept,
and a stop in order is told from a kill.  Usage: record_test.py BUILD_DIR"""
import json
import pathlib
import re
import shutil
import sqlite3
import stat
import struct
import subprocess
import sys
import tempfile
import time

from world import Check, Member, Server, key, term

check = Check()
BUILD = pathlib.Path(sys.argv[1])
TERMS = ["heroin", "opioids", "veteran", "lang:en", "ptsd", "substance"]
START, HEAD, TAIL = 16, 24, 8
MASK = (1 << 64) - 1


def kindred(*args, given=b""):
    done = subprocess.run([BUILD / "kindred", *map(str, args)], input=given, capture_output=True, timeout=120)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def line(said, name):
    found = re.search(rf"^ *{name} +(.*)$", said, re.M)
    return found[1] if found else ""


# --- people ---

def story(server, keys):
    """Three talks, a decline, one who gives up and one who still waits."""
    def a_key():
        keys.append(key())
        return keys[-1]

    # no two peers are equal: among equals a simulation draws anew who is first
    peers = [Member(server).ready(2, have=[t for t in TERMS if t != lacks], show=TERMS[:2])
             for lacks in ("", "ptsd", "veteran")]
    wish = [("heroin", 3), ("veteran", 2), ("ptsd", 1)]
    seekers = [Member(server, grade=1).ready(1, have=TERMS, seek=wish, must=["lang:en"], show=TERMS)
               for _ in range(3)]
    duties = [peer.attend(capacity=1, rest_ms=1000) for peer in peers]
    for duty in duties:
        duty.next()
    answers = 0
    for number, seeker in enumerate(seekers):
        stream, open_offer = seeker.ask(danger=number == 1, country="DE", language="de"), None
        declined = number != 0
        while True:
            offered = None
            for peer, duty in zip(peers, duties):
                while not duty.queue.empty():
                    message = duty.next()
                    if message.duty.offers:
                        offered = (peer, message.duty.offers[0].offer_id)
            if offered is None or offered[1] == open_offer:
                time.sleep(0.02)
                continue
            peer, open_offer = offered
            time.sleep(1.3)  # slower than the offers of a policy that is tried below
            answers += 1
            if not declined:
                declined = True
                peer.decline(open_offer)
                continue
            peer.accept(open_offer)
            keys.append(peer.answer_request.idempotency_key)
            break
        talk = stream.until(lambda m: m.ticket.phase == 2).ticket.talk
        box = seeker.open(talk, True).receive(), peer.api.stream("Talks/Receive", capability=peer.mailbox, after_seq=0)
        time.sleep(0.5)
        seeker.api.call("Talks/End", idempotency_key=a_key(), capability=seeker.mailbox)
        seeker.api.call("Talks/Reflect", idempotency_key=a_key(), capability=seeker.mailbox, understood=1, again=False)
        for stream in box:
            stream.cancel()
        time.sleep(1.2)  # the rest
    for number, duty in enumerate(duties):
        duty.cancel()
        peers[number].api.call("Peers/Leave", peers[number].token, idempotency_key=a_key())
    gone, waits = (Member(server, grade=1).ready(1, have=TERMS) for _ in range(2))
    ticket = gone.ask().until(lambda m: m.ticket.ticket_id).ticket.ticket_id
    gone.api.call("Support/Withdraw", gone.token, idempotency_key=a_key(), ticket_id=ticket)
    waits.ask().next()
    return peers + seekers + [gone, waits], answers


# --- the file ---

def needles(server):
    """Whatever of the database is large enough to name somebody or some moment."""
    with tempfile.TemporaryDirectory() as folder:
        for path in server.data.glob("kindred.db*"):
            shutil.copy(path, folder)
        base = sqlite3.connect(pathlib.Path(folder) / "kindred.db")
        tables = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in tables:
            for row in base.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, int) and abs(value) > 1 << 32 and value != -1:
                        found.setdefault(struct.pack("<q", value), f"a number of {table}")
                    elif isinstance(value, bytes) and len(value) >= 16:
                        found[value[:16]] = f"bytes of {table}"
                        found[value[-16:]] = f"bytes of {table}"
        base.close()
    return found


def hits(found, hay):
    return sorted({name for needle, name in found.items() if needle in hay or needle[::-1] in hay})


def mix(x):
    x = (x + 0x9e3779b97f4a7c15) & MASK
    x = ((x ^ x >> 30) * 0xbf58476d1ce4e5b9) & MASK
    x = ((x ^ x >> 27) * 0x94d049bb133111eb) & MASK
    return x ^ x >> 31


def check_of(value, data):
    value = mix(value ^ len(data))
    for at in range(0, len(data), 8):
        value = mix(value ^ int.from_bytes(data[at:at + 8], "little"))
    return value


def blocks(raw):
    """(offset, payload) of each whole block."""
    at, found = START, []
    while at + HEAD <= len(raw):
        size = struct.unpack_from("<I", raw, at + 4)[0]
        if at + HEAD + size + TAIL > len(raw):
            break
        found.append((at, raw[at + HEAD:at + HEAD + size]))
        at += HEAD + size + TAIL
    return found


def changed(raw, number, change):
    """The same file, its checks right, but what block `number` holds is changed."""
    value, out = check_of(0, raw[:START]), raw[:START]
    for n, (at, body) in enumerate(blocks(raw)):
        value = check_of(value, raw[at:at + 16])
        if n <= number:
            check.that("the layout is as its header says", struct.pack("<Q", value) == raw[at + 16:at + HEAD], n)
        out += raw[at:at + 16] + struct.pack("<Q", value)
        body = change(bytearray(body)) if n == number else body
        value = check_of(value, bytes(body))
        out += bytes(body) + struct.pack("<Q", value)
    return out


def flip(at):
    def change(body):
        body[at] ^= 1
        return body
    return change


# --- the tests ---

def replays(folder, path, answers):
    effects, workload = folder / "effects.jsonl", folder / "workload.jsonl"
    code, said, wrong = kindred("replay", path, "--effects", effects, "--workload", workload)
    check.that("it replays to the same", code == 0 and "the same" in said, code, said, wrong)
    check.that("and was killed", "killed" in line(said, "end"), said)
    check.that("the acts are counted", [line(said, word) for word in ("ask", "attend", "withdraw", "leave")] ==
               ["5", "3", "1", "3"] and line(said, "answer") == str(answers), said)
    told = [json.loads(text) for text in effects.read_text().splitlines()]
    offers = [one for one in told if one.get("command") == "offer"]
    check.that("effects in small numbers", len(told) == int(re.search(r"^effects +(\d+)$", said, re.M)[1]) and
               all(0 < one["offer"] < 10000 for one in offers) and len(offers) >= answers, len(told), offers[:1])
    check.that("for their owner alone", all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in (effects, workload)))
    before = effects.read_bytes()
    code, said, wrong = kindred("replay", path, "--effects", effects)  # law 2
    check.that("no file is written over", code == 2 and effects.read_bytes() == before, code, wrong)
    return workload


def refuses(folder, raw):
    broken = folder / "broken"

    def replay(data):
        broken.write_bytes(data)
        return kindred("replay", broken)

    last = blocks(raw)[-1][0]
    for cut in (last + 1, last + HEAD, last + HEAD + 3, len(raw) - 1):
        code, said, wrong = replay(raw[:cut])
        check.that("cut off, it is read to there", code == 0 and f"the last {cut - last} bytes" in line(said, "end"),
                   cut, code, said, wrong)
    for at in (3, 9, 20, 45, len(raw) // 2, last + 4, len(raw) - 1):
        code, said, wrong = replay(raw[:at] + bytes([raw[at] ^ 0x10]) + raw[at + 1:])
        check.that("a changed byte is refused, with its place", code == 2 and re.search(
            r"block at byte \d+, after event \d+: ", wrong) and not said, at, code, said, wrong)
        check.that("and by simulate", kindred("simulate", broken)[0] == 2, at)
    code, said, wrong = replay(changed(raw, 0, flip(0)))
    check.that("other limits are another make", code == 2 and "another table of limits" in wrong, code, wrong)
    code, said, wrong = replay(changed(raw, 0, flip(15)))
    check.that("a bound is said", code == 2 and re.search(r"the tickets of an engine: at most 1000000", wrong), code, wrong)
    code, said, wrong = replay(changed(raw, len(blocks(raw)) - 1, flip(-1)))
    check.that("another effect is named", code == 1 and re.search(r"DIFFERENT +first in event \d+ \(\w+\)", said),
               code, said, wrong)
    check.that("and is no day to simulate", kindred("simulate", broken)[0] == 2)
    check.that("nothing is no recording", replay(b"")[0] == 2 and kindred("replay", folder / "none")[0] == 2)


def simulates(folder, path, workload, answers):
    logs = [folder / f"log{n}" for n in range(5)]
    logs[1].touch(0o644)
    runs = [kindred("simulate", path, "--log", logs[0]), kindred("simulate", path, "--log", logs[1]),
            kindred("simulate", path, "--set", "offer_ms=1000", "--set", "exclude_lapsed_ms=0", "--log", logs[2]),
            kindred("simulate", workload, "--set", "show_min=1", "--set", "offer_ms=29000", "--log", logs[3])]
    check.that("the day runs", all(code == 0 for code, _, _ in runs), runs)
    first, other = (json.loads(runs[n][1]) for n in (0, 2))
    check.that("it is the day that was", first["tickets"] == 5 and first["matched"] == 3 and
               first["offers"] == answers and first["declined"] == 1, first)
    check.that("twice the same", logs[0].read_bytes() == logs[1].read_bytes())
    check.that("its workload under its policy is the same day", logs[0].read_bytes() == logs[3].read_bytes())
    check.that("under another policy another", other["lapsed"] > 0 and other["matched"] < 3, other)
    code, said, wrong = kindred("simulate", "-", "--log", logs[4], "--json", "--set", "top_k=20", "--compare",
                                "offer_ms=1000", "--compare", "exclude_lapsed_ms=0", given=path.read_bytes())
    compared = pathlib.Path(f"{logs[4]}.compare")
    check.that("whose log is the owner's alone, even where a file was", all(
        log.stat().st_mode & 0o777 == 0o600 for log in (*logs[:3], logs[4], compared)), *(log.stat() for log in logs))
    check.that("a pipe can bring it", code == 0 and logs[4].read_bytes() == logs[0].read_bytes(), code, wrong)
    check.that("beside another policy", compared.read_bytes() == logs[2].read_bytes(), said)


def private(server, path, keys, people):
    raw, found = path.read_bytes(), needles(server)
    for name in TERMS:
        found[struct.pack("<Q", term(name))] = "a term's token"
    for one in keys:
        found[one[:8]] = found[one[8:]] = "half of an idempotency key"
    for one in people:
        found[one.public] = "an account key"
        found[one.mailbox if hasattr(one, "mailbox") else one.public] = "a capability"
    check.that("there is something to search for", len(found) > 100, len(found))
    check.that("nothing of the database is in it", not hits(found, raw), hits(found, raw))
    member = next(n for n, name in found.items() if name == "a number of member")
    check.that("planted, it is found", hits(found, raw + b"!" + member) == ["a number of member"], hits(found, raw + member))
    check.that("nor of the engine's in the log", not hits(found, server.log.read_bytes()))


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    path = folder / "first"
    with Server(BUILD, "--show-min", "1", "--offer-ms", "29000", "--record", path) as server:
        sent = []
        people, answers = story(server, sent)
        time.sleep(0.3)
        server.kill()
        check.that("it is its owner's", stat.S_IMODE(path.stat().st_mode) == 0o600)
        raw = path.read_bytes()
        replays_to = replays(folder, path, answers)
        refuses(folder, raw)
        simulates(folder, path, replays_to, answers)
        private(server, path, sent, people)

        server.start()  # the same file: it is left alone, and people are served
        check.that("a file that is there is left alone", path.read_bytes() == raw)
        log = server.log.read_text()
        check.that("and it is said", "nothing is recorded: there is such a file already" in log and
                   re.search(r"the recording ended 1: there is such a file", log), log[-600:])
        late = Member(server).ready(2, have=TERMS)
        late.attend().next()
        server.kill()

        second = folder / "second"
        server.flags = ("--show-min", "1", "--record", second)
        server.start()
        check.that("stops in order", server.stop() == 0)
        code, said, wrong = kindred("replay", second)
        check.that("what lived is loaded, and the end is said", code == 0 and int(line(said, "load") or 0) > 0 and
                   line(said, "end") == "the server stopped", said, wrong)

        third = folder / "third"
        server.flags = ("--record", third, "--record-bytes-max", "4096")
        server.start()
        for _ in range(6):
            Member(server).ready(2, have=TERMS).attend().next()
        code, said, wrong = kindred("replay", third)
        check.that("it stops at its size, and the server goes on", code == 0 and third.stat().st_size <= 4096 and
                   line(said, "end") == "the size it was given", said, wrong)
        check.that("and that is in the log", "the recording ended 1: a limit is reached" in server.log.read_text())
        check.that("and it stops in order", server.stop() == 0)
    check.that("no help without this", "lined up" in kindred("replay", "--help")[1])
check.report()
