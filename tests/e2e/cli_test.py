"""cli_test -- `kindred`, driven through pipes as a person or a script would.

Two processes meet: ask and attend, accept, talk, end, reflect.  Then what goes
wrong: no key, no server, a file that others can read, a client that is killed
in the middle of a talk, a server that is.  Usage: cli_test.py BUILD_DIR"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

from world import Check, Server

check = Check()
PATIENCE = 40


class Person:
    """One key, and commands with it."""

    def __init__(self, world, name):
        self.build, self.key = world.build, pathlib.Path(world.temp) / name / "key"
        self.environment = {**os.environ, "KINDRED_SERVER": world.target, "HOME": str(world.temp)}

    def command(self, *words):
        return [self.build / "kindred", words[0], "--key", self.key, *words[1:]]

    def run(self, *words, text=None):
        done = subprocess.run(self.command(*words), env=self.environment, input=text, text=True,
                              capture_output=True, timeout=PATIENCE)
        return done.returncode, done.stdout, done.stderr

    def start(self, *words):
        return Running(subprocess.Popen(self.command(*words), env=self.environment, text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))

    def ready(self, role, *card):
        grade = ["--grade", "peer"] if role == "peer" else []
        check.that("enroll", self.run("enroll", *grade)[0] == 0)
        code, out, err = self.run("card", "set", role, *card)
        check.that("card set", code == 0, out, err)
        return self

    def talks(self):
        return sorted(self.key.parent.glob("key.talk-" + "[0-9a-f]" * 16))


class Running:
    """A command that is running; what it says is kept."""

    def __init__(self, process):
        self.process, self.said, self.more = process, "", threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            text = os.read(self.process.stdout.fileno(), 65536)
            with self.more:
                self.said += text.decode()
                self.more.notify_all()
            if not text:
                return

    def say(self, *lines):
        self.process.stdin.write("".join(line + "\n" for line in lines))
        self.process.stdin.flush()

    def wait_for(self, pattern, count=1):
        deadline = time.monotonic() + PATIENCE
        with self.more:
            while len(re.findall(pattern, self.said, re.M)) < count:
                left = deadline - time.monotonic()
                if left <= 0 or not self.more.wait(left):
                    raise EOFError(f"never said {pattern!r}, but: {self.said[-800:]}")
        return re.search(pattern, self.said, re.M)

    def end(self):
        return self.process.wait(PATIENCE)

    def kill(self):
        self.process.kill()
        self.process.wait()


SEEKER = ["--show", "heroin,veteran", "--seek", "heroin:3,veteran", "--must", "lang:en", "--have", "lang:en"]
PEER = ["--show", "heroin,veteran", "--have", "lang:en"]


def looks(world):
    nobody = Person(world, "nobody")
    code, out, err = nobody.run("health")
    check.that("health is 0 and SERVING", (code, out) == (0, "SERVING\n"), out, err)
    code, out, _ = nobody.run("info")
    check.that("info names pools", code == 0 and "pool        adult" in out)
    code, out, _ = nobody.run("vocabulary", "search", "veteran")
    check.that("a word is found", code == 0 and re.search(r"^\s+veteran\s", out, re.M))
    code, out, _ = nobody.run("crisis", "us")
    check.that("crisis resources", code == 0 and "988" in out)
    code, out, _ = nobody.run("crisis", "zz")
    check.that("an unknown country is answered", code == 0 and out)
    code, out, err = nobody.run("stats", "--socket", str(world.data / "operations.sock"))
    check.that("stats over the socket", code == 0 and "call_started" in out, err)
    code, _, err = nobody.run("ask")
    check.that("no key is a usage error", code == 2 and "kindred enroll" in err, err)
    code, _, err = nobody.run("health", "--server", "127.0.0.1:1")
    check.that("nobody there is 3", code == 3 and "UNREACHABLE" in err, err)
    for words in (["nosuch"], ["card"], ["ask", "--nosuch"], ["attend", "--capacity", "9"], ["talk", "a", "b"]):
        done = subprocess.run([world.build / "kindred", *words], capture_output=True, text=True, timeout=PATIENCE)
        check.that(f"{words} is a usage error", done.returncode == 2 and done.stderr and not done.stdout)
    for words in (["--help"], ["help", "ask"], ["ask", "--help"], ["help", "simulate"]):
        done = subprocess.run([world.build / "kindred", *words], capture_output=True, text=True, timeout=PATIENCE)
        check.that(f"{words} teaches", done.returncode == 0 and "kindred" in done.stdout)


def keys(world):
    person = Person(world, "keys")
    check.that("enroll makes a key", person.run("enroll")[0] == 0)
    check.that("that only its owner reads", person.key.stat().st_mode & 0o777 == 0o600)
    code, _, err = person.run("enroll")
    check.that("twice is refused, the key kept", code == 1 and "ALREADY_ENROLLED" in err, err)
    code, out, _ = person.run("login", "--print-token")
    check.that("a token alone", code == 0 and re.fullmatch(r"[A-Za-z0-9_-]+\n", out))
    person.key.chmod(0o644)
    code, _, err = person.run("login")
    check.that("a key others can read is refused", code == 2 and "KEY_FILE_OPEN" in err, err)
    person.key.chmod(0o600)
    code, _, err = person.run("card", "set", "seeker", "--have", "nosuchterm")
    check.that("an unknown term is named", code == 2 and "nosuchterm" in err and "TERM_UNKNOWN" in err, err)
    code, _, err = person.run("card", "set", "peer", "--have", "heroin")
    check.that("a peer card wants the grade", code == 1 and "GRADE" in err, err)
    check.that("ask without a card", person.run("ask")[0] == 1)


def main_job(world):
    seeker = Person(world, "seeker").ready("seeker", *SEEKER)
    peer = Person(world, "peer").ready("peer", *PEER)
    code, out, _ = seeker.run("card", "show", "seeker")
    check.that("the card comes back in words", code == 0 and "Heroin, Opioids" in out and "English" in out, out)
    duty = peer.start("attend")
    duty.wait_for("You are on duty")
    ask = seeker.start("ask")
    ask.wait_for("Looking for somebody")
    duty.wait_for(r"Accept\? \[y/n\]")
    duty.say("y")
    names = ask.wait_for(r"You talk with (.+)\.  You are (.+)\.")
    duty.wait_for(re.escape(f"You talk with {names[2]}.  You are {names[1]}."))
    ask.say("first", "", "//second", "third é ✓ \x1b[31m")
    duty.wait_for(r": third")
    check.that("in order, each once, control characters gone",
               re.findall(r"^%s: (.*)$" % re.escape(names[2]), duty.said, re.M)
               == ["first", "/second", "third é ✓ ?[31m"], duty.said)
    duty.say("hello back")
    ask.wait_for("hello back")
    ask.say("/words")
    duty.say("/words")
    words = r"^\* ((?:[A-Z][a-z]+ ){7}[A-Z][a-z]+)$"
    check.that("the same safety words", ask.wait_for(words)[1] == duty.wait_for(words)[1])
    ask.say("last words", "/end")
    check.that("ask ends 0", ask.end() == 0, ask.said)
    duty.wait_for("is over: one of you ended it")
    check.that("what was said before the end arrives", "last words" in duty.said, duty.said)
    duty.process.send_signal(signal.SIGINT)
    check.that("Ctrl-C goes off duty", duty.end() == 0, duty.said)
    check.that("reflect", seeker.run("reflect", "yes", "--again")[0] == 0)
    check.that("reflect on the other side", peer.run("reflect", "no")[0] == 0)
    check.that("the keys of the talk are gone", not seeker.talks() and not peer.talks())
    check.that("once only", seeker.run("reflect", "yes")[0] == 2)


def not_a_fit(world):
    """The next ask goes on with the wait of a talk that was none, once."""
    seeker = Person(world, "unfit-s").ready("seeker", *SEEKER)
    peers = [Person(world, f"unfit-p{i}").ready("peer", *PEER) for i in range(2)]
    code, _, err = seeker.run("ask", "--not-a-fit")
    check.that("without a talk there is nothing to go on with", code == 2 and err, err)
    times = []
    for peer, words in zip(peers, ([], ["--not-a-fit"])):
        ask = seeker.start("ask", *words)
        ask.wait_for("Looking for somebody")
        time.sleep(1.2)
        duty = peer.start("attend", "--auto", "accept", "--once")
        times.append(float(ask.wait_for(r"is there for you, after ([\d.]+) s")[1]))
        ask.wait_for("is here")
        duty.wait_for("is here")
        ask.say("/end")
        check.that("the talk is over", ask.end() == 0 and duty.end() == 0, ask.said)
    check.that("the wait went on", times[1] > times[0] + 1, times)
    code, _, err = seeker.run("ask", "--not-a-fit")
    check.that("once", code == 1 and "AGE_SPENT" in err, err)


def meet_again(world):
    """Both say that they would meet again: one asks for the other, who is told who it is."""
    seeker = Person(world, "again-s").ready("seeker", *SEEKER)
    peer = Person(world, "again-p").ready("peer", *PEER)
    duty = peer.start("attend", "--auto", "accept", "--once", "--rest-s", "1")
    duty.wait_for("You are on duty")
    ask = seeker.start("ask")
    name = duty.wait_for(r"You talk with (.+?)\.")[1]
    duty.wait_for("is here")
    ask.wait_for("is here")
    ask.say("/end")
    check.that("the talk is over", ask.end() == 0 and duty.end() == 0, ask.said)
    code, out, err = seeker.run("reflect", "yes", "--again")
    number = re.search(r"ask --meet-again ([0-9a-f]{16})", out)
    check.that("it says how", code == 0 and number, out, err)
    code, _, err = seeker.run("ask", "--meet-again", number[1])
    check.that("not both said so", code == 1 and "NO_BOND" in err, err)
    code, _, err = seeker.run("ask", "--meet-again", "nonsense")
    check.that("that is no number", code == 2 and err, err)
    check.that("now both did", peer.run("reflect", "yes", "--again")[0] == 0)
    ask = seeker.start("ask", "--meet-again", number[1])
    ask.wait_for("Waiting for the one you have met")
    duty = peer.start("attend", "--rest-s", "1", "--once")
    duty.wait_for(f"You have met: {name}, who asks for you")
    duty.say("y")
    ask.wait_for("is here")
    ask.say("/end")
    check.that("and they met", ask.end() == 0 and duty.end() == 0, ask.said, duty.said)


def many_lines(world):
    """A pipe that is faster than the relay; nothing is lost or overtaken."""
    seeker = Person(world, "many-s").ready("seeker", *SEEKER)
    peer = Person(world, "many-p").ready("peer", *PEER)
    duty = peer.start("attend", "--auto", "accept", "--once")
    duty.wait_for("You are on duty")
    code, out, err = seeker.run("ask", text="".join(f"line {i}\n" for i in range(400)) + "/end\n")
    check.that("ask with a full pipe ends 0", code == 0, err)
    check.that("attend --once ends 0", duty.end() == 0, duty.said[-300:])
    check.that("400 lines, in order, each once",
               re.findall(r": line (\d+)$", duty.said, re.M) == [str(i) for i in range(400)])


def killed(world):
    """A client killed in the middle of a talk goes on where it was."""
    seeker = Person(world, "killed-s").ready("seeker", *SEEKER)
    peer = Person(world, "killed-p").ready("peer", *PEER)
    duty = peer.start("attend", "--auto", "accept")
    duty.wait_for("You are on duty")
    ask = seeker.start("ask")
    duty.wait_for("is here")
    ask.wait_for("is here")
    ask.say("before")
    duty.wait_for(": before")
    limits = pathlib.Path(f"/proc/{ask.process.pid}/limits").read_text()
    check.that("no core is left of who talks", re.search(r"core file size +1 +1 ", limits), limits)
    duty.say("one")
    ask.wait_for(": one")
    ask.kill()
    duty.say("two", "three")
    check.that("the secrets are the owner's alone",
               [path.stat().st_mode & 0o777 for path in seeker.talks()] == [0o600])
    talk = seeker.start("talk")
    talk.wait_for(": three")
    check.that("what came meanwhile comes, in order", re.findall(r": (\w+)$", talk.said, re.M)[-2:] == ["two", "three"],
               talk.said)
    talk.say("after")
    duty.wait_for(": after")
    world.kill()
    talk.say("while the server was away")
    world.start()
    duty.wait_for("while the server was away")
    code, out, err = seeker.run("talk", text="by pipe\n")
    duty.wait_for(": by pipe")
    check.that("a pipe leaves the talk open", code == 0 and "opened somewhere else" in talk.said, out, err)
    check.that("end from outside", seeker.run("end")[0] == 0)
    duty.wait_for("is over")
    check.that("each once, over all of it",
               re.findall(r"^[A-Z][a-z]+ [A-Z][a-z]+ \d+: (.*)$", duty.said, re.M)
               == ["before", "after", "while the server was away", "by pipe"], duty.said)
    duty.process.send_signal(signal.SIGINT)
    check.that("off duty", duty.end() == 0, duty.said[-300:])


def declines(world):
    seeker = Person(world, "decline-s").ready("seeker", *SEEKER)
    peer = Person(world, "decline-p").ready("peer", *PEER)
    duty = peer.start("attend")
    duty.wait_for("You are on duty")
    ask = seeker.start("ask", "--danger", "--country", "us")
    ask.wait_for("Looking for somebody")
    check.that("crisis resources come first", ask.said.find("988") in range(ask.said.find("Looking")), ask.said)
    offer = duty.wait_for(r"offer ([0-9a-f]{16})")[1]
    duty.say("n")
    duty.wait_for("Declined")
    code, _, err = peer.run("answer", offer, "accept")
    check.that("answered is answered", code == 1 and "OFFER_CLOSED" in err, err)
    ask.process.send_signal(signal.SIGINT)
    check.that("Ctrl-C takes the request back", ask.end() == 1 and "taken back" in ask.said, ask.said)
    check.that("nothing is left of it", seeker.run("withdraw")[0] == 2)
    ask = seeker.start("ask")
    ask.wait_for("Looking for somebody")
    ask.kill()
    code, out, err = seeker.run("withdraw")
    check.that("withdraw what was left open", code == 0, out, err)
    check.that("leave", peer.run("leave")[0] == 0)
    check.that("attend ends", duty.end() == 0, duty.said)


def pauses(world):
    """Two lapses pause a duty; Enter is enough to come back."""
    peer = Person(world, "pause-p").ready("peer", *PEER)
    duty = peer.start("attend")
    duty.wait_for("You are on duty")
    for n in (1, 2):
        seeker = Person(world, f"pause-s{n}").ready("seeker", *SEEKER)
        ask = seeker.start("ask")
        duty.wait_for("That offer is over", n)
        ask.process.send_signal(signal.SIGINT)
        ask.end()
    duty.wait_for("No offers come now: two offers lapsed")
    duty.say("")
    duty.wait_for("You are on duty again")
    seeker = Person(world, "pause-s3").ready("seeker", *SEEKER)
    ask = seeker.start("ask")
    duty.wait_for(r"Accept\? \[y/n\]", 3)
    duty.say("y")
    ask.wait_for("is here")
    check.that("/end ends it from this side, too", duty.say("/end") is None and ask.end() == 0, ask.said)
    duty.process.send_signal(signal.SIGINT)
    duty.end()


def danger(world):
    """Danger is asked as danger, whatever was begun before."""
    seeker = Person(world, "danger")
    check.that("enroll", seeker.run("enroll")[0] == 0)
    code, _, err = seeker.run("ask", text="")
    check.that("no card: refused", code == 1 and "CARD_MISSING" in err, err)
    check.that("card set", seeker.run("card", "set", "seeker", *SEEKER)[0] == 0)
    ask = seeker.start("ask", "--danger", "--country", "US")
    ask.wait_for("988")
    ask.wait_for("Looking for somebody")
    check.that("what was refused is not gone on with", "begun before" not in ask.said, ask.said)
    ask.process.send_signal(signal.SIGINT)
    ask.end()
    plain = seeker.start("ask", "--country", "US")
    plain.wait_for("Looking for somebody")
    code, out, err = seeker.run("danger", "--country", "us")
    check.that("beside it, who helps at once comes first", code == 0 and
               0 < out.find("988") < out.find("You go first now"), out, err)
    plain.kill()
    code, out, err = seeker.run("ask", "--danger", "--country", "US", text="")
    check.that("beside a plain request the help comes first, then the reason",
               "988" in out and code == 1 and "TICKET_LIVES" in err and "withdraw" in err, out, err)
    check.that("and the plain one can still be taken back", seeker.run("withdraw")[0] == 0)
    code, _, err = seeker.run("danger")
    check.that("without a request it says where to turn", code == 2 and "kindred crisis" in err, err)


with Server(sys.argv[1]) as world:
    for part in (looks, keys, main_job, not_a_fit, meet_again, many_lines, killed, declines, danger):
        check.runs(part, world)
with Server(sys.argv[1], "--offer-ms", "1500") as world:
    check.runs(pauses, world)
check.report()
