"""stall -- who never reads costs a bounded amount, and costs the others nothing.

Readers by hand, with HTTP/2 frames of our own: some give no window at all, some
a full one and never read their socket.  While they stand still much happens for
them; the server's memory is looked at before and after, and everybody else is
served.  Then a thousand idle streams; what each takes is printed.
Usage: stall_test.py BUILD_DIR."""
import os
import sys
import time

from stall import Reader, busy, memory
from world import Check, Member, Server, key

check = Check()
MIB = 1 << 20


def served(server, what):
    api = server.api()
    answer = api.call("Accounts/GetServerInfo", timeout=20)  # a server that is stuck never answers
    api.close()
    check.that(f"others are served: {what}", answer.api_version == "v1")


def pack(server, name, **fields):
    return server.protos.message(name)(**fields).SerializeToString()


def receiver(server):
    """3,000 messages of 8 KiB go by somebody who receives and does not read
    (service/stream law 2)."""
    peer = Member(server).ready(2, have=["heroin"])
    seeker = Member(server, grade=1).ready(1, have=["heroin"])
    duty = peer.attend()
    duty.next()
    stream = seeker.ask()
    peer.accept(duty.until(lambda m: len(m.duty.offers) > 0).duty.offers[0].offer_id)
    talk = stream.until(lambda m: m.ticket.phase == 2).ticket.talk
    before = memory(server)
    stalled = Reader(server, "/kindred.v1.Talks/Receive", pack(server, "ReceiveRequest", capability=peer.mailbox), window=16384)
    time.sleep(0.3)
    text = b"x" * 8192
    for i in range(1, 3001):
        seq = seeker.api.call("Talks/Send", idempotency_key=key(), capability=talk.send_capability, ciphertext=text).seq
        if i % 100 == 0:
            peer.api.call("Talks/Acknowledge", capability=peer.mailbox, up_to_seq=seq)
    for _ in range(4):  # these wait
        seeker.api.call("Talks/Send", idempotency_key=key(), capability=talk.send_capability, ciphertext=text)
    served(server, "while a receiver stands still")
    work = busy(server)
    time.sleep(1)
    check.that("nothing is fetched while they stand still", busy(server) - work < 0.3, busy(server) - work)
    grown = memory(server) - before
    print(f"a receiver who never reads, 3,000 messages of 8 KiB: {grown / MIB:.1f} MiB more")
    check.that("23 MiB of messages are not kept for them", grown < 16 * MIB, grown)
    fresh = peer.api.stream("Talks/Receive", capability=peer.mailbox)
    seeker.api.call("Talks/Send", idempotency_key=key(), capability=talk.send_capability, ciphertext=b"last")
    check.that("a newer receive takes its place",
               fresh.until(lambda m: m.WhichOneof("event") == "message").message.seq == 3001)
    stalled.close()
    seeker.api.call("Talks/End", idempotency_key=key(), capability=seeker.mailbox)
    peer.api.call("Peers/Leave", peer.token, idempotency_key=key())


def watcher(server):
    """A duty changes a thousand times for a peer who does not read."""
    peer = Member(server).ready(2, have=["heroin"])
    body = pack(server, "AttendRequest", idempotency_key=key(), capacity=1)
    before = memory(server)
    stalled = Reader(server, "/kindred.v1.Peers/Attend", body, token=peer.token)
    time.sleep(0.3)
    for i in range(1000):
        peer.api.call("Peers/SetCapacity", peer.token, idempotency_key=key(), capacity=i % 9)
    served(server, "while a peer stands still")
    grown = memory(server) - before
    print(f"a peer who never reads, 1,000 changes of duty: {grown / MIB:.1f} MiB more")
    check.that("a thousand states are not kept for them", grown < 8 * MIB, grown)
    stalled.close()
    peer.api.call("Peers/Leave", peer.token, idempotency_key=key())


def asker(server):
    """Two hundred asks of nobody's reading: seekers come and stand still."""
    seekers = [Member(server, grade=1).ready(1, have=["heroin"], must=["veteran"]) for _ in range(20)]
    before = memory(server)
    stalled = []
    for seeker in seekers:
        body = pack(server, "AskRequest", idempotency_key=key(), danger=True, country="US", **seeker.talk_keys())
        for window in (0, 65535):  # the second resumes the first
            stalled.append(Reader(server, "/kindred.v1.Support/Ask", body, token=seeker.token, window=window))
            time.sleep(0.01)
    time.sleep(0.5)
    served(server, "while seekers stand still")
    grown = memory(server) - before
    print(f"40 asks that nobody reads: {grown / MIB:.1f} MiB more")
    check.that("stalled asks are small", grown < 8 * MIB, grown)
    for reader in stalled:
        reader.close()


def glutton(server):
    """The largest answer there is, a hundred times on each of ten connections, unread."""
    before = memory(server)
    stalled = [Reader(server, "/kindred.v1.Vocabularies/GetVocabulary", streams=100) for _ in range(10)]
    time.sleep(1)
    served(server, "while a thousand large answers are not read")
    grown = memory(server) - before
    print(f"1,000 vocabularies asked for and not read: {grown / MIB:.1f} MiB more")
    check.that("they are bounded", grown < 256 * MIB, grown)
    for reader in stalled:
        reader.close()
    time.sleep(0.5)
    print(f"and after they left: {(memory(server) - before) / MIB:.1f} MiB more")


def idle(server):
    before = memory(server)
    readers = [Reader(server, "/grpc.health.v1.Health/Watch", window=65535) for _ in range(1000)]
    time.sleep(1)
    one = (memory(server) - before) / 1000
    print(f"1,000 connections with one idle stream: {one / 1024:.1f} KiB each")
    check.that("an idle stream is small", one < 128 * 1024, one)
    served(server, "beside a thousand idle streams")
    many = memory(server)
    more = [Reader(server, "/grpc.health.v1.Health/Watch", window=65535, streams=100) for _ in range(10)]
    time.sleep(1)
    print(f"1,000 idle streams on ten connections: {(memory(server) - many) / 1024000:.1f} KiB each")
    began = time.monotonic()
    status = server.stop()
    took = time.monotonic() - began
    check.that("stops in order beside them", status == 0 and took < 45, status, took)
    for reader in readers + more:
        reader.close()


# A sanitizer keeps what was freed, to see who uses it: that is not the server's.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"
with Server(sys.argv[1]) as world:
    for part in (receiver, watcher, asker, glutton, idle):
        check.runs(part, world)
check.report()
