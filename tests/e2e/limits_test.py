"""limits -- what one address may have of a server, what may wait at it, and what it ends by itself.

Per address: connections at once and a second, calls at once and a second, each caller told in its own protocol, people
of other addresses served.  Then: answers that nobody reads, by many; connections that are old, silent, or ping too much;
how a drain looks on the wire and to grpcio; who sends no more after a request of HTTP/1.1.
Usage: limits_test.py BUILD_DIR."""
import http.client
import json
import select
import signal
import socket
import struct
import sys
import time

import grpc
from attack import (ACK, CALM, CUT_IN_S, DATA, EMPTY, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INFO, MIB, PING, RST, SETTINGS, WINDOW,
                    Honest, Wire, attack, batches, check, counter, odd, request)
from stall import PREFACE, dial, frame
from world import OPTIONS, PATIENCE, Api, Failed, Member, Server, eventually

WATCH = "/grpc.health.v1.Health/Watch"
FEW = ("--address-local", "--address-connections-max", "20", "--address-connections-per-s", "30",
       "--address-calls-max", "50", "--address-calls-per-s", "400")
HONEST = "127.0.0.9"  # nobody else's


class Elsewhere(Honest):
    """Honest people of another address than the attacker's."""

    def dial(self):
        return http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE, source_address=(HONEST, 0))

    def newcomer(self):
        web = self.dial()
        try:
            web.request("POST", INFO, "{}", {"content-type": "application/json"})
            return json.loads(web.getresponse().read())["apiVersion"] == "v1"
        finally:
            web.close()

    def ask(self, api, web):  # grpcio cannot choose where it comes from
        time.sleep(0.01)
        web.request("POST", INFO, "{}", {"content-type": "application/json"})
        return json.loads(web.getresponse().read())["apiVersion"] == "v1"


def refusal(server, error):
    """Reason, and whether it says when to come back."""
    names = {}
    for name, value in error.trailing_metadata() or ():
        if name == "grpc-status-details-bin":
            for detail in server.protos.message("google.rpc.Status").FromString(value).details:
                names[detail.type_url.rsplit(".", 1)[1]] = detail.value
    info = server.protos.message("google.rpc.ErrorInfo").FromString(names.get("ErrorInfo", b""))
    return error.code().name, info.reason, "RetryInfo" in names


# ---- per address ----

def connections(server, honest):
    with attack(honest, "200 connections of one address that may have 20", "address_connections", least=1):
        wires = []
        while len(wires) < 20:  # as fast as it may
            wire = Wire(server, source="127.0.0.2")
            wire.send(request(1))
            if wire.until(HEADERS):
                wires.append(wire)
        before = counter(server, "address_connections")
        eventually(lambda: connect_fails(server, "127.0.0.2") and counter(server, "address_connections") > before)
        crowd = [Wire(server, source="127.0.0.2") for _ in range(200)]
        check.that("of 20 all are sent away who come after", all(wire.cut() for wire in crowd))
        check.that("and those 20 stay", not any(wire.over for wire in wires))
        other = Wire(server, source="127.0.0.3")
        other.send(request(1))
        check.that("who comes from elsewhere is answered", other.until(HEADERS))
        wires.pop().close()
        check.that("who leaves makes room", eventually(lambda: not connect_fails(server, "127.0.0.2")))
        for wire in [*wires, *crowd, other]:
            wire.close()


def connect_fails(server, source):
    wire = Wire(server, source=source)
    wire.send(request(1))
    wire.until(HEADERS)
    wire.close()
    return wire.over


def coming_and_going(server, honest):
    what, name = "connections of one address, one after the other, closed at once, until they come too fast", "address_connections_fast"
    with attack(honest, what, name):
        before = counter(server, name)

        def come_and_go():
            for _ in range(300):
                Wire(server, source="127.0.0.4").close()
            return counter(server, name) > before
        eventually(come_and_go)


