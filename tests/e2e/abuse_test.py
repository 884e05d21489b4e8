"""abuse -- what a stranger can do to a running server, and what it costs.

Each row is one known attack, of a bounded count.  What must hold for each: the
attacker is cut off or answered by the rule named, the server's resident memory
never rises by more than the budget while it lasts, and people who are honest,
on connections that were there before and on new ones, are all answered; and an
operator sees the attacker by reason in a counter (attack.py).  Limits per
address, and what a server ends by itself, are in limits_test.py.
Usage: abuse_test.py BUILD_DIR."""
import contextlib
import gzip
import http.client
import json
import pathlib
import socket
import ssl
import struct
import sys
import tempfile
import threading
import time

import grpc
from attack import (ACK, CALM, CONTINUATION, CUT_IN_S, DATA, EMPTY, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INFO, MIB, PADDED,
                    PING, PRIORITY, PUSH, RST, SETTINGS, WINDOW, Honest, Wire, attack, batches, check, counter, odd, request)
from certificates import Authority
from stall import PREFACE, fields, frame, string
from world import PATIENCE, Failed, Server

# ---- HTTP/2: floods that are counted ----

OVERFLOW = struct.pack(">I", 0x7FFFFFFF)
SETTING, ONE = struct.pack(">HI", 4, 70000), struct.pack(">I", 1)
OPEN = request(1, END_HEADERS, "/grpc.health.v1.Health/Watch")  # a request that is not ended
# An entry of 4,000 bytes, and that entry over and over.
BOMB = fields([(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "t")]) + \
    b"\x40" + string("x") + string("y" * 4000) + b"\xbe" * 12000

FLOOD = "expelled_flood expelled_controls"  # nghttp2's bound of what waits, or our budget, whichever is met first

# (what is sent, the frames, words of the GOAWAY, counter): more than any budget of http/guard, and to be cut off for it
FLOODS = [
    ("2,000 requests, each reset at once (rapid reset)",
     [request(i) + frame(RST, 0, i, struct.pack(">I", 8)) for i in odd(2000)], "too_much", "expelled_resets"),
    ("2,000 requests that we are made to reset: a window too large (MadeYouReset)",
     [request(i, END_HEADERS) + frame(WINDOW, 0, i, OVERFLOW) for i in odd(2000)], "too_much", "expelled_resets"),
    ("2,000 requests that we are made to reset: more body than was said",
     [request(i, END_HEADERS, content_length="1") + frame(DATA, 0, i, b"\0\0") for i in odd(2000)], "too_much", "expelled_resets"),
    ("2,000 requests that we are made to reset: a second head that ends nothing",
     [request(i, END_HEADERS) * 2 for i in odd(2000)], "too_much", "expelled_resets"),
    ("2,000 requests with a field that may not be",
     [request(i, connection="close") for i in odd(2000)], "too_much", "expelled_resets"),
    ("10,000 CONTINUATION frames, the head without end",
     [frame(HEADERS, 0, 1, fields([(":method", "POST")]))] + [frame(CONTINUATION, 0, 1, fields([("a", "b" * 100)]))] * 10000,
     "too_much", "expelled_flood"),
    ("10,000 CONTINUATION frames with nothing in them",
     [frame(HEADERS, 0, 1, b"")] + [frame(CONTINUATION, 0, 1)] * 10000, "too_much", "expelled_flood"),
    ("10,000 SETTINGS frames", [frame(SETTINGS, 0, 0, SETTING)] * 10000, "too_much", FLOOD),
    ("10,000 SETTINGS frames of 32 windows each, over 100 streams",
     [request(i, END_HEADERS) for i in odd(100)] + [frame(SETTINGS, 0, 0, SETTING * 32)] * 10000, "too_much", FLOOD),
    ("10,000 PING frames", [frame(PING, 0, 0, b"\1" * 8)] * 10000, "too_many_pings", "expelled_pings"),
    ("10,000 answers to PINGs that were none", [frame(PING, ACK, 0, b"\1" * 8)] * 10000, "too_much", "expelled_controls"),
    ("10,000 PRIORITY frames, of one stream", [frame(PRIORITY, 0, 1, b"\0\0\0\0\1")] * 10000, "too_much", "expelled_controls"),
    ("10,000 PRIORITY frames, of streams that are not there",
     [frame(PRIORITY, 0, i, struct.pack(">IB", max(0, i - 2), 1)) for i in odd(10000)], "too_much", "expelled_controls"),
    ("10,000 WINDOW_UPDATE frames of the connection", [frame(WINDOW, 0, 0, ONE)] * 10000, "too_much", "expelled_controls"),
    ("10,000 WINDOW_UPDATE frames of a stream", [OPEN] + [frame(WINDOW, 0, 1, ONE)] * 10000, "too_much", "expelled_controls"),
    ("10,000 DATA frames with nothing in them", [OPEN] + [frame(DATA, 0, 1)] * 10000, "too_much", "expelled_controls"),
    ("10,000 DATA frames with padding in them", [OPEN] + [frame(DATA, PADDED, 1, b"\0")] * 10000, "too_much", "expelled_controls"),
    ("10,000 windows of a stream that is over",
     [request(1) + frame(RST, 0, 1, struct.pack(">I", 8))] + [frame(WINDOW, 0, 1, ONE)] * 10000, "too_much", "expelled_controls"),
    ("10,000 resets of a stream that is over", [request(1)] + [frame(RST, 0, 1, struct.pack(">I", 8))] * 10000, "too_much",
     "expelled_resets"),
    ("10,000 GOAWAY frames", [OPEN] + [frame(GOAWAY, 0, 0, b"\0" * 8)] * 10000, "too_much", "expelled_controls"),
    ("10,000 frames of a kind that nobody knows", [frame(0x42, 0, 0)] * 10000, "too_much", "expelled_controls"),
    ("a head of 48 MB in 16 KB (HPACK bomb)", [frame(HEADERS, END_HEADERS | END_STREAM, 1, BOMB)], "header_list_too_large", "expelled_head"),
    ("a trailer of 48 MB in 16 KB", [OPEN, frame(HEADERS, END_HEADERS | END_STREAM, 1,
                                                BOMB[BOMB.index(b"\x40"):])], "header_list_too_large", "expelled_head"),
]


