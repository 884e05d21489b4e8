"""memory -- a server that everybody has left remembers nobody.

People tell their whole story, over gRPC and over Connect with gzip and JSON,
plain and through TLS, and hang up.  Then all that a core dump of the server
would hold is searched for what they sent and were given: access tokens,
capabilities; and for the server's own secrets.  (What the two encrypted may lie
in a page of the database's until that is used again.)  The search is shown to find things by what the server does remember.
Usage: memory_test.py BUILD_DIR.

A build with sanitizers keeps what was freed, and stacks of its own: there only
the search is tried."""
import base64
import gzip
import hashlib
import http.client
import json
import pathlib
import re
import ssl
import struct
import subprocess
import sys
import tempfile
import time

import certificates
from world import Check, Member, Server, key

check = Check()
NAME = "Name-of-this-server"  # what it does remember
PATIENCE_S, STORIES = 10, 3
TEXT = b"My sister found me on the kitchen floor."


def core(server):
    """What a core dump would hold: all that may be read and is not kept out."""
    process = pathlib.Path("/proc", str(server.process.pid))
    pieces, begin = [], None
    with open(process / "mem", "rb", buffering=0) as memory:
        for line in (process / "smaps").read_text().splitlines():
            area = re.match(r"([0-9a-f]+)-([0-9a-f]+) (r?)\S* \S+ \S+ \S+ *(.*)", line)
            if area:
                begin = (int(area[1], 16), int(area[2], 16)) if area[3] and not area[4].startswith("[v") else None
            elif line.startswith("VmFlags:") and begin and " dd" not in line:
                memory.seek(begin[0])
                pieces.append(memory.read(begin[1] - begin[0]))
    return b"\0".join(pieces)


class Secrets:
    """What must not be found, by name."""

    def __init__(self):
        self.needles = []

    def add(self, name, raw):
        raw = raw.encode() if isinstance(raw, str) else bytes(raw)
        assert len(raw) >= 16, name
        self.needles += [(name, raw), (name + " in base64", base64.b64encode(raw)[:-4])]

    def found(self, memory):
        return sorted({name for name, raw in self.needles if raw in memory})

    def member(self, m):
        self.add("an access token", m.token)
        self.add("the bytes of an access token", base64.urlsafe_b64decode(m.token + "=" * (-len(m.token) % 4)))
        if m.bound:
            self.add("a proof key", m.token.proof_key)
        self.add("a receive capability", m.mailbox)

    def server(self, server, key_file):
        master = (server.data / "master.key").read_bytes()
        self.add("the master key", master)
        for use in range(1, 8):
            self.add("a key of the server", hashlib.blake2b(b"", digest_size=32, key=master, person=b"kindred1".ljust(16, b"\0"),
                                                            salt=struct.pack("<Q", use).ljust(16, b"\0")).digest())
        if key_file:
            der = subprocess.run(["openssl", "ec", "-in", key_file, "-outform", "DER"], check=True, capture_output=True).stdout
            scalar = der[der.index(b"\x02\x01\x01\x04\x20") + 5:][:32]
            self.add("the key of its certificate", scalar)
            self.add("the key of its certificate", scalar[::-1])


def connect(server, trust, method, fields, token=None):
    """A unary Connect call in gzipped JSON; its answer."""
    if trust:
        connection = http.client.HTTPSConnection("localhost", server.port, context=ssl.create_default_context(cafile=trust))
    else:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
    head = {"content-type": "application/json", "content-encoding": "gzip", "accept-encoding": "gzip",
            "connect-protocol-version": "1"}
    if token:
        head["authorization"] = "Bearer " + token
    connection.request("POST", "/kindred.v1." + method, gzip.compress(json.dumps(fields).encode()), head)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    body = gzip.decompress(body) if answer.headers["content-encoding"] == "gzip" else body
    check.that(method + " over Connect", answer.status == 200, answer.status, body)
    return json.loads(body)


