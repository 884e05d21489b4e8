"""privacy -- nothing of a person is in the log, the database, or the name of a file.

A whole story of several people, with everything logged; then every byte of the
log, of /metrics, of DATA and of its file names is searched for what they used: terms, texts,
keys, capabilities, access tokens, the invitation, names, addresses.  The search
is shown to find things by planting them (service/service law 1).  Usage: privacy_test.py BUILD_DIR."""
import base64
import os
import pathlib
import stat
import struct
import sys
import tempfile
import time

from scrape import ACCESS, scrape
from world import Check, Member, Server, key, term

check = Check()
TERMS = ["heroin", "opioids", "veteran", "lang:en", "ptsd", "substance"]
INVITATION = "Lavender-Umbrella-77"
TEXTS = [b"My sister found me on the kitchen floor.", "Ich habe seit drei Tagen nicht geschlafen.".encode(),
         b"Call me at the blue house on Elm Street."]


class Secrets:
    """What was used, by name, and every way it could be written down."""

    def __init__(self):
        self.needles = {}

    def text(self, name, *texts):
        for text in texts:
            raw = text if isinstance(text, bytes) else text.encode()
            if raw:
                self.needles[name, raw[:12]] = raw

    def blob(self, name, raw):
        """Bytes: as they are, in hex, in base64 of either alphabet."""
        if not raw:
            return
        self.text(name, raw, raw.hex(), raw.hex().upper())
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            self.text(name, encode(raw).rstrip(b"="))

    def number(self, name, n):
        """A 64-bit number: both byte orders, decimal, hex, signed."""
        self.text(name, struct.pack("<Q", n), struct.pack(">Q", n), str(n), f"{n:x}", f"{n:X}",
                  str(struct.unpack("<q", struct.pack("<Q", n))[0]))

    def found(self, where):
        """Which needles are in the bytes of these (name, bytes)."""
        return [f"{name} in {place}" for place, hay in where
                for (name, _), needle in self.needles.items() if needle in hay]


def haystack(server):
    """Every byte of the log, of the metrics while it runs, and of DATA, and the names of the files."""
    where = [("the log", server.log.read_bytes())]
    if server.process.poll() is None:
        where.append(("the metrics", scrape(server).text.encode()))
    for path in sorted(server.data.rglob("*")):
        where.append(("a file name", str(path.relative_to(server.data)).encode()))
        if path.is_file():
            where.append((path.name, path.read_bytes()))
    return where


def ports(server):
    """The ports of our own connections to the server."""
    mine = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in pathlib.Path(table).read_text().splitlines()[1:]:
            local, remote = line.split()[1:3]
            if remote.endswith(f":{server.port:04X}"):
                mine.add(int(local.split(":")[1], 16))
    return mine


def know(secrets, m):
    secrets.blob("a public account key", m.public)
    secrets.blob("an account seed", m.seed)
    secrets.blob("an account secret key", m.secret)
    secrets.text("an access token", m.token)
    secrets.blob("the bytes of an access token", base64.urlsafe_b64decode(m.token + "=" * (-len(m.token) % 4)))


def meet(server, secrets, seeker, peer, **ask):
    """One talk, from the ask to the reflection."""
    duty = peer.attend(capacity=2)
    duty.next()
    stream = seeker.ask(**ask)
    offer = duty.until(lambda m: len(m.duty.offers) > 0).duty.offers[0]
    check.that("something is shown", len(offer.shown) > 0, offer)
    peer_talk = peer.accept(offer.offer_id).talk
    talk = stream.until(lambda m: m.ticket.phase == 2).ticket.talk
    one, two = seeker.open(talk, True), peer.open(peer_talk, False)
    inbox, inbox2 = one.receive(), two.receive()
    for text in TEXTS:
        one.send(text)
        two.send(text[::-1])
    for box, crypt in ((inbox2, two), (inbox, one)):
        for _ in TEXTS:
            crypt.open(box.until(lambda m: m.WhichOneof("event") == "message").message.ciphertext)
    for m, t in ((seeker, talk), (peer, peer_talk)):
        secrets.blob("a talk's secret key", m.talk_secret)
        secrets.blob("a talk's public key", m.talk_public)
        secrets.blob("a receive capability", m.mailbox)
        secrets.blob("a send capability", t.send_capability)
        secrets.text("a pairwise name", t.your_name)
    return talk, duty