def floods(server, honest):
    for what, frames, words, reason in FLOODS:
        with attack(honest, what, *reason.split()):
            wire = Wire(server)
            wire.send(*batches(frames))
            check.that(f"{what}: cut off", wire.cut(), len(wire.got))
            check.that(f"{what}: told why", wire.goaway() == (CALM, words), wire.goaway())
            wire.close()


def late_bodies(server, honest):
    """The call was answered before its body came: what still comes is for nobody, and paid."""
    for what, late, n in (("DATA frames", b"\0" * 100, 10000), ("DATA frames with nothing in them", b"", 600000)):
        what = f"{n} {what}, of a stream that is over"
        with attack(honest, what, "expelled_controls", "protocol_broken"):
            wire = Wire(server)
            wire.send(request(1, END_HEADERS, "/no/such"))
            check.that(f"{what}: answered, and told to stop", [payload for _, _, payload in wire.until(RST)] == [b"\0" * 4])
            wire.send(*batches([frame(DATA, 0, 1, late)] * n, 2000))
            check.that(f"{what}: cut off", wire.cut() and wire.goaway() in ((CALM, "too_much"), (3, "")), wire.goaway())
            wire.close()


def refused_streams(server, honest):
    """Whoever does not acknowledge our SETTINGS may open 100 all the same; more are refused, and that is paid."""
    what = "2,000 streams at once, ours of SETTINGS not acknowledged"
    with attack(honest, what, "expelled_resets"):
        wire = Wire(server)
        wire.send(*batches(request(i, END_HEADERS, "/grpc.health.v1.Health/Check") for i in odd(2000)))
        check.that(f"{what}: cut off", wire.cut(), len(wire.got))
        check.that(f"{what}: told why", wire.goaway() == (CALM, "too_much"), wire.goaway())
        check.that(f"{what}: 501 refusals at most", len(wire.frames(RST)) <= 501, len(wire.frames(RST)))


