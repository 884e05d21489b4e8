"""node -- the story by a client in Node, with its like, with Python and with kindred.

tests/e2e/node/kindred.mjs is grpc-js, protobufjs and libsodium, none of it ours;
person.mjs plays one side by a plan.  First the vectors, in JavaScript; then whole
stories, each side once in each language: enrol, card, ask, attend, decline,
accept, talk, end, reflect, meet again, block.  Usage: node_test.py BUILD_DIR."""
import json
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "lib"))
from tools import npm  # noqa: E402
from world import Check, Kindred, Member, Server, key  # noqa: E402

check = Check()
PATIENCE = 60
build = pathlib.Path(sys.argv[1])
node = build / "node"
LISTS = [re.findall(r'"(\w+)"', words) for words in re.findall(
    r"\[SEAL_NAME_WORD\] = \{(.*?)\}", (REPO / "src/seal/name_words.c").read_text(), re.S)]
SEEKER = {"have": ["heroin", "lang:en"], "seek": ["heroin"], "must": ["lang:en"]}
PEER = {"have": ["heroin", "opioids", "lang:en"]}
FROM_SEEKER = ["I am here.", "Tonight is hard — gracias.", ""]
FROM_PEER = ["I know that night.", "x" * 5000]


class Person:
    """A person.mjs by its plan; until(what) gives the first such line that comes, of an order if it is one."""

    def __init__(self, server, role, **plan):
        plan = {"target": server.target, "protos": str(REPO / "proto"), "role": role, "decline": 0, "end": False,
                "card": SEEKER if role == "seeker" else PEER, "say": FROM_SEEKER if role == "seeker" else FROM_PEER,
                "hear": len(FROM_PEER if role == "seeker" else FROM_SEEKER), **plan}
        self.process = subprocess.Popen(["node", "person.mjs", json.dumps(plan)], cwd=node, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines, self.seen = queue.Queue(), []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def until(self, what):
        while True:
            line = self.lines.get(timeout=PATIENCE)
            if line is None:
                raise EOFError(f"no {what}, but {self.seen[-5:]} {self.process.stderr.read()[-2000:]}")
            self.seen.append(line)
            if line["what"] == what:
                return line

    def heard(self):
        return [line["text"] for line in self.seen if line["what"] == "heard"]

    def order(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def reflected(self):
        self.until("done")
        check.that("reflected, and once", self.seen[-2] == {"what": "once", "code": "FAILED_PRECONDITION",
                                                            "reason": "REFLECTED"}, self.seen[-2:])

    def done(self):
        self.reflected()
        return self.leaves()

    def leaves(self):
        self.process.stdin.close()
        return check.that("ends in order", self.process.wait(PATIENCE) == 0, self.process.stderr.read()[-2000:])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def words(safety):
    return " ".join(LISTS[i % 2][n] for i, n in enumerate(bytes.fromhex(safety)))


def vectors(_):
    done = subprocess.run(["node", "vectors.mjs", REPO], cwd=node, capture_output=True, text=True, timeout=PATIENCE)
    counts = re.search(r"^(\d+) passed, 0 failed$", done.stdout, re.M)
    check.that("the vectors in JavaScript", done.returncode == 0 and counts and int(counts[1]) > 400,
               done.stdout[-2000:], done.stderr[-2000:])


def both_in_node(server):
    """The better peer declines; the seeker is in danger, and has rotated its key before."""
    better = {**PEER, "have": PEER["have"] + ["veteran"]}
    with Person(server, "peer", card=better, decline=1) as first, Person(server, "peer") as second:
        for peer in (first, second):
            peer.until("DUTY_PHASE_ON")
        with Person(server, "seeker", end=True, rotate=True, card={**SEEKER, "seek": ["heroin", "veteran"]},
                    ask={"danger": True, "country": "US"}) as seeker:
            mine = seeker.until("talk")
            first.until("declined")
            theirs = second.until("talk")
            seeker.done()
            second.done()
    check.that("crisis resources come first", seeker.seen[0]["what"] == "crisis" and "988" in seeker.seen[0]["phones"],
               seeker.seen)
    check.that("then the search", seeker.seen[1]["what"] == "TICKET_PHASE_SEARCHING", seeker.seen)
    check.that("names fit", (mine["yourName"], mine["theirName"]) == (theirs["theirName"], theirs["yourName"]))
    check.that("safety words fit", mine["safety"] == theirs["safety"])
    check.that("all was heard", seeker.heard() == FROM_PEER and second.heard() == FROM_SEEKER)


def met_again_and_never(server):
    """Both in Node: the seeker meets the peer again, blocks them, waits in vain, and takes it back."""
    with Person(server, "peer") as peer, Person(server, "seeker", end=True) as seeker:
        first, known = peer.until("talk"), seeker.until("talk")
        for person in (peer, seeker):
            person.reflected()
        seeker.order("bond")
        check.that("both said again", seeker.until("bond")["bond"] is True)
        peer.order("meet")
        seeker.order("again")
        check.that("nobody else is looked for", seeker.until("TICKET_PHASE_SEARCHING")["again"] is True)
        check.that("the peer is told who it is", peer.until("offer")["metName"] == first["theirName"], peer.seen, first)
        second = seeker.until("talk")
        check.that("by new names", second["theirName"] == peer.until("talk")["yourName"] != known["theirName"])
        for person in (peer, seeker):
            person.reflected()
        check.that("all was heard, twice", seeker.heard() == 2 * FROM_PEER and peer.heard() == 2 * FROM_SEEKER)

        seeker.order("block")
        block = seeker.until("blocked")["id"]
        seeker.order("blocks")
        listed = seeker.until("blocks")["all"]
        check.that("listed by the name", [(b["blockId"], b["theirName"]) for b in listed] ==
                   [(block, second["theirName"])], listed)
        peer.order("bond")
        check.that("what both said stays said, so that a block is not told", peer.until("bond")["bond"] is True)
        waits_in_vain(server, seeker, peer)
        peer.order("meet")
        seeker.order("unblock")
        seeker.until("unblocked")
        check.that("then they may meet, as strangers", peer.until("offer")["metName"] == "")
        check.that("and do", seeker.until("talk")["theirName"] == peer.until("talk")["yourName"])
        peer.done()
        seeker.done()


def waits_in_vain(server, seeker, peer):
    """The seeker asks first; the one peer on duty is offered to who comes after, and so was free."""
    peer.order("meet")
    peer.until("DUTY_PHASE_ON")
    seeker.order("meet")
    seeker.until("TICKET_PHASE_SEARCHING")
    time.sleep(1)
    stranger = Member(server, grade=1).ready(1, have=SEEKER["have"], must=SEEKER["must"])
    talk = stranger.ask().until(lambda m: m.ticket.phase == 2).ticket.talk
    check.that("no rematch", peer.until("talk")["yourName"] == talk.their_name)
    stranger.api.call("Talks/End", idempotency_key=key(), capability=stranger.mailbox)
    peer.reflected()


def told(inbox):
    return inbox.until(lambda m: m.WhichOneof("event") == "message").message


def node_seeker_python_peer(server):
    peer = Member(server, bound=True).ready(2, have=PEER["have"])
    duty = peer.attend()
    duty.next()
    with Person(server, "seeker") as seeker:
        talk = peer.accept(duty.until(lambda m: m.duty.offers).duty.offers[0].offer_id).talk
        theirs = seeker.until("talk")
        check.that("names fit", (talk.your_name, talk.their_name) == (theirs["theirName"], theirs["yourName"]))
        crypt = peer.open(talk, False)
        inbox = crypt.receive()
        got = [crypt.open(told(inbox).ciphertext).decode() for _ in FROM_SEEKER]
        check.that("Python hears Node", got == FROM_SEEKER, got)
        for text in FROM_PEER:
            crypt.send(text.encode())
        while len(seeker.heard()) < len(FROM_PEER):
            seeker.until("heard")
        check.that("Node hears Python", seeker.heard() == FROM_PEER)
        ended = peer.mailbox
        peer.api.call("Talks/End", idempotency_key=key(), capability=ended)
        seeker.reflected()
        peer.api.call("Talks/Reflect", idempotency_key=key(), capability=ended, understood=1, again=True)
        seeker.order("again")
        offer = duty.until(lambda m: any(o.met_name for o in m.duty.offers)).duty.offers[0]
        check.that("Python is told who it is", offer.met_name == talk.their_name, offer, talk.their_name)
        peer.accept(offer.offer_id)
        theirs = seeker.until("talk")
        seeker.order("block")
        seeker.reflected()  # a block ends the talk
        seeker.order("blocks")
        check.that("Node lists Python", [b["theirName"] for b in seeker.until("blocks")["all"]] == [theirs["theirName"]])
        state = peer.api.stream("Talks/Receive", capability=ended).until(lambda m: m.state.phase == 3).state
        check.that("what both said stays said, so that a block is not told", state.bond)
        seeker.leaves()
    peer.api.call("Peers/Leave", peer.token, idempotency_key=key())


def python_seeker_node_peer(server):
    with Person(server, "peer", end=True) as peer:
        peer.until("DUTY_PHASE_ON")
        seeker = Member(server, grade=1, bound=True).ready(1, have=SEEKER["have"], must=SEEKER["must"])
        ask = seeker.ask()
        talk = ask.until(lambda m: m.ticket.phase == 2).ticket.talk
        crypt = seeker.open(talk, True)
        inbox = crypt.receive()
        inbox.until(lambda m: m.state.phase == 2)
        for text in FROM_SEEKER:
            crypt.send(text.encode())
        got = [crypt.open(told(inbox).ciphertext).decode() for _ in FROM_PEER]
        check.that("Python hears Node", got == FROM_PEER)
        check.that("and the end", inbox.until(lambda m: m.state.phase == 3) and inbox.end() is None)
        peer.reflected()
        check.that("Node hears Python", peer.heard() == FROM_SEEKER)
        seeker.api.call("Talks/Reflect", idempotency_key=key(), capability=seeker.mailbox, understood=1, again=True)
        peer.order("meet")
        ask = seeker.ask(meet_again=talk.talk_id)
        check.that("Node is told who it is", peer.until("offer")["metName"] == talk.your_name)
        ask.until(lambda m: m.ticket.phase == 2)
        peer.until("talk")
        peer.order("block")
        peer.done()
        wish = seeker.ask(meet_again=talk.talk_id).next().ticket
        check.that("a block is not told: they wait", wish.phase == 1 and wish.meeting_again, wish)


def kindred_seeker_node_peer(server):
    person = Kindred(server, "seeker", check)
    person.run("enroll")
    person.run("card", "set", "seeker", "--have", "lang:en", "--show", "heroin", "--must", "lang:en")
    person.run("rotate")
    with Person(server, "peer", hear=2) as peer:
        peer.until("DUTY_PHASE_ON")
        running = person.start("ask")
        talk = peer.until("talk")
        running.hear([f"You talk with {talk['yourName']}", FROM_PEER[0]])
        running.say("/words", "I am here.", "Still.")
        while len(peer.heard()) < 2:
            peer.until("heard")
        check.that("Node hears kindred", peer.heard() == ["I am here.", "Still."])
        running.say("/end")
        peer.done()
        rest = running.end()
        check.that("the same safety words", words(talk["safety"]) in rest, words(talk["safety"]), rest)
    person.run("reflect", "yes", "--again")


def node_seeker_kindred_peer(server):
    person = Kindred(server, "peer", check)
    person.run("enroll", "--grade", "peer")
    person.run("card", "set", "peer", "--have", "veteran,lang:en", "--show", "heroin")
    running = person.start("attend", "--auto", "accept")
    running.hear(["You are on duty"])
    with Person(server, "seeker", hear=1, end=True) as seeker:
        talk = seeker.until("talk")
        running.hear(["You talk with", *(text for text in FROM_SEEKER if text)])
        running.say("I know that night.")
        seeker.done()
        check.that("Node hears kindred", seeker.heard() == ["I know that night."])
        check.that("and has words", len(words(talk["safety"]).split()) == 8)
    running.kill()


npm(node, HERE / "node/package.json")
for script in (HERE / "node").glob("*.mjs"):
    shutil.copy(script, node)
for part in (vectors, both_in_node, met_again_and_never, node_seeker_python_peer, python_seeker_node_peer, kindred_seeker_node_peer,
             node_seeker_kindred_peer):
    with Server(build, "--exclude-talked-ms", "0") as world:  # a block alone keeps two apart
        check.runs(part, world)
check.report()