def story(server, secrets):
    people = []
    for i in range(3):
        peer = Member(server).ready(2, have=TERMS, show=TERMS)
        seeker = Member(server, pool="adult", grade=1).ready(
            1, have=TERMS[i:], seek=[("heroin", 3), ("veteran", 2)], must=["lang:en"],
            show=TERMS)
        people += [peer, seeker]
        talk, duty = meet(server, secrets, seeker, peer, danger=i == 1, country="DE", language="de")
        if i == 0:  # this one ends, and is reflected on; the others live on
            seeker.api.call("Talks/End", idempotency_key=key(), capability=seeker.mailbox)
            for m in (seeker, peer):
                m.api.call("Talks/Reflect", idempotency_key=key(), capability=m.mailbox, understood=1, again=True)
        peer.api.call("Peers/Pause", peer.token, idempotency_key=key())
    guest = Member(server, pool="guests", grade=1)
    guest.enroll(invitation=INVITATION)
    guest.login()
    guest.card(1, have=TERMS)
    guest.ask().next()  # and waits
    people.append(guest)
    for m in people:
        know(secrets, m)
    for name in TERMS:
        secrets.number(f"the token of {name}", term(name))
        if len(name) > 5:
            secrets.text(f"the term {name}", name)
    secrets.text("the invitation", INVITATION)
    for text in TEXTS:
        secrets.text("a message", text, text[::-1], text.decode().encode("utf-16-le"))
    secrets.text("an address", "127.0.0.1", b"\x7f\0\0\1", "::1")
    return people


def only_in_log(server, used):
    """Numbers that the database needs, but no line may have."""
    lines = server.log.read_text().splitlines()
    calls = [line for line in lines if line.startswith("access")]
    check.that("calls are there", len(calls) > 30 and all(ACCESS.fullmatch(line) for line in calls), calls[:3])
    words = set(" ".join(line for line in lines if line not in calls).replace(":", " ").split())
    check.that("no client's port is in the log", not {str(p) for p in used} & words, used & {int(w) for w in words if w.isdigit()})
    check.that("the lines are words and counts", all(len(w) < 24 for w in words), [w for w in words if len(w) > 23])


def modes(server):
    check.that("DATA is its owner's", stat.S_IMODE(server.data.stat().st_mode) == 0o700, oct(server.data.stat().st_mode))
    seen = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in server.data.iterdir()}
    check.that("so is every file in it", all(mode == 0o600 for mode in seen.values()) and "kindred.db" in seen and
               "master.key" in seen, seen)


def planted(secrets, server):
    """The search finds what it looks for, in every way of writing."""
    with tempfile.TemporaryDirectory() as folder:
        missed = []
        for (name, _), needle in secrets.needles.items():
            path = pathlib.Path(folder) / "planted"
            path.write_bytes(os.urandom(4096) + needle + os.urandom(4096))
            if not any(hit.startswith(name) for hit in secrets.found([("a plant", path.read_bytes())])):
                missed.append(name)
    check.that("everything planted is found", not missed, missed)
    log = server.log.read_bytes()
    with open(server.log, "ab") as file:
        file.write(b"info: " + INVITATION.encode() + b"\n")
    check.that("also in the log", secrets.found(haystack(server)) == ["the invitation in the log"])
    server.log.write_bytes(log)


with Server(sys.argv[1], "--pools", "adult:open:peer guests:invitation:member", "--invitation", INVITATION,
            "--show-min", "1", "--rarity-ms", "1000", "--access-log", "100000") as world:
    held = Secrets()
    members = story(world, held)
    time.sleep(1.5)  # the table of rarities is written, too
    modes(world)
    client_ports = ports(world)
    check.that("there were clients", len(client_ports) >= len(members), client_ports)
    where = haystack(world)
    check.that("there is something to search", sum(len(hay) for _, hay in where) > 200000 and len(held.needles) > 250,
               [(place, len(hay)) for place, hay in where], len(held.needles))
    hits = held.found(where)
    check.that("nothing while it runs", not hits, sorted(set(hits))[:20])
    only_in_log(world, client_ports)
    world.kill()
    world.start()
    hits = held.found(haystack(world))
    check.that("nothing after a crash", not hits, sorted(set(hits))[:20])
    for member in members:
        member.api.close()
    check.that("stops in order", world.stop() == 0)
    hits = held.found(haystack(world))
    check.that("nothing after it stopped", not hits, sorted(set(hits))[:20])
    modes_after = {p.name: oct(p.lstat().st_mode & 0o777) for p in world.data.iterdir()}
    check.that("and no file became readable", all(m == "0o600" for m in modes_after.values()), modes_after)
    planted(held, world)
check.report()