# What nobody does who keeps to the protocol: over at once.
BROKEN = [
    ("101 streams at once, against the SETTINGS",
     frame(SETTINGS, ACK, 0) + b"".join(request(i, END_HEADERS, "/grpc.health.v1.Health/Check") for i in odd(101))),
    ("a window of nothing more", OPEN + frame(WINDOW, 0, 1, b"\0" * 4)),
    ("SETTINGS acknowledged that were not sent", frame(SETTINGS, ACK, 0) * 2),
    ("a stream that depends on itself", frame(PRIORITY, 0, 1, b"\0\0\0\1\1")),
    ("a promise", frame(PUSH, END_HEADERS, 1, b"\0\0\0\2")),
    ("a frame larger than may be", OPEN + frame(DATA, 0, 1, b"\0" * 16385)),
    ("a stream that went by", request(5) + request(3)),
    ("DATA of a stream that the caller itself reset", request(1) + frame(RST, 0, 1, struct.pack(">I", 8)) + frame(DATA, 0, 1, b"a")),
    ("a head within a head", frame(HEADERS, 0, 1, b"") + OPEN),
    ("a head that cannot be unpacked", frame(HEADERS, END_HEADERS, 1, b"\xff" * 40)),
]


def broken(server, honest):
    with attack(honest, f"{len(BROKEN)} breaches of the protocol", "protocol_broken", least=len(BROKEN)):
        for what, sent in BROKEN:
            wire = Wire(server)
            wire.send(sent)
            check.that(f"cut off: {what}", wire.cut() and wire.goaway() and wire.goaway()[0] not in (0, CALM), wire.goaway())
            wire.close()


def steady(server, honest):
    """What is no attack is not cut off: as much as the budgets bear, and the answers come."""
    with attack(honest, "a client that cancels, pings and updates within the budgets"):
        wire = Wire(server)
        wire.send(*batches([frame(WINDOW, 0, 0, ONE)] * 1500 + [frame(PING, 0, 0, b"\1" * 8)] * 2 +
                           [request(i) + frame(RST, 0, i, struct.pack(">I", 8)) for i in odd(300)]))
        wire.send(request(1001, END_HEADERS) + frame(DATA, END_STREAM, 1001, EMPTY))
        check.that("and it is answered", any(stream == 1001 for _, stream, _ in wire.until(DATA)), wire.goaway())
        wire.close()


# ---- what comes unpacked larger ----

def bombs(server, honest):
    zipped = gzip.compress(b"\0" * (20 * MIB))

    def call(path, body, **headers):
        """The code of Connect, or the status of HTTP."""
        web = honest.dial()
        web.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = web.getresponse()
        text = answer.read()
        web.close()
        kind = answer.headers.get("content-type", "")
        return json.loads(text)["code"] if kind == "application/json" else answer.status

    with attack(honest, "20 MiB of zeros in 20 KiB of gzip, 40 times (zip bomb)", "message_large", least=41):
        for kind in ("application/json", "application/proto"):
            for _ in range(20):
                got = call("/kindred.v1.Accounts/Enroll", zipped, content_type=kind, content_encoding="gzip")
                check.that(f"{kind}: too large after it is unpacked", got == "resource_exhausted", got)
        api = server.api()
        error = api.channel.unary_unary("/kindred.v1.Accounts/Enroll").future(
            b"\0" * (20 * MIB), timeout=PATIENCE, compression=grpc.Compression.Gzip).exception()
        check.that("gRPC: too large after it is unpacked",
                   Failed(server.protos, error).reason == "MESSAGE_TOO_LARGE", error)
        api.close()
    deep = 1500
    cases = [("arrays", "json", b'{"card":' + b"[" * deep, "invalid_argument"),
             ("objects", "json", b'{"card":' * deep, "resource_exhausted"),
             ("of nobody's", "json", b'{"nobody":' + b'{"a":[' * deep, "resource_exhausted"),
             ("and closed", "json", b'{"x":' + b"[" * deep + b"]" * deep + b"}", "resource_exhausted"),
             ("groups", "proto", b"\xf3\x3f" * deep, "internal")]
    with attack(honest, f"{deep} levels, 50 times (deep nesting)", "message_complex", "message_broken", least=50):
        for what, kind, body, want in cases:
            for _ in range(10):
                got = call("/kindred.v1.Cards/PutCard", body, content_type="application/" + kind)
                check.that(f"levels of {what}", got == want, got)


# ---- what is held for somebody ----

