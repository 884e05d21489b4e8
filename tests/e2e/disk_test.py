"""disk -- a disk that is full loses nothing, and is told as what it is.

The data directory is a file system of a few MB of its own, filled to the last
byte; without the right to mount one, no file of the server may grow instead.
Meanwhile a changing call is done, where the database had room left in itself, or
fails STORE_FAILED and changes nothing; what only reads goes on, and so does who
waits.  Killed in that state, the server starts again once there is room, with all that was acknowledged; what had no answer is
repeated under its key and done once.  Usage: disk_test.py BUILD_DIR."""
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

from world import Check, Failed, Member, Server, key

ROUNDS, MIB = 6, 1 << 20
check = Check()
refusals = []


class Disk:
    """Where the server keeps its data: full, or with room."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="kindred-disk-")
        self.data = pathlib.Path(self.top) / "data"
        self.data.mkdir(mode=0o700)
        mount = ["mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "none", str(self.data)]
        self.mounted = subprocess.run(mount, stderr=subprocess.DEVNULL).returncode == 0
        print("a file system of 6 MB" if self.mounted else "no right to mount: RLIMIT_FSIZE instead")

    def full(self, server):
        if not self.mounted:
            largest = max(file.stat().st_size for file in self.data.iterdir())
            return resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
        with open(self.data / "filler", "wb", buffering=0) as filler:
            for size in (MIB, 4096, 1):
                try:
                    while filler.write(b"\0" * size) == size:
                        pass
                except OSError:
                    pass

    def room(self, server):
        if not self.mounted:
            limits = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            return server.process.poll() is None and resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, limits)
        (self.data / "filler").unlink(missing_ok=True)

    def close(self):
        if self.mounted:
            subprocess.run(["umount", str(self.data)], check=True)
        shutil.rmtree(self.top, ignore_errors=True)


def put(member, version):
    info = member.api.call("Accounts/GetServerInfo")
    card = world.protos.message("Card")(role=1, version=version, vocabulary_version=info.vocabulary_version)
    return {"idempotency_key": key(), "card": card, "consent_version": info.consent_version}


def until_refused(talk, numbers):
    """Say things until the disk is full; the message that had no place."""
    for _ in range(250):
        fields = {"idempotency_key": key(), "capability": talk.send_capability, "ciphertext": os.urandom(4000)}
        try:
            numbers[fields["ciphertext"]] = peer.api.call("Talks/Send", **fields).seq
        except Failed as error:
            refusals.append(error)
            check.that("a full disk is told", (error.code, error.reason) == ("UNAVAILABLE", "STORE_FAILED"), error)
            return fields
    check.that("the disk was full", False)
    return None


def done(call):
    """Whether it was done, or refused for want of room."""
    try:
        call()
    except Failed as error:
        refusals.append(error)
        check.that("a full disk is told", (error.code, error.reason) == ("UNAVAILABLE", "STORE_FAILED"), error)
        return False
    return True


def while_full(one, version):
    """What is refused, and what goes on; the calls to be repeated, and the version of the card."""
    again = put(one, version + 1)
    put_it = done(lambda: one.api.call("Cards/PutCard", one.token, **again))
    check.that("the card is the new one, or the old", put_it + version ==
               one.api.call("Cards/GetCard", one.token, role=1).card.version, put_it)
    newcomer = Member(world, grade=1)
    if not done(newcomer.enroll):
        check.fails("who was not enrolled is not half there", "UNAUTHENTICATED", "NOT_ENROLLED", newcomer.login)
    one.login()
    check.that("who is a member logs in", one.token)
    waiting.api.call("Support/Beat", waiting.token, ticket_id=ticket.ticket_id)
    state = waiting.ask_again().next().ticket
    check.that("who waits goes on waiting", (state.ticket_id, state.phase) == (ticket.ticket_id, 1), state)
    return again, newcomer


def one_round(disk, number, numbers):
    disk.full(world)
    last = until_refused(mine, numbers)
    again, newcomer = while_full(seeker, number)
    if number % 2 == 0:
        world.kill()
        try:
            world.start()  # it may do with the room it has
            world.kill()
        except RuntimeError as error:
            check.that("it says why it does not start", "the disk is full" in str(error), error)
        disk.room(world)
        world.start()
        for member in (seeker, peer, waiting, newcomer):
            member.reconnect()
        seeker.login()
        waiting.login()
    else:
        disk.room(world)
    numbers[last["ciphertext"]] = peer.api.call("Talks/Send", **last).seq
    check.that("repeated, it is done once", peer.api.call("Talks/Send", **last).seq == numbers[last["ciphertext"]])
    check.that("the card is put under the key that failed",
               seeker.api.call("Cards/PutCard", seeker.token, **again).version == number + 1)
    try:
        newcomer.enroll()
    except Failed as error:
        check.that("who is enrolled already was told so", error.reason == "ALREADY_ENROLLED", error)
    newcomer.login()
    state = waiting.ask_again().next().ticket
    check.that("who waited waits, with the age", (state.ticket_id, state.phase) == (ticket.ticket_id, 1) and
               state.age_ms >= ticket.age_ms, state)
    inbox, last_seq = seeker.api.stream("Talks/Receive", capability=seeker.mailbox), 0
    seen = {}
    while len(seen) < len(numbers):
        got = inbox.next()
        if got.WhichOneof("event") == "message":
            check.that("in order, without gaps", got.message.seq == last_seq + 1 or last_seq == 0, got.message.seq, last_seq)
            last_seq = got.message.seq
            seen[got.message.ciphertext] = last_seq
    inbox.cancel()
    check.that("every acknowledged message is there, under its number", seen == numbers, len(seen), len(numbers))
    seeker.api.call("Talks/Acknowledge", capability=seeker.mailbox, up_to_seq=last_seq)
    print(f"round {number}: full, {'killed' if number % 2 == 0 else 'went on'}; {len(seen)} messages there")
    numbers.clear()


disk = Disk()
try:
    with Server(sys.argv[1], "--settle-ms", "0", "--relax-ms", "1", data=disk.top) as world:
        peer = Member(world).ready(2, have=["heroin"])
        seeker = Member(world, grade=1).ready(1, have=["heroin"])
        waiting = Member(world, grade=1).ready(1, must=["veteran"])
        duty, stream = peer.attend(), seeker.ask()
        mine = peer.accept(duty.until(lambda m: len(m.duty.offers) > 0).duty.offers[0].offer_id).talk
        stream.until(lambda m: m.ticket.phase == 2)
        ticket = waiting.ask().next().ticket
        seeker.receive = seeker.api.stream("Talks/Receive", capability=seeker.mailbox)
        peer.api.stream("Talks/Receive", capability=peer.mailbox).next()
        for number in range(1, ROUNDS + 1):
            one_round(disk, number, {})
        check.that("stops in order", world.stop() == 0)
        print(f"injected {ROUNDS} full disks, half of them with kill -9; checked {len(refusals)} refusals, and that what "
              "was acknowledged is there, and nothing else")
        check.that("each disk was full", len(refusals) >= ROUNDS, len(refusals))
finally:
    disk.close()
check.report()