def calls(server, honest):
    what = "500 streams at once of one address, over five connections (stream per address)"
    with attack(honest, what, "address_calls", least=450 - 50):
        wires = [Wire(server, source="127.0.0.5") for _ in range(5)]
        for wire in wires:
            wire.send(*batches(request(i, END_HEADERS, WATCH) + frame(DATA, END_STREAM, i, EMPTY) for i in odd(100)))
        ended = eventually(lambda: sum(ends(wire) for wire in wires) >= 450 and sum(ends(wire) for wire in wires))
        check.that(f"{what}: 50 are served, 450 answered and ended", ended == 450, ended)
        check.that(f"{what}: nobody is cut off for it", not any(wire.over for wire in wires))
        for wire in wires:
            wire.send(*[frame(RST, 0, i, struct.pack(">I", 8)) for i in odd(100)])
        check.that(f"{what}: what is cancelled makes room", eventually(lambda: served(server, "127.0.0.5")))
        for wire in wires:
            wire.close()


def ends(wire):
    """Streams that ended, in a head alone or in trailers."""
    wire.read(0)
    return sum(bool(flags & END_STREAM) for flags, _, _ in wire.frames(HEADERS))


def post(server, source, path=INFO, kind="application/json", body=b"{}"):
    web = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE, source_address=(source, 0))
    try:
        web.request("POST", path, body, {"content-type": kind})
        answer = web.getresponse()
        return answer.status, answer.read()
    finally:
        web.close()


def served(server, source):
    """Whoever asks too often is sent away before a word: no, then."""
    try:
        return post(server, source)[0] == 200
    except ConnectionError:
        return False


def wave(server, calls=1000):
    """So many over one connection, 50 at a time: how many are answered, and how many of those served."""
    wire = Wire(server, PREFACE + frame(SETTINGS, 0, 0) + frame(WINDOW, 0, 0, struct.pack(">I", 1 << 30)), source="127.0.0.6")
    for i in range(0, calls, 50):
        wire.send(b"".join(request(2 * k + 1, END_HEADERS) + frame(DATA, END_STREAM, 2 * k + 1, EMPTY) for k in range(i, i + 50)))
        wire.wait_for(lambda: ends(wire) >= i + 50)
    answered = ends(wire)
    wire.close()
    return answered, len(wire.frames(HEADERS)) - answered  # an answer is two heads, a refusal one


def fast(server, honest):
    what, name = "1,000 calls of one address in a row, over one connection, and again until they come too fast", "address_calls_fast"
    with attack(honest, what, name):
        began, before, waves = time.monotonic(), counter(server, name), []
        eventually(lambda: waves.append(wave(server)) or counter(server, name) > before)
        answered, had = map(sum, zip(*waves))
        check.that(f"{what}: each is answered", answered == 1000 * len(waves), answered, len(waves))
        may = 400 * (time.monotonic() - began + 2)  # base/pace
        check.that(f"{what}: no more than its share are served", 0 < had <= may, had, may)


