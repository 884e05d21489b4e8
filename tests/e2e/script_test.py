"""script_test -- `kindred` as scripts use it: --json, and `kindred call`.

What is printed is held against the protos by a JSON reader that is not ours;
every call of the API has a name; what another writes reaches no terminal raw,
in JSON neither.  Usage: script_test.py BUILD_DIR"""
import base64
import contextlib
import fcntl
import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading

from google.protobuf import json_format

from world import PATIENCE, Check, Member, Server, eventually, key

check = Check()
NO_JSON = {"demo", "dev", "replay", "completion", "man"}
STARTED = []  # processes: none outlives the test
HOME = tempfile.TemporaryDirectory(prefix="kindred-e2e-")
# What a terminal would obey: CSI, OSC 52, C1 as UTF-8, a turned line, its end; and what it would not show.
EVIL = "\x1b[31mred\x1b]52;c;AAAA\x07 \x9b2J \u202eturned\u2066\u2028 \U000e0041 hid\u200bden\u2060 漢字 é"


class Running:
    """A command that runs; its lines, each waited for no longer than PATIENCE."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def line(self):
        return self.lines.get(timeout=PATIENCE)

    def rest(self):
        while line := self.line():
            yield line

    def say(self, *lines):
        self.process.stdin.write("".join(line + "\n" for line in lines))
        self.process.stdin.flush()

    def end(self, how=None):
        if how:
            self.process.send_signal(how)
        self.process.stdin.close()
        return self.process.wait(PATIENCE)


class Script:
    """One key, and commands with it."""

    def __init__(self, world, name):
        self.world, self.key = world, pathlib.Path(HOME.name) / f"{name}-key"
        self.environment = {**os.environ, "KINDRED_SERVER": world.target, "HOME": HOME.name}

    def command(self, *words, key=True):
        return [self.world.build / "kindred", words[0], *(["--key", self.key] if key else []), *words[1:]]

    def run(self, *words, text=None, key=True):
        done = subprocess.run(self.command(*words, key=key), env=self.environment, input=text, text=True,
                              capture_output=True, timeout=PATIENCE)
        return done.returncode, done.stdout, done.stderr

    def start(self, *words, key=True):
        STARTED.append(Running(self.command(*words, key=key), self.environment))
        return STARTED[-1]

    def says(self, kind, *words, **more):
        """Each line of what it prints, read strictly as that message; the exit status is 0."""
        code, out, err = self.run(*words, "--json", **more)
        messages = [self.read(kind, line) for line in out.splitlines()]
        check.that(f"{words[:2]}: {kind} alone, and 0", code == 0 and not err and messages, code, out[:300], err)
        return messages

    def read(self, kind, line):
        message = json_format.Parse(line, self.world.protos.message(kind)(), descriptor_pool=self.world.protos.pool)
        again = json_format.MessageToDict(message, descriptor_pool=self.world.protos.pool)
        check.that(f"{kind} is canonical", json.loads(line) == again, line[:300], again)
        return message

    def fails(self, what, status, code, reason, *words, **more):
        done, out, err = self.run(*words, "--json", **more)
        try:
            said = json.loads(err)
        except ValueError:
            said = {}
        check.that(what, (done, out, said.get("code"), said.get("reason")) == (status, "", code, reason) and
                   set(said) == {"code", "reason", "message"} and said["message"], done, out, err)


def messages(world):
    nobody = Script(world, "nobody")
    check.that("info", nobody.says("GetServerInfoResponse", "info")[0].pools[0].name == "adult")
    check.that("health", nobody.says("grpc.health.v1.HealthCheckResponse", "health")[0].status == 1)
    check.that("crisis", nobody.says("GetCrisisResourcesResponse", "crisis", "us")[0].resources.known)
    check.that("vocabulary", len(nobody.says("GetVocabularyResponse", "vocabulary")[0].terms) > 500)
    found = nobody.says("Term", "vocabulary", "search", "opioid")
    check.that("what was found, a line each", {"opioid", "opioid-rx"} <= {term.id for term in found})
    check.that("stats", nobody.says("StatsResponse", "stats", "--socket", world.data / "operations.sock")[0].counters)
    person = Script(world, "person")
    check.that("enroll", person.says("EnrollResponse", "enroll")[0].grade == 1)
    check.that("login", person.says("LoginResponse", "login")[0].access_token)
    check.that("card set", person.says("PutCardResponse", "card", "set", "seeker", "--show", "heroin")[0].version == 1)
    check.that("card show", person.says("GetCardResponse", "card", "show", "seeker")[0].card.have[0].show)
    check.that("rotate", person.says("RotateKeyResponse", "rotate"))
    check.that("blocks", not person.says("ListBlocksResponse", "blocks")[0].blocks)
    ask = person.start("ask", "--json")
    check.that("searching", person.read("AskResponse", ask.line()).ticket.phase == 1)
    crisis, raised = person.says("RaiseDangerResponse", "danger", "--country", "us")
    check.that("danger: who helps at once, then what came of it", crisis.crisis.known and raised.outcome == 1, raised)
    check.that("and the ask is told", person.read("AskResponse", ask.line()).ticket.danger)
    ask.end(signal.SIGKILL)
    check.that("withdraw", person.says("WithdrawResponse", "withdraw"))


def kept_first(world):
    """What a line says is on disk before the line can be read: also while nobody reads it."""
    seeker, peer = Script(world, "kept"), Script(world, "kept-peer")
    check.that("ready", all(person.run("enroll", "--grade", grade)[0] == 0 and
                            person.run("card", "set", role, "--show", "bipolar")[0] == 0
                            for person, role, grade in ((seeker, "seeker", "member"), (peer, "peer", "peer"))))
    with stuck(seeker, "ask", "--json") as output:
        check.that("the ticket is on disk", eventually(lambda: seeker.run("danger")[0] == 0))
        check.that("and then it is shown", seeker.read("AskResponse", output()()).ticket.phase == 1)
    duty, ask = peer.start("attend", "--json"), seeker.start("ask", "--json")
    offer = None
    while not offer:
        offer = peer.read("AttendResponse", duty.line()).duty.offers
    ask.end(signal.SIGKILL)
    with stuck(peer, "answer", str(offer[0].offer_id), "accept", "--json") as output:
        check.that("the peer's talk is on disk", eventually(lambda: list(peer.key.parent.glob(peer.key.name + ".talk-*"))))
        check.that("and then it is shown", peer.read("AnswerResponse", output()()).talk.talk_id)
    with stuck(seeker, "ask", "--json") as output:
        check.that("the seeker's talk is on disk", eventually(lambda: list(seeker.key.parent.glob(seeker.key.name + ".talk-*"))))
        check.that("and what was asked is not any more", eventually(lambda: not os.path.exists(f"{seeker.key}.ask")))
        check.that("and then it is shown", seeker.read("AskResponse", output()()).ticket.phase == 2)
    check.that("the talk is ended", seeker.run("talk", text="/end\n")[0] == 0 and peer.run("leave")[0] == 0)
    duty.end(signal.SIGKILL)


@contextlib.contextmanager
def stuck(person, *words):
    """A command whose output has no room until the function is called, which gives one that reads its lines."""
    read, write = os.pipe()
    size = fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    os.write(write, b"\n" * size)
    process = subprocess.Popen(person.command(*words), env=person.environment, stdin=subprocess.PIPE, stdout=write,
                               stderr=subprocess.DEVNULL)
    os.close(write)

    def output():
        lines = os.fdopen(read, "rb")
        return lambda: next(line for line in lines if line.strip()).decode()
    try:
        yield output
    finally:
        process.kill()
        process.wait()


def all_but(world):
    """Who prints messages takes --json; who does not says so: nothing is left out by silence."""
    person = Script(world, "all")
    names = re.findall(r"^  (\w+) +\S", person.run("help", key=False)[1].split("To ask:")[0], re.M)
    without = {name for name in names if "--json" not in person.run("help", name, key=False)[1]}
    check.that("all commands but these take --json", len(names) > 20 and without == NO_JSON, names, without)


def failures(world):
    person = Script(world, "failing")
    person.fails("no key", 2, "NOT_FOUND", "KEY_FILE_MISSING", "ask")
    person.fails("usage", 2, "INVALID_ARGUMENT", "USAGE", "ask", "--nosuch")
    person.fails("a word too many", 2, "INVALID_ARGUMENT", "USAGE", "talk", "a", "b")
    person.fails("no messages, no --json", 2, "INVALID_ARGUMENT", "USAGE", "demo")
    person.fails("nobody there", 3, "UNAVAILABLE", "UNREACHABLE", "health", "--server", "127.0.0.1:1")
    check.that("enroll", person.run("enroll")[0] == 0)
    person.fails("refused", 1, "ALREADY_EXISTS", "ALREADY_ENROLLED", "enroll")
    person.fails("refused, of a stream", 1, "FAILED_PRECONDITION", "CARD_MISSING", "ask", text="")
    person.fails("danger, and nobody asks", 2, "INVALID_ARGUMENT", "USAGE", "danger")
    person.fails("a block without a talk", 2, "INVALID_ARGUMENT", "USAGE", "block")
    person.fails("an id is a decimal number", 2, "INVALID_ARGUMENT", "USAGE", "ask", "--meet-again", "00000000000000ff")
    code, _, err = person.run("enroll")
    check.that("without --json it is a sentence", code == 1 and err.startswith("kindred: ") and "ALREADY_ENROLLED" in err)
    gone = subprocess.Popen(person.command("vocabulary", "--json", key=False), env=person.environment,
                            stdout=subprocess.PIPE)
    gone.stdout.close()
    check.that("nobody reads any more: it ends, with 2", gone.wait(PATIENCE) == 2)


def story(world):
    """Ask, attend and talk, as JSON lines."""
    seeker, peer = Script(world, "seeker"), Script(world, "peer")
    for person, role, grade in ((seeker, "seeker", "member"), (peer, "peer", "peer")):
        check.that("ready", person.run("enroll", "--grade", grade)[0] == 0 and
                   person.run("card", "set", role, "--show", "heroin", "--seek", "heroin")[0] == 0)
    duty, ask = peer.start("attend", "--json"), None
    check.that("on duty", peer.read("AttendResponse", duty.line()).duty.phase == 1)
    ask = seeker.start("ask", "--danger", "--country", "US", "--json")
    check.that("crisis resources first", seeker.read("AskResponse", ask.line()).crisis.known)
    check.that("then the ticket", seeker.read("AskResponse", ask.line()).ticket.phase == 1)
    offer = peer.read("AttendResponse", duty.line()).duty.offers[0].offer_id
    answer = peer.start("answer", str(offer), "accept", "--json")
    talk = peer.read("AnswerResponse", answer.line()).talk
    mine = seeker.read("AskResponse", ask.line()).ticket.talk
    check.that("an offer is answered by the number it was shown with", talk.talk_id == mine.talk_id)
    ask.say("héllo")
    heard = None
    for line in answer.rest():
        got = json.loads(line)
        if "text" in got:
            heard = got
            break
        peer.read("ReceiveResponse", line)
    check.that("what was said is plain, once", heard == {"from": talk.their_name, "text": "héllo"}, heard)
    ask.say("/end")
    rest = [seeker.read("ReceiveResponse", line) for line in ask.rest()]
    check.that("the end is told", rest and rest[-1].state.reason == 1, rest)
    check.that("both end 0", ask.end() == 0 and answer.end() == 0)
    check.that("reflect", seeker.says("ReflectResponse", "reflect", "yes", "--again", "--talk", str(mine.talk_id)))
    seeker.fails("not both said so", 1, "FAILED_PRECONDITION", "NO_BOND", "ask", "--meet-again", str(mine.talk_id), text="")
    block = seeker.says("BlockResponse", "block", str(mine.talk_id))[0].block_id
    listed = seeker.says("ListBlocksResponse", "blocks")[0].blocks
    check.that("blocks", [(b.block_id, b.their_name) for b in listed] == [(block, mine.their_name)], listed)
    seeker.fails("nobody of that name", 2, "INVALID_ARGUMENT", "USAGE", "unblock", "Nobody")
    check.that("unblock", seeker.says("UnblockResponse", "unblock", mine.their_name))
    check.that("block by the name", peer.says("BlockResponse", "block", talk.their_name))
    check.that("unblock by the id", peer.says("UnblockResponse", "unblock", str(talk.talk_id)))
    check.that("leave", peer.says("LeaveResponse", "leave"))
    check.that("and the duty ends", duty.end() == 0)


def evil(world):
    """A client that is not ours writes what a terminal would obey."""
    seeker = Script(world, "evil-seeker")
    check.that("ready", seeker.run("enroll")[0] == 0 and
               seeker.run("card", "set", "seeker", "--show", "ptsd", "--must", "veteran")[0] == 0)
    peer = Member(world).ready(2, have=["ptsd", "veteran"])
    for form in ("--json", None):
        duty = peer.attend()
        ask = seeker.start("ask", *([form] if form else []))
        talk = peer.open(peer.accept(duty.until(lambda m: len(m.duty.offers) > 0).duty.offers[0].offer_id).talk, False)
        inbox = talk.receive()
        inbox.until(lambda m: m.state.phase == 2)
        talk.send(EVIL.encode())
        talk.send(b"\x9b31m\xff not UTF-8")
        peer.api.call("Talks/End", idempotency_key=key(), capability=peer.mailbox)
        out = "".join(ask.rest())
        heard = [c for c in out if (ord(c) < 32 and c != "\n") or 0x7f <= ord(c) < 0xa0 or
                 c in "\u202e\u2066\u2028\U000e0041\u200b\u2060"]
        check.that(f"no control reaches the output ({form})", not heard and "漢字 é" in out and (form or "hidden 漢字" in out), heard)
        if form:
            said = [json.loads(line).get("text") for line in out.splitlines()]
            check.that("a script gets the very text", EVIL in said, said)
        peer.api.call("Peers/Leave", peer.token, idempotency_key=key())
        for side in (seeker, peer):
            if side is seeker:
                check.that("reflect", seeker.run("reflect", "yes", "--again")[0] == 0)
            else:
                peer.api.call("Talks/Reflect", idempotency_key=key(), capability=peer.mailbox, understood=1, again=True)


def calls(world):
    person = Script(world, "calls")
    code, out, _ = person.run("call", key=False)
    listed = {line.split()[0]: line.endswith("stream") for line in out.splitlines()}
    check.that("every call of the API is listed", code == 0 and listed == {
        name: method.server_streaming for name, method in world.protos.methods.items()}, out)
    for name, text in (("Accounts/GetServerInfo", []), ("kindred.v1.Accounts/GetServerInfo", ["{}"]),
                       ("/kindred.v1.Accounts/GetServerInfo", ["-"])):
        code, out, err = person.run("call", name, *text, key=False, text="{}")
        check.that(f"{name} is answered", code == 0 and person.read("GetServerInfoResponse", out).name, err)
    check.that("enroll", person.run("enroll")[0] == 0)
    card = {"role": "ROLE_SEEKER", "version": 1, "vocabularyVersion": 2, "have": [{"token": "7"}]}
    put = json.dumps({"card": card, "consentVersion": 1})
    check.that("a changing call gets its key", person.says("PutCardResponse", "call", "Cards/PutCard", put))
    check.that("and is read back", person.says("GetCardResponse", "call", "Cards/GetCard", '{"role": 1}')[0]
               .card.have[0].token == 7)
    same = json.dumps({"card": {**card, "version": 2}, "consentVersion": 1, "idempotencyKey": base64.b64encode(key()).decode()})
    check.that("a key that is given is kept", person.says("PutCardResponse", "call", "Cards/PutCard", same) ==
               person.says("PutCardResponse", "call", "Cards/PutCard", same))
    person.fails("no token", 1, "UNAUTHENTICATED", "UNAUTHENTICATED", "call", "Cards/GetCard", key=False)
    person.fails("no such call", 2, "INVALID_ARGUMENT", "USAGE", "call", "Cards/Nosuch")
    person.fails("no JSON", 2, "INVALID_ARGUMENT", "MALFORMED_JSON", "call", "Cards/GetCard", "{")
    person.fails("no such field", 2, "INVALID_ARGUMENT", "JSON_FIELD", "call", "Cards/GetCard", '{"rolle": 1}')
    person.fails("a wrong value", 2, "INVALID_ARGUMENT", "JSON_VALUE", "call", "Cards/GetCard", '{"role": true}')
    person.fails("too long", 2, "INVALID_ARGUMENT", "USAGE", "call", "Cards/GetCard", "-", text=" " * 300000)
    code, out, _ = person.run("call", "Operations/Stats", "--server", f"unix:{world.data / 'operations.sock'}", key=False)
    check.that("operators' calls, too", code == 0 and person.read("StatsResponse", out).counters)
    code, out, _ = person.run("call", "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                              '{"listServices": "*"}', key=False)
    check.that("of a stream that goes both ways one message is sent", code == 0 and "kindred.v1.Support" in out)
    watch = person.start("call", "grpc.health.v1.Health/Watch", key=False)
    check.that("a stream is printed as it comes", person.read("grpc.health.v1.HealthCheckResponse",
                                                              watch.line()).status == 1)
    watch.end(signal.SIGINT)
    ask = json.dumps({field: base64.b64encode(os.urandom(32)).decode() for field in ("talkKey", "mailbox")})
    stream = person.start("call", "Support/Ask", ask)
    ticket = person.read("AskResponse", stream.line()).ticket
    check.that("so is a member's", ticket.phase == 1)
    check.that("withdraw by its number", person.says("WithdrawResponse", "call", "Support/Withdraw",
                                                     json.dumps({"ticketId": str(ticket.ticket_id)})))
    last = [person.read("AskResponse", line) for line in stream.rest()][-1].ticket
    check.that("and it ends with its stream, 0", last.phase == 3 and stream.end() == 0)


with Server(sys.argv[1], "--rest-ms", "1", "--show-min", "1") as world:
    for part in (messages, kept_first, all_but, failures, story, evil, calls):
        check.runs(part, world)
        for started in STARTED:
            if started.process.poll() is None:
                started.process.kill()
                started.process.wait()
HOME.cleanup()
check.report()