def holders(server, honest):
    """Bodies that never end, and answers that nobody reads: held, but not more than may be, and not for ever: they are
    looked at in the end."""
    most = honest.api.call("Accounts/GetServerInfo").limits.request_bytes_max
    what = f"1,000 messages of {most >> 10} KiB that never end, on ten connections"
    with attack(honest, what, budget=2 * 1000 * most / MIB + 16):
        wires = [Wire(server) for _ in range(10)]
        for wire in wires:
            wire.send(*(request(i, END_HEADERS, "/kindred.v1.Accounts/Enroll") +
                        frame(DATA, 0, i, struct.pack(">BI", 0, most)) for i in odd(100)))
            sent = 500
            for i in odd(100):
                for _ in range(most // 16000 - 1):
                    sent += 16000
                    wire.wait_for(lambda: sent <= 65535 + wire.credit())
                    wire.send(frame(DATA, 0, i, b"\0" * 16000))
            check.that(f"{what}: it is no abuse to be slow", not wire.over)
    held = wires
    what = "1,000 large answers that nobody reads, on ten connections"
    with attack(honest, what, budget=48):
        wires = [Wire(server, PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0))) for _ in range(10)]
        for wire in wires:
            wire.send(*(request(i, END_HEADERS, "/kindred.v1.Vocabularies/GetVocabulary") + frame(DATA, END_STREAM, i, EMPTY)
                        for i in odd(100)))
        honest.newcomer()
    return held + wires


# ---- HTTP/1.1 ----

HOST = b"Host: t\r\n"
SECRET = b"GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked\r\n"
# Two ways to read where the first request ends: none may be chosen.
SMUGGLED = {
    "a length and chunks": POST + b"Content-Length: 40\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "chunks and a length": POST + CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n",
    "the same length twice": POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "lengths in a list": POST + b"Content-Length: 0, 40\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +0\r\n\r\n",
    "a length below zero": POST + b"Content-Length: -1\r\n\r\n",
    "a length in hex": POST + b"Content-Length: 0x0\r\n\r\n",
    "a length that wraps": POST + b"Content-Length: 18446744073709551616\r\n\r\n",
    "a length of nothing": POST + b"Content-Length: \r\n\r\n",
    "chunks twice": POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n",
    "chunked, and what else": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "identity": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "xchunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked, hidden": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /x HTTP/1.0\r\n" + HOST + CHUNKED + b"\r\n0\r\n\r\n",
    "a space before the colon": POST + b"Content-Length : 40\r\n\r\n",
    "a space before the name": POST + b" Content-Length: 40\r\n\r\n",
    "a folded line": POST + b"X: a\r\n Content-Length: 40\r\n\r\n",
    "a field without a name": POST + b": a\r\n\r\n",
    "a field without a colon": POST + b"X\r\n\r\n",
    "a bare LF": POST + b"X: a\nContent-Length: 40\r\n\r\n",
    "a bare CR": POST + b"X: a\rContent-Length: 40\r\n\r\n",
    "a zero byte": POST + b"X: a\0b\r\n\r\n",
    "no host": b"POST /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "two hosts": POST + HOST + b"Content-Length: 0\r\n\r\n",
    "a space in the target": b"POST /x HTTP/1.1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel": b"CONNECT t:1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a chunk size that wraps": POST + CHUNKED + b"\r\n10000000000000000\r\n",
    "a chunk size with a sign": POST + CHUNKED + b"\r\n+0\r\n\r\n",
    "a chunk size of nothing": POST + CHUNKED + b"\r\n\r\n",
    "an extension of a chunk": POST + CHUNKED + b"\r\n0;a\n\r\n\r\n",
    "a bare LF after the chunk size": POST + CHUNKED + b"\r\n0\n\r\n",
    "a chunk longer than it said": POST + CHUNKED + b"\r\n1\r\nabc\r\n0\r\n\r\n",
}


def talk(server, text, patience=PATIENCE):
    """All that comes until the server ends it."""
    wire = Wire(server, text)
    wire.cut(patience)
    wire.close()
    return wire.got if wire.over else wire.got + b" (not ended)"