def own_protocol(build):
    """Each is told in its own, with when to come back: one call is open, of the one there may be."""
    with Server(build, "--loops", "2", "--address-local", "--address-calls-max", "1") as server:
        holder = Wire(server)
        holder.send(request(1, END_HEADERS, WATCH) + frame(DATA, END_STREAM, 1, EMPTY))
        check.that("a stream is open", holder.until(DATA))
        with grpc.insecure_channel(server.target, options=OPTIONS) as channel:
            error = channel.unary_unary(INFO).future(b"", timeout=PATIENCE).exception()
            check.that("gRPC: told", refusal(server, error) == ("RESOURCE_EXHAUSTED", "LIMIT_REACHED", True), error)
            error = channel.unary_stream(WATCH)(b"", timeout=PATIENCE).exception()
            check.that("gRPC, a stream: told", refusal(server, error) == ("RESOURCE_EXHAUSTED", "LIMIT_REACHED", True), error)
        status, body = post(server, "127.0.0.1")
        types = {detail["type"] for detail in json.loads(body).get("details", [])}
        check.that("Connect: told", (status, json.loads(body)["code"]) == (429, "resource_exhausted") and
                   types == {"google.rpc.ErrorInfo", "google.rpc.RetryInfo"}, status, body)
        status, body = post(server, "127.0.0.1", WATCH, "application/connect+json", b"\0\0\0\0\2{}")
        check.that("Connect, a stream: told", status == 200 and b'"resource_exhausted"' in body and b"RetryInfo" in body, status, body)
        status, body = post(server, "127.0.0.1", INFO, "application/grpc-web+proto", EMPTY)
        check.that("gRPC-Web: told", status == 200 and b"grpc-status: 8\r\n" in body and b"details-bin" in body, status, body)
        web = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        web.request("GET", "/")
        check.that("what is no call: told", web.getresponse().status == 429)
        web.close()
        check.that("another address is not", post(server, "127.0.0.2")[0] == 200)
        inside = Api(server.protos, f"unix:{server.data}/operations.sock")
        check.that("nor is who comes by a path", all(inside.call("Operations/Stats").counters for _ in range(3)))
        inside.close()
        check.that("all are counted", counter(server, "address_calls") == 6, counter(server, "address_calls"))
        holder.close()
        check.that("when it is gone there is room", eventually(lambda: served(server, "127.0.0.1")))
    with Server(build, "--address-calls-max", "1", "--address-connections-max", "1") as server:
        wires = [Wire(server, PREFACE + frame(SETTINGS, 0, 0) + request(1, END_HEADERS, WATCH) + frame(DATA, END_STREAM, 1, EMPTY))
                 for _ in range(3)]
        check.that("this machine's own are free unless address_local", all(wire.until(DATA) for wire in wires))
        for wire in wires:
            wire.close()


# ---- answers that wait ----

BOOK = "/kindred.v1.Vocabularies/GetVocabulary"


def unread(build):
    """Many connections, each within what one may hold: past the bound those with most are cut off."""
    with Server(build, "--loops", "1", "--out-bytes-max", str(8 * MIB)) as server:
        honest = Honest(server)
        what = "200 connections that ask for much and read nothing (HTTP/2: no window)"
        with attack(honest, what, "expelled_unread", budget=64, least=20):
            wires = []
            for _ in range(200):
                wires.append(Wire(server, PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0))))
                wires[-1].send(*(request(i, END_HEADERS, BOOK) + frame(DATA, END_STREAM, i, EMPTY) for i in odd(20)))
            for wire in wires:
                wire.read(0)
            gone = eventually(lambda: [wire for wire in wires if wire.over or (wire.read(0) or wire.over)])
            check.that(f"{what}: they are told", any(wire.goaway() == (CALM, "unread") for wire in gone),
                       [wire.goaway() for wire in gone[:3]])
            for wire in wires:
                wire.close()
        what = "100 connections that ask for much and take a byte a time (slow readers)"
        with attack(honest, what, "expelled_unread", budget=64, least=5):
            slow = []
            for _ in range(100):
                wire = dial(server, 2048)
                wire.sendall(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 1 << 30)) +
                             frame(WINDOW, 0, 0, struct.pack(">I", 1 << 30)) +
                             b"".join(request(i, END_HEADERS, BOOK) + frame(DATA, END_STREAM, i, EMPTY) for i in odd(100)))
                slow.append(wire)
                for other in slow:
                    if select.select([other], [], [], 0)[0]:
                        try:
                            other.recv(1)
                        except OSError:
                            pass
            for wire in slow:
                wire.close()
        honest.over = True
        honest.join()


# ---- old, silent, and who pings ----

