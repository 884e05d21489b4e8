"""reflection -- a whole story with grpcurl, which has only what reflection tells.

Two accounts made by kindred, since a signature is the one thing that grpcurl
cannot make; then every other call of the API by name and JSON.  A call that is
neither made here nor in SIGNED fails: nothing is left out by silence."""
import base64
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time

SIGNED = {"Accounts/Enroll", "Accounts/Login", "Accounts/RotateKey"}
PATIENCE_S = 60


def drawn(size):
    return base64.b64encode(os.urandom(size)).decode()


class Failed(Exception):
    pass


class Server:
    """A kindredd of its own, and grpcurl pointed at it."""

    def __init__(self, build, curl):
        self.temp = tempfile.TemporaryDirectory()
        self.place, self.build, self.curl = pathlib.Path(self.temp.name), build, curl
        self.called, self.running = set(), []
        log = self.place / "log"
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                [build / "kindredd", "--listen", "127.0.0.1:0", "--data", self.place / "data", "--log-level", "3",
                 "--show-min", "1"], stdout=out, stderr=out)
        deadline = time.monotonic() + PATIENCE_S
        port = None
        while not port or "ready" not in log.read_text():
            port = re.search(r"listening on port (\d+)", log.read_text())
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failed("kindredd is not ready: " + log.read_text()[-600:])
            time.sleep(0.02)
        self.target = f"127.0.0.1:{port[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [*self.running, self.process]:
            process.terminate()
            process.wait(PATIENCE_S)
        self.temp.cleanup()

    def member(self, name, grade):
        """A token of a new account."""
        kindred = [self.build / "kindred"]
        more = ["--server", self.target, "--key", self.place / name]
        subprocess.run([*kindred, "enroll", "--grade", grade, *more], check=True, capture_output=True, timeout=PATIENCE_S)
        return subprocess.run([*kindred, "login", "--print-token", *more], check=True, capture_output=True, text=True,
                              timeout=PATIENCE_S).stdout.strip()

    def command(self, name, token=None, request=None):
        said = ["-H", "authorization: Bearer " + token] if token else []
        full = name if name.count(".") > 1 else "kindred.v1." + name
        self.called.add(name)
        return [self.curl, "-plaintext", *said, "-emit-defaults", "-d", json.dumps(request or {}), self.target, full]

    def call(self, *call):
        done = subprocess.run(self.command(*call), capture_output=True, text=True, timeout=PATIENCE_S)
        if done.returncode != 0:
            raise Failed(f"{call[0]}: {done.stderr}")
        return json.loads(done.stdout)

    def stream(self, *call):
        process = subprocess.Popen(self.command(*call), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.running.append(process)
        return Stream(process)

    def list(self, *of):
        return subprocess.run([self.curl, "-plaintext", self.target, "list", *of], check=True, capture_output=True,
                              text=True, timeout=PATIENCE_S).stdout.split()


class Stream:
    """The messages of a grpcurl that goes on."""

    def __init__(self, process):
        self.process, self.said, self.more, self.over = process, [], threading.Condition(), False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        text = ""
        for line in self.process.stdout:
            text += line
            if line == "}\n" or line == "{}\n":
                with self.more:
                    self.said.append(json.loads(text))
                    self.more.notify_all()
                text = ""
        with self.more:
            self.over = True
            self.more.notify_all()

    def until(self, want):
        with self.more:
            if not self.more.wait_for(lambda: any(map(want, self.said)) or self.over, PATIENCE_S):
                raise Failed(f"nothing came, but {self.said[-2:]}")
            got = next(filter(want, self.said), None)
        if not got:
            raise Failed(f"it ended: {self.process.stderr.read()[-500:]} {self.said[-2:]}")
        return got

    def end(self):
        if self.process.wait(PATIENCE_S) != 0:
            raise Failed(self.process.stderr.read()[-500:])


def once(**fields):
    return {"idempotency_key": drawn(16), **fields}


def put_card(server, token, role):
    info = server.call("Accounts/GetServerInfo")
    have = [{"token": "3405691582", "show": True}]
    server.call("Cards/PutCard", token, once(consent_version=info["consentVersion"], card={
        "role": role, "version": 1, "vocabulary_version": info["vocabularyVersion"], "have": have,
        "seek": [{"importance": 2, "tokens": ["3405691582"]}]}))
    yield "GetCard", server.call("Cards/GetCard", token, {"role": role})["card"]["have"][0]["token"] == "3405691582"


def anyone(server):
    yield "GetServerInfo", server.call("Accounts/GetServerInfo")["apiVersion"] == "v1"
    yield "Challenge", len(base64.b64decode(server.call("Accounts/Challenge")["nonce"])) == 32
    yield "GetVocabulary", server.call("Vocabularies/GetVocabulary")["terms"]
    resources = server.call("Support/GetCrisisResources", None, {"country": "US"})["resources"]
    yield "GetCrisisResources", any(entry["phone"] == "988" for entry in resources["entries"])
    yield "Check", server.call("grpc.health.v1.Health/Check")["status"] == "SERVING"


def story(server, seeker, peer):
    """Ask, attend, decline, accept; a talk whose bytes are anybody's; and its end."""
    mailbox, theirs = drawn(32), drawn(32)
    duty = server.stream("Peers/Attend", peer, once(capacity=1, rest_ms=1))
    duty.until(lambda m: m["duty"]["phase"] == "DUTY_PHASE_ON")
    yield "Peers.Beat", server.call("Peers/Beat", peer)["nextMs"] > 0
    server.call("Peers/Pause", peer, once())
    yield "Pause", duty.until(lambda m: m["duty"]["phase"] == "DUTY_PHASE_PAUSED")
    server.call("Peers/Resume", peer, once())
    server.call("Peers/SetCapacity", peer, once(capacity=2))
    yield "SetCapacity", duty.until(lambda m: m["duty"]["capacity"] == 2)

    taken_back = server.stream("Support/Ask", seeker, once(talk_key=drawn(32), mailbox=drawn(32)))
    ticket = taken_back.until(lambda m: "ticket" in m)["ticket"]["ticketId"]
    yield "Support.Beat", server.call("Support/Beat", seeker, {"ticket_id": ticket})["nextMs"] > 0
    offer = duty.until(lambda m: m["duty"]["offers"])["duty"]["offers"][0]["offerId"]
    raised = server.stream("Support/RaiseDanger", seeker, once(ticket_id=ticket, country="US"))
    raised.end()
    yield "RaiseDanger", any(entry["phone"] == "988" for entry in raised.said[0]["crisis"]["entries"]) and \
        raised.said[1]["outcome"] == "DANGER_OUTCOME_FIRST"
    server.call("Peers/Answer", peer, once(offer_id=offer, decline={}))
    server.call("Support/Withdraw", seeker, once(ticket_id=ticket))
    taken_back.end()
    yield "Withdraw", taken_back.said[-1]["ticket"]["endReason"] == "TICKET_END_REASON_WITHDRAWN"

    other = server.member("other", "peer")  # whom nobody declined for
    yield from put_card(server, other, "ROLE_PEER")
    server.call("Peers/Leave", peer, once())
    yield "Leave", duty.until(lambda m: m["duty"]["phase"] == "DUTY_PHASE_OFF")
    duty.end()
    duty = server.stream("Peers/Attend", other, once(capacity=1, rest_ms=1))
    ask = server.stream("Support/Ask", seeker, once(talk_key=drawn(32), mailbox=mailbox))
    offer = duty.until(lambda m: m["duty"]["offers"])["duty"]["offers"][0]["offerId"]
    talk = server.call("Peers/Answer", other, once(offer_id=offer, accept={"talk_key": drawn(32), "mailbox": theirs}))
    mine = ask.until(lambda m: m["ticket"]["phase"] == "TICKET_PHASE_MATCHED")["ticket"]["talk"]
    ask.end()
    yield "the two talk", mine["theirName"] == talk["talk"]["yourName"]

    inbox, outbox = (server.stream("Talks/Receive", None, {"capability": box}) for box in (mailbox, theirs))
    for box in (inbox, outbox):
        box.until(lambda m: m.get("state", {}).get("phase") == "TALK_PHASE_OPEN")
    sent = server.call("Talks/Send", None, once(capability=mine["sendCapability"], ciphertext=drawn(99)))
    yield "Send", sent["seq"] == "1" and outbox.until(lambda m: "message" in m)["message"]["seq"] == "1"
    server.call("Talks/Acknowledge", None, {"capability": theirs, "up_to_seq": 1})
    server.call("Talks/End", None, once(capability=theirs))
    for box in (inbox, outbox):
        box.until(lambda m: m.get("state", {}).get("phase") == "TALK_PHASE_ENDED")
        box.end()
    server.call("Talks/Reflect", None, once(capability=mailbox, understood="UNDERSTOOD_YES", again=True))
    try:
        server.call("Talks/Reflect", None, once(capability=mailbox))
        yield "an error", False
    except Failed as error:
        yield "an error in words and with its machine reason", "FailedPrecondition" in str(error) and \
            '"REFLECTED"' in str(error) and '"kindred"' in str(error)
    yield "a bond", server.call("Talks/Reflect", None, once(capability=theirs, again=True))["bond"]
    yield from never_again(server, seeker, duty, mine["talkId"], talk["talk"]["theirName"], mine["theirName"])
    server.call("Peers/Leave", other, once())
    duty.end()


def never_again(server, seeker, duty, talk, known_as, name):
    """The peer of that talk is asked for, and blocked: then they are not there."""
    def asks():
        return server.stream("Support/Ask", seeker, once(talk_key=drawn(32), mailbox=drawn(32), meet_again=talk))

    def offers(m):
        return any(offer["metName"] == known_as for offer in m["duty"]["offers"])

    again = asks()
    ticket = again.until(lambda m: m["ticket"]["meetingAgain"])["ticket"]["ticketId"]
    yield "met again", duty.until(offers)
    block = server.call("Safety/Block", seeker, once(talk_id=talk))["blockId"]
    yield "Block", duty.until(lambda m: m is duty.said[-1] and not m["duty"]["offers"])
    listed = server.call("Safety/ListBlocks", seeker)
    yield "ListBlocks", [(b["blockId"], b["theirName"]) for b in listed["blocks"]] == [(block, name)]
    server.call("Support/Withdraw", seeker, once(ticket_id=ticket))
    again.end()
    hopes = asks()
    ticket = hopes.until(lambda m: m["ticket"]["meetingAgain"])["ticket"]["ticketId"]
    yield "a block is not told: they are waited for", not duty.said[-1]["duty"]["offers"]
    server.call("Support/Withdraw", seeker, once(ticket_id=ticket))
    hopes.end()
    server.call("Safety/Unblock", seeker, once(block_id=block))
    yield "Unblock", not server.call("Safety/ListBlocks", seeker)["blocks"]


def left_out(server):
    """Each call that reflection knows was made, or wants a signature."""
    here = {"/".join(name.removeprefix("kindred.v1.").rsplit(".", 1)) for service in server.list()
            if service.startswith("kindred.v1.") for name in server.list(service)}
    yield "no call is left out: " + ", ".join(sorted(here - server.called - SIGNED)), here <= server.called | SIGNED
    yield "SIGNED are calls: " + ", ".join(sorted(SIGNED - here)), here >= SIGNED


def checks(build, curl):
    """Pairs of a name and whether it held."""
    with Server(build, curl) as server:
        try:
            yield from anyone(server)
            seeker, peer = server.member("seeker", "member"), server.member("peer", "peer")
            yield from put_card(server, seeker, "ROLE_SEEKER")
            yield from put_card(server, peer, "ROLE_PEER")
            yield from story(server, seeker, peer)
            yield from left_out(server)
        except (Failed, subprocess.SubprocessError, KeyError) as error:
            yield f"the story went on: {error!r}", False
