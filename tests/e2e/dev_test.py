"""dev_test -- `kindred dev`, used by a frontend that is not ours.

A seeker and a peer with grpcio and PyNaCl meet the two of the script, with
real encryption, and these two never each other (cli/dev law 1); pages of
localhost may call; whatever ends it, nothing is left (cli/dev_server law 1):
no process, no data.  Usage: dev_test.py BUILD_DIR"""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from world import PATIENCE, Api, Check, Member, Protos

check = Check()
BUILD = pathlib.Path(sys.argv[1])
TEMP = tempfile.TemporaryDirectory(prefix="kindred-e2e-")
LONGEST = 30718
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Dev:
    """A running `kindred dev`, in place of world.Server."""

    def __init__(self, *words):
        self.protos = Protos(BUILD)
        self.process = subprocess.Popen([BUILD / "kindred", "dev", *words], text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env={**os.environ, "TMPDIR": TEMP.name})
        self.said, self.more = "", threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        self.wait_for("Ctrl-C ends all of it")
        self.target = re.search(r"listens on (127\.0\.0\.1:\d+)", self.said)[1]

    def _read(self):
        for line in self.process.stdout:
            with self.more:
                self.said += line
                self.more.notify_all()
        with self.more:
            self.said += "(end)"
            self.more.notify_all()

    def wait_for(self, words):
        deadline = time.monotonic() + PATIENCE
        with self.more:
            while words not in self.said:
                if "(end)" in self.said or not self.more.wait(max(0, deadline - time.monotonic())):
                    raise EOFError(f"never said {words!r}, but: {self.said[-800:]}")

    def api(self):
        return Api(self.protos, self.target)

    def end(self, how=signal.SIGINT):
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def left():
    return list(pathlib.Path(TEMP.name).glob("kindred-dev-*"))


def silent(target, patience=PATIENCE):
    """Within patience nobody listens there any more."""
    deadline = time.monotonic() + patience
    host, port = target.split(":")
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            return True
        time.sleep(0.05)
    return False


def allowed(dev, origin):
    request = urllib.request.Request(f"http://{dev.target}/kindred.v1.Accounts/GetServerInfo", b"{}",
                                     {"content-type": "application/json", "origin": origin})
    with DIRECT.open(request, timeout=PATIENCE) as answer:
        return answer.headers.get("access-control-allow-origin")


def texts(talk, inbox, count):
    return [talk.open(inbox.until(lambda m: m.WhichOneof("event") == "message").message.ciphertext)
            for _ in range(count)]


def meets_the_peer(dev):
    seeker = Member(dev, grade=1).ready(1, have=["alcohol", "lang:en"], must=["lang:en"], show=["alcohol"])
    for again in (False, True):  # the same two: nobody rests here
        ask = seeker.ask()
        talk = ask.until(lambda m: m.ticket.phase == 2).ticket.talk
        check.that("a reason is named", len(talk.shown) == 1, talk)
        crypt = seeker.open(talk, True)
        inbox = crypt.receive()
        inbox.until(lambda m: m.state.phase == 2)
        check.that("it says what it is", b"script" in texts(crypt, inbox, 1)[0])
        said = "héllo ✓".encode()
        crypt.send(said)
        check.that("and says back what is said, end to end encrypted", texts(crypt, inbox, 1) == [said])
        if not again:
            crypt.send(b"/many")
            check.that("twenty at once, in order", texts(crypt, inbox, 20) ==
                       [b"%d of 20" % n for n in range(1, 21)])
            crypt.send(b"/long")
            check.that("the longest", [len(text) for text in texts(crypt, inbox, 1)] == [LONGEST])
            for text in (b"/silent", b"unheard", b"/speak"):
                crypt.send(text)
            check.that("silent until asked", texts(crypt, inbox, 1) == [b"Here again."])
            crypt.send(b"/help")
            check.that("help names the commands", b"/end" in texts(crypt, inbox, 1)[0])
        crypt.send(b"/end")
        check.that("and ends when told to", inbox.until(lambda m: m.state.phase == 3).state.reason == 1)
    check.that("each talk is told", dev.said.count("peer: talks with") == 2, dev.said[-600:])