def aged(build):
    with Server(build, "--connection-age-ms", "2000", "--log-level", "3") as server:
        member = Member(server).ready(2, have=["heroin"])
        duty = member.attend()
        duty.next()
        wires = [Wire(server) for _ in range(20)]
        began = time.monotonic()
        came = {}
        while len(came) < len(wires) and time.monotonic() < began + PATIENCE:
            for wire in wires:
                wire.read(0.002)
                if wire not in came and wire.goaway():
                    came[wire] = (time.monotonic() - began, wire.goaway())
        check.that("aged: all are asked to go, without blame", [goaway for _, goaway in came.values()] == [(0, "")] * 20, came.values())
        first = [int.from_bytes(wire.frames(GOAWAY)[0][2][:4], "big") for wire in wires]
        check.that("aged: first with the largest stream id", first == [0x7FFFFFFF] * 20, first)
        times = sorted(at for at, _ in came.values())
        check.that("aged: not all at once", len({round(at, 2) for at in times}) > 3, times)
        for wire in wires:  # who answers the ping hears the last word, and it is over
            wire.send(*(frame(PING, ACK, 0, payload) for _, _, payload in wire.frames(PING)))
        check.that("aged: and they are gone", all(wire.cut() for wire in wires))
        check.that("aged: with a last GOAWAY", all(len(wire.frames(GOAWAY)) == 2 for wire in wires))
        end = duty.call.exception(timeout=PATIENCE)
        check.that("aged: a stream is told to come back", refusal(server, end) == ("UNAVAILABLE", "DRAINING", True), end)
        again = member.api.stream("Peers/Attend", member.token, **member.attend_fields)
        check.that("aged: and it goes on where it was", again.next().HasField("duty"))
        again.cancel()
        check.that("aged: counted", counter(server, "aged") >= 21)
        for wire in wires:
            wire.close()


def silent(build):
    with Server(build, "--ping-ms", "500", "--pong-ms", "500", "--connection-idle-ms", "6000", "--ping-min-ms", "1000") as server:
        honest = Honest(server)
        with attack(honest, "50 who are not there any more, some with a stream", "ping_unanswered", least=50):
            wires = [Wire(server) for _ in range(50)]
            for wire in wires[::2]:
                wire.send(request(1, END_HEADERS, WATCH) + frame(DATA, END_STREAM, 1, EMPTY))
            check.that("silent: all are asked and cut off", all(wire.cut() and wire.frames(PING) for wire in wires))
            for wire in wires:
                wire.close()
        wire, ponged = Wire(server), 0
        deadline = time.monotonic() + CUT_IN_S
        while not wire.goaway() and time.monotonic() < deadline:
            wire.read(0.05)
            pings = wire.frames(PING)
            wire.send(*(frame(PING, ACK, 0, payload) for _, _, payload in pings[ponged:]))
            ponged = len(pings)
        check.that("who answers is asked again, until idle for long", wire.goaway() == (0, "") and ponged >= 3, wire.goaway(), ponged)
        check.that("idle: counted", counter(server, "idle") >= 1)
        wire.close()
        with attack(honest, "a client that pings for nothing (too_many_pings)", "expelled_pings"):
            wire = Wire(server)
            wire.send(*[frame(PING, 0, 0, b"\1" * 8)] * 3)
            check.that("two strikes are borne", len(wire.until(PING)) and not wire.goaway(), wire.goaway())
            wire.send(request(1, END_HEADERS) + frame(DATA, END_STREAM, 1, EMPTY))
            wire.until(DATA)  # our answer forgives
            wire.send(*[frame(PING, 0, 0, b"\1" * 8)] * 4)
            check.that("the third is one too many", wire.cut() and wire.goaway() == (CALM, "too_many_pings"), wire.goaway())
            wire.close()
        channel = grpc.insecure_channel(server.target, options=[*OPTIONS, ("grpc.keepalive_time_ms", 1500),
                                                                ("grpc.keepalive_permit_without_calls", 1),
                                                                ("grpc.http2.max_pings_without_data", 0)])
        watch = channel.unary_stream(WATCH)(b"")
        next(watch)
        before = counter(server, "expelled_pings", "ping_unanswered")
        time.sleep(4)
        check.that("grpcio keeps a stream alive, and answers pings", watch.is_active() and
                   counter(server, "expelled_pings", "ping_unanswered") == before)
        channel.close()
        honest.over = True
        honest.join()


# ---- the drain ----

