"""terminal_test -- a talk in a terminal feels like a chat: `kindred` under tmux.

The other side is grpcio and PyNaCl.  A line that is being typed stays whole
when a message comes; wide characters, a narrow window, pasted lines, keys that
edit; what the other side writes has no effect but to be read; and however it
ends the terminal is as it was (cli/terminal law 1).
Usage: terminal_test.py BUILD_DIR"""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

from world import PATIENCE, Check, Member, Server, key

check = Check()
TEMP = tempfile.TemporaryDirectory(prefix="kindred-e2e-")


class Pane:
    """A shell in a terminal of its own, 80 columns wide."""

    def __init__(self, world, term="screen-256color", **more):
        self.socket = tempfile.mktemp(dir=TEMP.name)
        environment = {"LC_ALL": "C.UTF-8", "HOME": TEMP.name, "KINDRED_SERVER": world.target,
                       "PATH": f"{world.build}:{os.environ['PATH']}", "TERM": "xterm-256color", **more}
        self.tmux("-f", os.devnull, "new-session", "-d", "-x", "80", "-y", "24", f"exec env PS1='$ ' TERM={term} bash --norc --noprofile",
                  environment=environment)
        try:
            self.wait_for(r"^\$")
        except EOFError:
            self.close()
            raise

    def tmux(self, *words, environment=None, text=None):
        return subprocess.run(["tmux", "-u", "-S", self.socket, *words], env=environment, input=text, text=True,
                              capture_output=True, timeout=PATIENCE, check=True).stdout

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def run(self, *words):
        self.type(" ".join(shlex.quote(str(word)) for word in words))
        self.press("Enter")

    def paste(self, text):
        self.tmux("load-buffer", "-", text=text)
        self.tmux("paste-buffer", "-p")

    def seen(self, *flags):
        """What is on the screen, rows that wrapped joined."""
        return self.tmux("capture-pane", "-p", "-J", *flags)

    def wait_for(self, pattern):
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, self.seen(), re.M):
            if time.monotonic() > deadline:
                raise EOFError(f"never on the screen: {pattern!r}, but:\n{self.seen()}")
            time.sleep(0.03)
        return re.search(pattern, self.seen(), re.M)

    def lines(self):
        return [line.rstrip() for line in self.seen().splitlines() if line.strip()]

    def resize(self, columns):
        """Until whoever runs there can see it: tmux tells a moment later."""
        self.tmux("resize-window", "-x", columns, "-y", "24")
        with open(self.get("pane_tty"), "rb") as terminal:
            deadline = time.monotonic() + PATIENCE
            while os.get_terminal_size(terminal.fileno()).columns != int(columns) and time.monotonic() < deadline:
                time.sleep(0.03)

    def get(self, what):
        return self.tmux("display-message", "-p", f"#{{{what}}}").strip()

    def modes(self):
        """Does the terminal echo and gather lines, as a shell's does?  Asked once whoever ran there is gone."""
        deadline = time.monotonic() + PATIENCE
        while self.get("pane_current_command") != "bash" and time.monotonic() < deadline:
            time.sleep(0.03)
        self.run("stty", "-a")
        self.wait_for(r"[- ]icanon\b")
        said = self.seen()
        self.run("clear")
        return " icanon" in said and " echo " in said and "-icanon" not in said

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, timeout=PATIENCE)


class Talk:
    """A seeker in a pane meets a peer that is not ours."""

    def __init__(self, world, pane, name):
        key_file = pathlib.Path(TEMP.name) / f"{name}-key"
        self.pane, self.key = pane, key_file
        for words in (["enroll"], ["card", "set", "seeker", "--show", "ptsd"]):
            subprocess.run([world.build / "kindred", *words, "--key", key_file], check=True, capture_output=True,
                           env={**os.environ, "KINDRED_SERVER": world.target}, timeout=PATIENCE)
        self.peer = Member(world).ready(2, have=["ptsd"])
        duty = self.peer.attend()
        pane.run("clear")
        pane.run("kindred", "ask", "--key", key_file)
        offer = duty.until(lambda m: len(m.duty.offers) > 0).duty.offers[0].offer_id
        talk = self.peer.accept(offer).talk
        self.name, self.you = talk.your_name, talk.their_name
        self.crypt = self.peer.open(talk, False)
        self.inbox = self.crypt.receive()
        pane.wait_for(r"is here\n> *$")

    def say(self, text):
        self.crypt.send(text.encode() if isinstance(text, str) else text)

    def heard(self):
        return self.crypt.open(self.inbox.until(lambda m: m.WhichOneof("event") == "message").message.ciphertext).decode()

    def end(self):
        self.peer.api.call("Talks/End", idempotency_key=key(), capability=self.peer.mailbox)
        self.pane.wait_for(r"is over")
        self.pane.wait_for(r"^\$")
        self.peer.api.call("Peers/Leave", self.peer.token, idempotency_key=key())