def meets_the_seeker(dev):
    peer = Member(dev).ready(2, have=["alcohol"])
    duty = peer.attend()
    offer = duty.until(lambda m: len(m.duty.offers) > 0).duty.offers[0]
    talk = peer.open(peer.accept(offer.offer_id).talk, False)
    inbox = talk.receive()
    talk.send(b"I am here")
    check.that("the seeker greets and echoes", texts(talk, inbox, 2)[1] == b"I am here")
    talk.send(b"/end")
    inbox.until(lambda m: m.state.phase == 3)
    duty.cancel()


def whole():
    with Dev("--port", "0", "--pause-ms", "50", "--seeker", "1") as dev:
        check.that("it says how to begin", all(words in dev.said for words in (
            f"http://{dev.target}/kindred.v1.Accounts/GetServerInfo", f"grpcurl -plaintext {dev.target}",
            f"kindred enroll --key me --server {dev.target}")), dev.said)
        check.that("pages of localhost may call", allowed(dev, "http://localhost:5173") == "http://localhost:5173")
        check.that("and no others", allowed(dev, "https://app.example") is None)
        meets_the_peer(dev)
        check.that("the two of the script leave each other alone", "seeker: talks with" not in dev.said and
                   "seeker: asks" in dev.said, dev.said[-600:])
        meets_the_seeker(dev)
        check.that("its data is where it says", [str(path) in dev.said for path in left()] == [True])
        check.that("Ctrl-C ends 0", dev.end() == 0, dev.said[-600:])
        check.that("no server is left", silent(dev.target, 1))
        check.that("no data is left", not left())


def settings():
    data = pathlib.Path(TEMP.name) / "kept"
    with Dev("--port", "0", "--data", data, "--no-peer", "--cors-origin", "https://app.example",
             "--set", "name=Mine") as dev:
        check.that("a page that was named may call", allowed(dev, "https://app.example") == "https://app.example")
        check.that("and the usual ones no more", allowed(dev, "http://localhost:3000") is None)
        check.that("settings reach the server", dev.api().call("Accounts/GetServerInfo").name == "Mine")
        port = dev.target.split(":")[1]
        busy = subprocess.run([BUILD / "kindred", "dev", "--port", port], capture_output=True, text=True,
                              timeout=PATIENCE, env={**os.environ, "TMPDIR": TEMP.name})
        check.that("a port that is taken: 3, and why", busy.returncode == 3 and busy.stderr, busy)
        check.that("and nothing is left of it", not left())
        check.that("SIGTERM ends 0, too", dev.end(signal.SIGTERM) == 0, dev.said[-600:])
    check.that("data that was given stays", (data / "kindred.db").exists())
    with Dev("--port", "0", "--data", data) as dev:
        dev.wait_for("peer: on duty")
        check.that("and is gone on with", dev.end() == 0)
    for words in (["--set", "nonsense"], ["--set", "nosuch=1"], ["--port", "65536"], ["--seeker", "0"]):
        done = subprocess.run([BUILD / "kindred", "dev", "--port", "0", *words], capture_output=True, text=True,
                              timeout=PATIENCE, env={**os.environ, "TMPDIR": TEMP.name})
        check.that(f"{words} is refused with a reason", done.returncode in (2, 3) and done.stderr, done)
    check.that("nothing is left of those", not left())


def deaths():
    with Dev("--port", "0") as dev:
        dev.process.kill()
        dev.process.wait()
        check.that("killed, it takes its server along", silent(dev.target))
    for path in left():  # who was killed could not clear away
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    with Dev("--port", "0") as dev:
        dev.wait_for("peer: on duty")
        data = str(left()[0])
        child = next(int(path.parent.name) for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")
                     if f"--data={data}".encode() in path.read_bytes().split(b"\0"))
        os.kill(child, signal.SIGKILL)
        check.that("a server that dies ends it, with 3", dev.process.wait(PATIENCE) == 3)
        dev.wait_for("the server ended")
        check.that("and its data goes", not left())


for part in (whole, settings, deaths):
    check.runs(part)
TEMP.cleanup()
check.report()