def drained(build):
    """Not serving first; then GOAWAY, a round trip, GOAWAY; streams are told when to come back; nobody new gets in."""
    server = Server(build, "--loops", "1")
    try:
        wire = Wire(server)
        wire.send(request(1, END_HEADERS, WATCH) + frame(DATA, END_STREAM, 1, EMPTY))
        wire.until(DATA)
        channel = grpc.insecure_channel(server.target, options=OPTIONS)
        watch = channel.unary_stream(WATCH, response_deserializer=server.protos.message("grpc.health.v1.HealthCheckResponse").FromString)(b"")
        check.that("drain: serving", next(watch).status == 1)
        server.process.send_signal(signal.SIGTERM)
        wire.until(GOAWAY)
        order, at = [], 0
        while at + 9 <= len(wire.got):
            size = int.from_bytes(wire.got[at:at + 3], "big")
            order.append((wire.got[at + 3], wire.got[at + 4] & 1, wire.got[at + 9:at + 9 + size]))
            at += 9 + size
        states = [i for i, (kind, _, payload) in enumerate(order) if kind == DATA and payload.endswith(b"\x08\x02")]
        goaway = [i for i, (kind, _, _) in enumerate(order) if kind == GOAWAY]
        check.that("drain: health says so before anything else", states and states[0] < goaway[0], order)
        check.that("drain: the first GOAWAY takes what is on its way",
                   order[goaway[0]][2][:8] == b"\x7f\xff\xff\xff\0\0\0\0", order[goaway[0]])
        wire.send(request(3, END_HEADERS) + frame(DATA, END_STREAM, 3, EMPTY))  # on its way then
        wire.wait_for(lambda: ends(wire) >= 2)
        check.that("drain: and answers it, in order", ends(wire) == 2 and not wire.over, ends(wire))
        wire.send(*(frame(PING, ACK, 0, payload) for _, _, payload in wire.frames(PING)))
        check.that("drain: the round trip over, the second says the last stream and it is over",
                   wire.cut() and wire.frames(GOAWAY)[-1][2][:8] == struct.pack(">II", 3, 0), wire.frames(GOAWAY))
        check.that("drain: grpcio hears it is not serving", [message.status for message in consumed(watch)] == [2])
        check.that("drain: and is told when to come back", refusal(server, watch.exception()) == ("UNAVAILABLE", "DRAINING", True))
        check.that("drain: it ends in order", server.process.wait(PATIENCE) == 0)
        channel.close()
        wire.close()
    finally:
        server.__exit__()


def consumed(stream):
    got = []
    try:
        for message in stream:
            got.append(message)
    except grpc.RpcError:
        pass
    return got


# ---- HTTP/1.1: who sends no more ----

def half_closed(build):
    with Server(build) as server:
        head = b"POST " + INFO.encode() + b" HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
        member = b"POST /kindred.v1.Accounts/Challenge HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        for what, text, answers in (("one request", head + b"Content-Length: 2\r\n\r\n{}", 1),
                                    ("chunks", head + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 1),
                                    ("three in a row", (head + b"Content-Length: 2\r\n\r\n{}") * 2 + member, 3),
                                    ("one and a half", head + b"Content-Length: 2\r\n\r\n{}" + head, 1),
                                    ("half a body", head + b"Content-Length: 9\r\n\r\n{", 0),
                                    ("half a head", head, 0), ("nothing", b"", 0)):
            wire = Wire(server, text)
            wire.socket.shutdown(socket.SHUT_WR)
            check.that(f"half closed after {what}: answered, and over", wire.cut(PATIENCE) and wire.got.count(b"HTTP/1.1 200 ") == answers,
                       wire.got)
            wire.close()


def main(build):
    with Server(build, "--loops", "2", *FEW) as server:
        honest = Elsewhere(server)
        for part in (connections, coming_and_going, calls, fast):
            part(server, honest)
        honest.over = True
        honest.join()
        check.that("it stops in order after all that", server.stop() == 0)
    for part in (own_protocol, unread, aged, silent, drained, half_closed):
        part(build)
    check.report()


main(sys.argv[1])