def typing(world, pane):
    talk = Talk(world, pane, "typing")
    pane.type("half a li")
    pane.wait_for("^> half a li$")
    talk.say("meanwhile")
    pane.wait_for(f"^{talk.name}: meanwhile$")
    check.that("the line that is typed stays whole, below", pane.lines()[-2:] ==
               [f"{talk.name}: meanwhile", "> half a li"], pane.lines())
    pane.type("ne")
    pane.press("Enter")
    check.that("and is sent whole", talk.heard() == "half a line")
    pane.wait_for(r"> half a line\n> *$")
    check.that("what was said stays to be read, once", pane.lines().count("> half a line") == 1, pane.lines())
    pane.press("Up", "Home")
    pane.type("not ")
    pane.press("End", "BSpace", "BSpace")
    pane.wait_for("^> not half a li$")
    pane.press("C-w", "C-w", "Enter")
    check.that("keys edit; a line before comes back", talk.heard() == "not half ")
    pane.type("漢字かな交じり文" * 3 + "é")
    pane.press("Left", "Left", "Left", "BSpace")
    pane.type("✓")
    pane.press("Enter")
    check.that("wide characters", talk.heard() == "漢字かな交じり文" * 2 + "漢字かな交✓り文é")
    pane.press("C-u")
    talk.say("one\ntwo\n\nfour")
    pane.wait_for(r"four")
    check.that("lines of one message are set in", f"{talk.name}: one\n    two\n \n".replace("\n \n", "\n") in
               pane.seen() and re.search(r"^    four$", pane.seen(), re.M), pane.seen())
    talk.end()
    check.that("afterwards the terminal is as it was", pane.modes())


def long_lines(world, pane):
    talk = Talk(world, pane, "long")
    text = "".join(f"{n:03} " for n in range(60))[:-1]  # 239 columns: three rows
    pane.type(text)
    pane.wait_for(re.escape(f"> {text}"))
    talk.say("meanwhile")
    pane.wait_for("meanwhile")
    check.that("a long line wraps, and stays whole", f"> {text}" in pane.seen() and pane.seen().count("003 ") == 1,
               pane.seen())
    for columns in ("37", "120", "80"):
        pane.resize(columns)
        talk.say(f"now {columns}")
        pane.wait_for(f"now {columns}")
        check.that(f"also {columns} columns wide", pane.seen().count("059") == 1 and f"> {text}" in pane.seen() and
                   pane.seen().count("meanwhile") == 1, pane.seen())
    talk.say("x" * 3000)
    pane.wait_for("xxx")
    pane.press("Enter")
    check.that("it is sent as it was typed", talk.heard() == text)
    pane.type("y" * 1500)
    pane.press("Home")
    pane.type("start ")
    pane.wait_for("> start yyy")
    talk.say("still there")
    pane.wait_for("still there")
    check.that("of more than fits the part around the cursor is shown", "> start yyy" in pane.seen() and
               len(pane.seen().split("> start")[1]) < 700, pane.seen())
    pane.press("Enter")
    check.that("and all of it sent", talk.heard() == "start " + "y" * 1500)
    talk.end()


def pasted(world, pane):
    talk = Talk(world, pane, "pasted")
    pane.paste("first\nsecond\n\tthird")
    pane.wait_for("> first↵second↵ third")
    talk.say("nothing was sent yet?")
    pane.wait_for("sent yet")
    pane.type("!")
    pane.press("Enter")
    check.that("pasted lines are one message, sent when you say so", talk.heard() == "first\nsecond\n third!")
    pane.wait_for(r"^> first\n    second\n     third!$")
    talk.end()


def evil(world, pane):
    talk = Talk(world, pane, "evil")
    title = pane.get("pane_title")
    pane.type("mine")
    pane.wait_for("> mine$")
    for text in ("\x1b]2;owned\x07\x1b[2J\x1b[Hcleared?", "\x9b2J\u009b31mC1", "\u202eturned\u2066", "\rover\r\x08\x08",
                 "a\x1bcreset", "\x1b[?1049hother screen", "\x1b[6n\x1b[c", "\x0e\x0fshift"):
        talk.say(text)
    talk.say(b"\xff\x9b31m raw C1, not UTF-8")
    talk.say("last")
    pane.wait_for(f"^{talk.name}: last$")
    seen = pane.seen()
    check.that("nothing was cleared, moved or turned", f"* You talk with {talk.name}." in seen and
               f"{talk.name}: ?over???" in seen and f"{talk.name}: ?turned?" in seen and
               pane.lines()[-1] == "> mine", seen)
    check.that("nothing was coloured", "\x1b[31m" not in pane.seen("-e").split("is here")[1], pane.seen("-e"))
    check.that("the title is the same, and the screen", (pane.get("pane_title"), pane.get("alternate_on")) == (title, "0"))
    pane.press("Enter")
    check.that("the terminal answered nothing into the line", talk.heard() == "mine")
    talk.end()