def smuggling(server, honest):
    with attack(honest, f"{len(SMUGGLED)} requests that end in two ways, another hidden behind each",
                "request_refused", least=len(SMUGGLED)):
        for what, text in SMUGGLED.items():
            got = talk(server, text + SECRET)
            check.that(f"refused: {what}", got.startswith(b"HTTP/1.1 400 ") or got.startswith(b"HTTP/1.1 404 ") and
                       what.startswith(("a chunk", "a bare LF after", "an ext")), got[:60])
            check.that(f"one answer, and the end: {what}", got.count(b"HTTP/1.1 ") == 1 and b"(not" not in got, got)
    with attack(honest, "what is not smuggled: a trailer that says a length, requests in a row"):
        both = talk(server, POST + CHUNKED + b"\r\n0\r\nContent-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n" +
                    POST + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
        check.that("both are answered", both.count(b"HTTP/1.1 ") == 2 and b"(not" not in both, both)


def large_heads(server, honest):
    x = b"X: " + b"y" * 1000 + b"\r\n"
    for what, text in (("a target", b"GET /" + b"x" * MIB), ("a name", b"GET / HTTP/1.1\r\n" + b"x" * MIB),
                       ("a value", b"GET / HTTP/1.1\r\nX: " + b"x" * MIB), ("fields", b"GET / HTTP/1.1\r\n" + x * 1000),
                       ("small fields", b"GET / HTTP/1.1\r\n" + HOST + b"a:b\r\n" * 1000 + b"\r\n"),
                       ("a trailer", POST + CHUNKED + b"\r\n0\r\n" + x * 1000),
                       ("nothing but line ends", b"\r\n" * MIB), ("noise", b"\xff\x00" * MIB)):
        with attack(honest, f"HTTP/1.1 without end: {what}", "head_refused", "request_refused", "protocol_broken"):
            got = talk(server, text)
            check.that(f"cut off: {what}", b"(not" not in got and got.count(b"HTTP/1.1 ") <= 1, got[-80:])
    with attack(honest, "40,000 requests in a row, nothing read meanwhile"):
        wire = Wire(server, b"", kernel=4096)
        wire.pour((b"POST " + INFO.encode() + b" HTTP/1.1\r\n" + HOST +
                   b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}") * 40000, 2)
        honest.newcomer()
    return [wire]


# ---- slowness: one byte now and then, or none ----

SLOW = {
    "nothing at all": b"",
    "two bytes of the preface": PREFACE[:2],
    "the preface but its end": PREFACE[:-1],
    "the preface and no SETTINGS": PREFACE,
    "half of a SETTINGS frame": PREFACE + frame(SETTINGS, 0, 0, SETTING)[:12],
    "a head that goes on": PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, 0, 1, fields([(":method", "POST")])),
    "half of a HEADERS frame": PREFACE + frame(SETTINGS, 0, 0) + request(1)[:40],
    "a trailer that goes on": PREFACE + frame(SETTINGS, 0, 0) + OPEN + frame(HEADERS, 1, 1, fields([("a", "b")])),
    "half a request line": b"POST /x HT",
    "half a head": b"POST /x HTTP/1.1\r\nHost: t\r\nX: ",
}
# … and these are answered: of the request nothing more comes.
SLOW_BODY = {
    "half a body": b"POST " + INFO.encode() + b" HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
    "half a chunk size": b"POST " + INFO.encode() + b" HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n" + CHUNKED + b"\r\n0",
    "half a trailer": b"POST " + INFO.encode() + b" HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n" + CHUNKED +
                      b"\r\n2\r\n{}\r\n0\r\nX: ",
}


class Drip(threading.Thread):
    """Says a byte more of each from time to time, that none of them is silent."""

    def __init__(self, wires):
        super().__init__(daemon=True)
        self.wires, self.over = wires, False
        self.start()

    def run(self):
        while not self.over:
            for wire in self.wires:
                with contextlib.suppress(OSError):
                    wire.socket.send(b"a")
            time.sleep(1)


def slow_begin(server):
    """All at once, before all else: they are looked at in the end."""
    made = {what: [Wire(server, text) for _ in range(20)] for what, text in {**SLOW, **SLOW_BODY}.items()}
    dripping = {what: [Wire(server, SLOW[what])] for what in ("half a request line", "half a head")}
    dripping["half a body"] = [Wire(server, SLOW_BODY["half a body"])]
    body = Wire(server)
    body.send(request(1, END_HEADERS) + frame(DATA, 0, 1, EMPTY[:3]))
    return made, dripping, body, Drip([wire for wires in dripping.values() for wire in wires])


# What each is counted as, in the end.
SLOW_REASONS = {
    "slow_hello": 5 * 20, "slow_head": 5 * 20 + 2, "request_slow": 3 * 20 + 1 + 1 + 1000, "slow_reader": 100, "slow_write": 1}


def slow_end(server, honest, begun, held):
    made, dripping, body, drip = begun
    with attack(honest, "callers by the dozen who stop in the middle, or say a byte a second (slowloris)"):
        for name, group in (("silent", made), ("dripping", dripping)):
            for what, wires in group.items():
                cut = sum(wire.cut() for wire in wires)
                check.that(f"slow, {name}, all are cut off: {what}", cut == len(wires), cut)
                if what in SLOW_BODY:
                    check.that(f"slow, {name}, and told: {what}", all(b"HTTP/1.1 " in w.got for w in wires), wires[0].got)
        check.that("slow: a body of HTTP/2 is answered", body.until(HEADERS, CUT_IN_S), body.got)
        drip.over = True
    deadline = time.monotonic() + CUT_IN_S
    for name, least in SLOW_REASONS.items():
        while (got := counter(server, name)) < least and time.monotonic() < deadline:
            time.sleep(0.5)
        check.that(f"slow: {least} are counted as {name}", got >= least, got)
    for wires in [held, *made.values()]:
        for wire in wires:
            wire.close()


# ---- through TLS, and at the door ----

def secure(build):
    with tempfile.TemporaryDirectory() as directory:
        ca = Authority(directory)
        cert, key = pathlib.Path(directory, "cert.pem"), pathlib.Path(directory, "key.pem")
        ca.issue(cert, key, "DNS:localhost,IP:127.0.0.1")
        context = ssl.create_default_context(cafile=ca.pem)
        context.set_alpn_protocols(["h2"])
        plain = ssl.create_default_context(cafile=ca.pem)

        class Securely(Honest):
            def dial(self):
                return http.client.HTTPSConnection("127.0.0.1", self.server.port, timeout=PATIENCE, context=plain)

        with Server(build, "--loops", "1", "--tls-cert", cert, "--tls-key", key, "--handshake-ms", "4000",
                    "--connections-max", "600", trust=ca.trust()) as server:
            honest = Securely(server)
            half = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 20
            with attack(honest, "300 callers of TLS who say nothing, or half a hello", "handshake_slow", budget=32, least=300):
                wires = [Wire(server, text) for text in (b"", half) for _ in range(150)]
                check.that("no hello: all are cut off", all(wire.cut() for wire in wires))
            with attack(honest, "300 callers of TLS who say noise", "handshake_failed", budget=32, least=300):
                check.that("noise: all are cut off", all(Wire(server, b"\xff" * 600).cut() for _ in range(300)))
            for what, frames, words, reason in FLOODS[:2] + [flood for flood in FLOODS if flood[0] == "10,000 PING frames"]:
                with attack(honest, "through TLS: " + what, reason):
                    wire = Wire(server, wrap=context)
                    wire.send(*batches(frames))
                    check.that(f"through TLS, cut off: {what}", wire.cut() and wire.goaway() == (CALM, words), wire.goaway())
            honest.over = True
            honest.join()


def crowd(build):
    """More callers than there is room for: they are sent away, not those who are in."""
    with Server(build, "--loops", "1", "--connections-max", "100") as server:
        honest = Honest(server)
        with attack(honest, "300 callers, where there is room for 100", "connection_refused", least=200):
            wires = [Wire(server) for _ in range(300)]
            deadline = time.monotonic() + PATIENCE
            while (away := sum(wire.over for wire in wires)) < 200 and time.monotonic() < deadline:
                for wire in wires:
                    wire.read(0)
            check.that("a crowd: who is too many is sent away", away >= 200, away)
            for wire in wires:
                wire.close()
        honest.over = True
        honest.join()


def main(build):
    with Server(build, "--loops", "1") as server:
        honest = Honest(server)
        begun = slow_begin(server)
        for part in (floods, late_bodies, refused_streams, broken, steady, bombs, smuggling):
            part(server, honest)
        held = large_heads(server, honest) + holders(server, honest)
        secure(build)
        crowd(build)
        slow_end(server, honest, begun, held)
        honest.over = True
        honest.join()
        check.that("it stops in order after all that", server.stop() == 0)
    check.report()


main(sys.argv[1])
