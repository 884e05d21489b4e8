"""attack -- an attacker's connection, honest people beside it, and what an attack may cost.

attack() is held around each: the server's resident memory never rises by more than the budget while it lasts, people who
are honest, on connections that were there before and on new ones, are all answered, and an operator sees the attacker by
reason in a counter."""
import contextlib
import http.client
import json
import os
import pathlib
import select
import socket
import struct
import threading
import time

from stall import PREFACE, busy, dial, frame, head, memory
from world import PATIENCE, Api, Check

check = Check()
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"  # memory given back is given back
MIB = 1 << 20
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
CALM = 11
INFO = "/kindred.v1.Accounts/GetServerInfo"
EMPTY = b"\0\0\0\0\0"  # a message of gRPC with nothing in it
REFUSALS = {"connection_refused", "address_connections", "address_connections_fast", "address_calls", "address_calls_fast",
            "expelled_resets", "expelled_controls", "expelled_pings", "expelled_head", "expelled_flood", "expelled_tls",
            "expelled_unread", "protocol_broken", "request_refused", "head_refused", "calls_full", "message_large",
            "message_complex", "message_broken"}
CUT_IN_S = 50  # above all limits of time that a slow caller meets


def counters(server):
    """All counters, as an operator sees them."""
    api = Api(server.protos, f"unix:{server.data}/operations.sock")
    found = {c.name: c.value for c in api.call("Operations/Stats").counters}
    api.close()
    return found


def counter(server, *names):
    """The sum of these."""
    found = counters(server)
    return sum(found[name] for name in names)


class Honest(threading.Thread):
    """Two people who call all the time, by gRPC and by JSON over HTTP/1.1, each on one connection."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.over, self.answered, self.failed = server, False, 0, []
        self.api = server.api()
        self.web = self.dial()
        self.ask(self.api, self.web)  # they were here first
        self.start()

    def dial(self):
        return http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)

    def ask(self, api, web):
        web.request("POST", INFO, "{}", {"content-type": "application/json"})
        text = web.getresponse().read()
        return api.call("Accounts/GetServerInfo").api_version == json.loads(text)["apiVersion"] == "v1"

    def run(self):
        while not self.over:
            try:
                assert self.ask(self.api, self.web)
                self.answered += 1
            except Exception as error:
                self.failed.append(repr(error))
            time.sleep(0.002)

    def newcomer(self):
        """Somebody who was not here before."""
        api, web = self.server.api(), self.dial()
        try:
            return self.ask(api, web)
        finally:
            api.close()
            web.close()


class Wire:
    """An attacker's connection: what is sent, and what the server made of it."""

    def __init__(self, server, hello=PREFACE + frame(SETTINGS, 0, 0), wrap=None, source="127.0.0.1", kernel=0):
        self.socket = dial(server, kernel, source, PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if wrap:
            self.socket = wrap.wrap_socket(self.socket, server_hostname="localhost")
        self.got, self.over = b"", False
        self.send(hello)

    def send(self, *pieces):
        """Until it is cut off; what comes meanwhile is read."""
        for piece in pieces:
            if self.over:
                return
            try:
                self.socket.sendall(piece)
            except OSError:
                self.over = True
            self.read(0)

    def pour(self, text, patience):
        """Reading nothing, until all of it is taken, or nothing was for so long."""
        self.socket.settimeout(patience)  # of each send; sendall() takes it as that of all of them
        rest = memoryview(text)
        with contextlib.suppress(OSError):
            while rest:
                rest = rest[self.socket.send(rest):]

    def read(self, patience):
        """What comes within that time, or until it is over."""
        while not self.over and (select.select([self.socket], [], [], patience)[0]):
            try:
                some = self.socket.recv(65536)
            except OSError:
                some = b""
            self.got += some
            self.over = not some

    def cut(self, patience=CUT_IN_S):
        """Does the server end it?"""
        deadline = time.monotonic() + patience
        while not self.over and time.monotonic() < deadline:
            self.read(1)
        return self.over

    def wait_for(self, what, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while not self.over and not what() and time.monotonic() < deadline:
            select.select([self.socket], [], [], 0.01)
            self.read(0)

    def until(self, kind, patience=PATIENCE):
        """Until a frame of that kind came."""
        self.wait_for(lambda: self.frames(kind), patience)
        return self.frames(kind)

    def credit(self):
        """Bytes of body that the connection may send beyond the first 65,535."""
        return sum(int.from_bytes(payload, "big") for _, stream, payload in self.frames(WINDOW) if stream == 0)

    def frames(self, kind):
        """(flags, stream, payload) of each frame of that kind that came whole."""
        at, found = 0, []
        while at + 9 <= len(self.got):
            size = int.from_bytes(self.got[at:at + 3], "big")
            if self.got[at + 3] == kind and at + 9 + size <= len(self.got):
                found.append((self.got[at + 4], int.from_bytes(self.got[at + 5:at + 9], "big"), self.got[at + 9:at + 9 + size]))
            at += 9 + size
        return found

    def goaway(self):
        """Code and words it was sent away with."""
        for _, _, payload in self.frames(GOAWAY):
            return struct.unpack(">I", payload[4:8])[0], payload[8:].decode()
        return None

    def close(self):
        self.socket.close()


@contextlib.contextmanager
def attack(honest, what, *reasons, budget=8, least=1):
    """What happens inside costs at most budget MiB, and the honest nothing; the counters of these reasons rise by
    `least` at least, and if there are none, no counter of any refusal does."""
    server = honest.server
    counted = counters(server)
    pathlib.Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")  # VmHWM begins anew
    before, work, answered, began = memory(server), busy(server), honest.answered, time.monotonic()
    try:
        yield
        deadline = time.monotonic() + PATIENCE
        while honest.answered < answered + 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    except Exception as error:
        check.that(f"{what}: ran through", False, repr(error))
    grown = memory(server, "VmHWM") - before
    print(f"{what}: {grown / MIB:.1f} MiB at most, {busy(server) - work:.2f} s of CPU in {time.monotonic() - began:.1f} s, "
          f"{honest.answered - answered} honest answers")
    check.that(f"{what}: memory stays in its budget", grown <= budget * MIB, f"{grown / MIB:.1f} MiB")
    check.that(f"{what}: the honest are answered", honest.answered >= answered + 3 and not honest.failed, honest.failed[:3])
    check.that(f"{what}: so is who comes new", honest.newcomer())
    check.that(f"{what}: the server lives", server.process.poll() is None)
    rose = {name: value - counted[name] for name, value in counters(server).items() if value > counted[name]}
    if reasons:
        check.that(f"{what}: counted as {' or '.join(reasons)}", sum(rose.get(name, 0) for name in reasons) >= least, rose)
    else:
        check.that(f"{what}: nothing is refused", not rose.keys() & REFUSALS, rose)
    honest.failed.clear()


def request(stream, flags=END_HEADERS | END_STREAM, path=INFO, **more):
    return frame(HEADERS, flags, stream, head(path, **more))


def odd(n):
    return range(1, 2 * n, 2)


def batches(pieces, size=200):
    pieces = list(pieces)
    return [b"".join(pieces[i:i + size]) for i in range(0, len(pieces), size)]