def story(server, trust, secrets):
    """Two meet, talk, end and leave; each of the ways in is gone."""
    peer = Member(server, bound=True).ready(2, have=["heroin", "veteran"], show=["heroin"])
    seeker = Member(server).ready(1, have=["heroin", "veteran"], seek=[("heroin", 3)], show=["heroin"])
    duty = peer.attend(capacity=1)
    duty.next()
    asked = seeker.ask(danger=True, country="DE", language="de")
    offer = duty.until(lambda m: len(m.duty.offers) > 0).duty.offers[0]
    accepted = peer.accept(offer.offer_id).talk
    talk = asked.until(lambda m: m.ticket.phase == 2).ticket.talk
    one, two = seeker.open(talk, True), peer.open(accepted, False)
    inbox, inbox2 = one.receive(), two.receive()
    for crypt, box in ((one, inbox2), (two, inbox)):
        sealed = crypt.seal(TEXT)
        crypt.member.api.call("Talks/Send", idempotency_key=key(), capability=crypt.talk.send_capability, ciphertext=sealed)
        box.until(lambda m: m.WhichOneof("event") == "message")
        sealed = crypt.seal(TEXT * 300)
        connect(server, trust, "Talks/Send",
                {"idempotencyKey": base64.b64encode(key()).decode(), "ciphertext": base64.b64encode(sealed).decode(),
                 "capability": base64.b64encode(crypt.talk.send_capability).decode()})
        box.until(lambda m: m.WhichOneof("event") == "message")
    connect(server, trust, "Cards/GetCard", {"role": "ROLE_SEEKER"}, seeker.token)
    for m, t in ((seeker, talk), (peer, accepted)):
        secrets.member(m)
        secrets.add("a send capability", t.send_capability)
        m.api.call("Talks/Acknowledge", capability=m.mailbox, up_to_seq=2)
    seeker.api.call("Talks/End", idempotency_key=key(), capability=seeker.mailbox)
    for m in (seeker, peer):
        m.api.call("Talks/Reflect", idempotency_key=key(), capability=m.mailbox, understood=1, again=True)
    peer.api.call("Peers/Leave", peer.token, idempotency_key=key())
    for stream in (duty, asked, inbox, inbox2):
        stream.cancel()
    for m in (seeker, peer):
        m.api.close()


def search(server, secrets):
    """What is found once all have hung up and what they left is put away."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        time.sleep(0.5)
        memory = core(server)
        found = secrets.found(memory)
        if not found or time.monotonic() > deadline:
            check.that("what the server does remember is found", NAME.encode() in memory)
            return found


def run(build, clean, authority, where):
    """With a certificate if there is an authority for one."""
    flags, trust, credentials, key_file = ["--name", NAME], None, None, None
    if authority:
        cert, key_file = where / "cert.pem", where / "key.pem"
        authority.issue(cert, key_file, "DNS:localhost,IP:127.0.0.1")
        flags += ["--tls-cert", cert, "--tls-key", key_file]
        trust, credentials = authority.pem, authority.trust()
    with Server(build, *flags, trust=credentials) as server:
        secrets = Secrets()
        secrets.server(server, key_file)
        for _ in range(STORIES):
            story(server, trust, secrets)
        found = search(server, secrets)
        check.that("nothing of anybody is left, " + ("through TLS" if trust else "in plain text"), not (clean and found), found)
        check.that("it serves and stops", server.stop() == 0)


def main(build):
    cache = (build / "CMakeCache.txt").read_text()
    clean = not re.search(r"^KINDRED_SANITIZE:\w+=.+", cache, re.M)
    with tempfile.TemporaryDirectory(prefix="kindred-e2e-") as where:
        run(build, clean, None, None)
        run(build, clean, certificates.Authority(where), pathlib.Path(where))
    check.report()


main(pathlib.Path(sys.argv[1]))