def leaving(world, pane):
    for how, said in ((["C-c"], "left open"), (["C-d"], None), (["C-u", "C-d"], None)):
        talk = Talk(world, pane, f"leave-{len(how)}{how[0]}")
        pane.type("unsent" if how[0] != "C-d" else "")
        pane.press(*how)
        pane.wait_for(r"^\$ *$")
        check.that(f"{how} leaves the talk open", said is None or said in pane.seen(), pane.seen())
        check.that("the terminal is as it was", pane.modes())
        pane.run("kindred", "talk", "--key", talk.key)
        pane.wait_for(r"is here\n> *$")
        pane.press("C-z")
        pane.wait_for(r"Stopped")
        check.that("stopped, the terminal is the shell's", pane.modes())
        pane.run("fg")
        time.sleep(0.3)
        pane.type("back")
        pane.wait_for("> back$")
        talk.say("welcome")
        pane.wait_for(f"^{talk.name}: welcome$")
        check.that("and goes on whole", pane.lines()[-1] == "> back", pane.lines())
        pane.press("Enter")
        check.that("to be heard", talk.heard() == "back")
        pane.type("/end")
        pane.press("Enter")
        pane.wait_for("is over")
        pane.wait_for(r"^\$ *$")
        talk.peer.api.call("Peers/Leave", talk.peer.token, idempotency_key=key())


def duty(world, pane):
    """The other side: an offer is asked about while nothing else is typed."""
    key_file = pathlib.Path(TEMP.name) / "duty-key"
    for words in (["enroll", "--grade", "peer"], ["card", "set", "peer", "--show", "ptsd"]):
        subprocess.run([world.build / "kindred", *words, "--key", key_file], check=True, capture_output=True,
                       env={**os.environ, "KINDRED_SERVER": world.target}, timeout=PATIENCE)
    pane.run("clear")
    pane.run("kindred", "attend", "--key", key_file)
    pane.wait_for("You are on duty")
    pane.type("y")
    pane.press("Enter")
    pane.type("y")
    time.sleep(0.5)  # to be read, and to be forgotten: it answers to nothing
    seeker = Member(world, grade=1).ready(1, have=["ptsd"])
    ask = seeker.ask()
    pane.wait_for(r"^Accept\? \[y/n\] *$")
    pane.type("maybe")
    pane.press("Enter")
    pane.wait_for(r"^Accept\? \[y/n\] maybe\nAccept\? \[y/n\] *$")
    pane.type("y")
    pane.press("Enter")
    talk = ask.until(lambda m: m.ticket.phase == 2).ticket.talk
    crypt = seeker.open(talk, True)
    crypt.receive()
    pane.wait_for(r"is here\n> *$")
    crypt.send(b"hello")
    pane.wait_for(f"^{talk.your_name}: hello$")
    check.that("lines go to the talk now", pane.lines()[-1] == ">", pane.lines())
    pane.press("C-d")
    pane.wait_for("after a rest offers come again")
    pane.press("C-c")
    pane.wait_for(r"^\$ *$")
    check.that("off duty, the terminal as it was", pane.modes())


def colours(world):
    for more, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"term": "dumb"}, False)):
        pane = Pane(world, **more)
        try:
            pane.run("kindred", "health")
            pane.wait_for("^SERVING")
            row = next(line for line in pane.seen("-e").splitlines() if "SERVING" in line)
            check.that(f"colours on a terminal, and where they are wanted ({more})", ("\x1b[32m" in row) == coloured, row)
        finally:
            pane.close()
    said = subprocess.run([world.build / "kindred", "health", "--server", world.target], capture_output=True, text=True,
                          timeout=PATIENCE).stdout
    check.that("none in a pipe", said == "SERVING\n")


with Server(sys.argv[1], "--rest-ms", "1", "--show-min", "1") as world:
    colours(world)
    for part in (typing, long_lines, pasted, evil, leaving, duty):
        pane = Pane(world)
        check.runs(part, world, pane)
        pane.close()
TEMP.cleanup()
check.report()
