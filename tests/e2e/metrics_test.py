"""metrics -- GET /metrics, as somebody else's parser reads it, and the log of accesses.

Calls whose end is known, by every protocol, move exactly the counter they must
(rpc/note laws 1 and 2, rpc/meter laws 1 to 3); every label is one of a closed
vocabulary, whatever is sent (server/metrics laws 1 and 2); who may look, by which
listener; pages that are fetched while others call; what a line of the log says
of a call.  Usage: metrics_test.py BUILD_DIR."""
import base64
import contextlib
import http.client
import json
import pathlib
import re
import socket
import ssl
import struct
import sys
import tempfile
import threading
import time

import grpc
from certificates import Authority
from scrape import ACCESS, TYPE, Local, Page, get, get_by_h2, scrape, until
from stall import PREFACE, frame, head
from world import PATIENCE, Api, Check, Failed, Member, Server, eventually

check = Check()
JSON = {"content-type": "application/json"}
WEB = {"content-type": "application/grpc-web+proto"}
TEXT = {"content-type": "application/grpc-web-text"}
STREAM = {"content-type": "application/connect+json"}
EMPTY = b"\0\0\0\0\0"
INFO, BEAT, WATCH, CRISIS = "kindred.v1.Accounts/GetServerInfo", "kindred.v1.Support/Beat", \
    "grpc.health.v1.Health/Watch", "kindred.v1.Support/GetCrisisResources"
STATS = "kindred.v1.Operations/Stats"
STEPS = "0.001 0.002 0.005 0.01 0.02 0.05 0.1 0.2 0.5 1 2 5 10 30 +Inf".split()
STATUSES = [code.name for code in grpc.StatusCode]


class Web:
    """HTTP/1.1, one request a connection."""

    def __init__(self, server):
        self.server = server

    def post(self, method, body=b"", headers=JSON, verb="POST", **more):
        client = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        try:
            client.request(verb, "/" + method, body, {**headers, **{k.replace("_", "-"): v for k, v in more.items()}})
            response = client.getresponse()
            return response.status, response.read()
        finally:
            client.close()


class Raw:
    """gRPC with frames of our own: what grpcio would not send, or not so."""

    def __init__(self, server, method, body=EMPTY, **more):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        self.socket.sendall(PREFACE + frame(4, 0, 0) + frame(1, 4, 1, head("/" + method, **more)) + frame(0, 1, 1, body))

    def ended(self):
        """Wait for the end of the stream."""
        got = b""
        while True:
            while len(got) < 9 or len(got) < 9 + int.from_bytes(got[:3], "big"):
                more = self.socket.recv(65536)
                if not more:
                    return False
                got += more
            size = int.from_bytes(got[:3], "big")
            if got[5:9] == b"\0\0\0\1" and got[3] in (0, 1) and got[4] & 1:
                return True
            got = got[9 + size:]

    def close(self):
        self.socket.close()


def moved(before, after):
    """What changed of the calls, by how much."""
    old, new = before.calls(), after.calls()
    return {at: new.get(at, 0) - old.get(at, 0) for at in {*old, *new} if new.get(at, 0) != old.get(at, 0)}


@contextlib.contextmanager
def moves(server, what, expected):
    """What is called inside moves exactly these: {(method, protocol, status): how many}."""
    before = scrape(server)
    yield
    after = until(server, lambda page: moved(before, page) == expected)
    check.that(what, moved(before, after) == expected, moved(before, after), expected)
    check.that(what + ": each is timed, once", not after.uneven(), after.uneven())
    check.that(what + ": a page without faults", not before.wrong and not after.wrong, after.wrong[:3])


def caught(call):
    with contextlib.suppress(Failed, grpc.RpcError):
        call()


# ---- calls whose end is known ----

def by_grpc(server, api):
    with moves(server, "gRPC: OK", {(INFO, "grpc", "OK"): 3}):
        for _ in range(3):
            api.call("Accounts/GetServerInfo")
    with moves(server, "gRPC: UNAUTHENTICATED", {(BEAT, "grpc", "UNAUTHENTICATED"): 2}):
        for _ in range(2):
            caught(lambda: api.call("Support/Beat"))
    with moves(server, "gRPC: no method, and one that is not here",
               {("unknown", "grpc", "UNIMPLEMENTED"): 4, (STATS, "grpc", "UNIMPLEMENTED"): 1}):
        for path in ("/x.Y/Zebra", "/kindred.v1.Support/Bea", "/kindred.v1.Support/Beats", "/ab?c"):
            caught(lambda path=path: api.channel.unary_unary(path)(b"", timeout=PATIENCE))
        caught(lambda: api.call("Operations/Stats"))
    with moves(server, "gRPC: malformed", {(INFO, "grpc", "INTERNAL"): 1, (INFO, "grpc", "UNIMPLEMENTED"): 1,
                                           (INFO, "grpc", "RESOURCE_EXHAUSTED"): 1}):
        for body in (b"\0\0\0\0\1\xff", b"", b"\0\x7f\0\0\0"):
            call = Raw(server, INFO, body)
            check.that("it ends", call.ended())
            call.close()
    with moves(server, "gRPC: a deadline that was over, and one that passes", {(WATCH, "grpc", "DEADLINE_EXCEEDED"): 2}):
        for timeout in ("0m", "80m"):
            call = Raw(server, WATCH, grpc_timeout=timeout)
            check.that("it ends", call.ended())
            call.close()


def by_web(server, web):
    with moves(server, "gRPC-Web: OK, binary and text", {(INFO, "grpc_web", "OK"): 2}):
        web.post(INFO, EMPTY, WEB)
        web.post(INFO, base64.b64encode(EMPTY), TEXT)
    with moves(server, "gRPC-Web: three failures",
               {(BEAT, "grpc_web", "UNAUTHENTICATED"): 1, ("unknown", "grpc_web", "UNIMPLEMENTED"): 1,
                (INFO, "grpc_web", "INTERNAL"): 1}):
        web.post(BEAT, EMPTY, WEB)
        web.post("x.Y/Z", EMPTY, WEB)
        web.post(INFO, b"\0\0\0\0\7abc", WEB)
    with moves(server, "gRPC-Web: a deadline", {(WATCH, "grpc_web", "DEADLINE_EXCEEDED"): 1}):
        web.post(WATCH, EMPTY, WEB, grpc_timeout="80m")


def by_connect(server, web):
    asked = "?encoding=json&message=" + "%7B%22country%22%3A%22US%22%7D"
    with moves(server, "Connect: OK, POST and GET", {(CRISIS, "connect", "OK"): 2}):
        check.that("answered", web.post(CRISIS, b'{"country":"US"}')[0] == 200)
        check.that("answered", web.post(CRISIS + asked, verb="GET", headers={})[0] == 200)
    with moves(server, "Connect: four failures",
               {(BEAT, "connect", "UNAUTHENTICATED"): 1, ("unknown", "connect", "UNIMPLEMENTED"): 1,
                (CRISIS, "connect", "INVALID_ARGUMENT"): 1, (INFO, "connect", "UNIMPLEMENTED"): 1}):
        web.post(BEAT, b"{}")
        web.post("x.Y/Z", b"{}")
        web.post(CRISIS, b"{{{")
        web.post(INFO, b"{}", content_encoding="br")
    with moves(server, "Connect: deadlines", {(WATCH, "connect", "DEADLINE_EXCEEDED"): 1, (INFO, "connect", "DEADLINE_EXCEEDED"): 1}):
        web.post(WATCH, struct.pack(">BI", 0, 2) + b"{}", STREAM, connect_timeout_ms="80")
        web.post(INFO, b"{}", connect_timeout_ms="0")
    with moves(server, "no calls", {}):
        before = scrape(server).of("kindred_requests_plain_total")
        for method, verb in (("", "GET"), ("wp-login.php", "GET"), (INFO, "GET"), (INFO, "DELETE"), ("metrics", "GET")):
            web.post(method, verb=verb, headers={})
        web.post(INFO, b"<a/>", {"content-type": "text/xml"})
        after = scrape(server).of("kindred_requests_plain_total")
        check.that("are requests", after - before == 7, before, after)  # and the page itself


def gone(server, api):
    """Who hangs up, cancels, or loses the connection: no answer, and CANCELLED."""
    with moves(server, "cancelled", {(WATCH, "grpc", "CANCELLED"): 2}):
        for _ in range(2):
            stream = api.stream("grpc.health.v1.Health/Watch")
            stream.next()
            stream.cancel()
    with moves(server, "a connection that is lost", {(WATCH, "grpc", "CANCELLED"): 1, (WATCH, "connect", "CANCELLED"): 1}):
        call = Raw(server, WATCH)
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        client.request("POST", "/" + WATCH, struct.pack(">BI", 0, 2) + b"{}", STREAM)
        client.getresponse().read(5)
        until(server, lambda page: page.of("kindred_calls_open", method=WATCH) == 2)
        call.close()
        client.close()
    with moves(server, "half a request, and gone", {(INFO, "connect", "CANCELLED"): 1}):
        line = socket.create_connection(("127.0.0.1", server.port))
        line.sendall(f"POST /{INFO} HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{{".encode())
        until(server, lambda page: page.of("kindred_calls_open", method=INFO) == 1)
        line.close()


# ---- what else is counted ----

def streams(server, api):
    """Open ones, their first message, their life."""
    before, began = scrape(server), time.monotonic()
    opened = [api.stream("grpc.health.v1.Health/Watch") for _ in range(5)]
    for stream in opened:
        stream.next()
    during = until(server, lambda page: page.of("kindred_calls_open", method=WATCH) == 5)
    check.that("five are open", during.of("kindred_calls_open", method=WATCH) == 5)
    first, life = "kindred_stream_first_message_seconds_count", "kindred_stream_seconds_count"
    check.that("each had its first message", during.of(first, method=WATCH) - before.of(first, method=WATCH) == 5)
    check.that("none has ended", during.of(life, method=WATCH) == before.of(life, method=WATCH) and not moved(before, during))
    time.sleep(0.12)  # so that they lived longer than the first step
    for stream in opened:
        stream.cancel()
    after = until(server, lambda page: page.of("kindred_calls_open", method=WATCH) == 0)
    check.that("all ended", after.of(life, method=WATCH) - before.of(life, method=WATCH) == 5)
    check.that("and had no other first message", after.of(first, method=WATCH) == during.of(first, method=WATCH))
    lived = after.of("kindred_stream_seconds_sum", method=WATCH) - before.of("kindred_stream_seconds_sum", method=WATCH)
    check.that("they lived, all five, and no longer than this took", 0.5 <= lived <= 5 * (time.monotonic() - began + 0.01), lived)
    ends = {dict(labels)["le"] for labels in after.all("kindred_call_seconds_bucket")}
    check.that("steps are seconds", ends == {*STEPS}, ends)
    short = ("kindred_stream_seconds_bucket", {"method": WATCH, "le": "0.1"})
    check.that("not in the first step", after.of(short[0], **short[1]) == before.of(short[0], **short[1]))


def sizes(server, web):
    """Bytes of bodies, each way, to the byte."""
    names = "kindred_call_received_bytes_total", "kindred_call_sent_bytes_total"
    before, body = scrape(server), b'{"country": "DE", "language": "de"}'
    status, answer = web.post(CRISIS, body)
    after = scrape(server)
    got = [after.of(name, method=CRISIS) - before.of(name, method=CRISIS) for name in names]
    check.that("bytes of Connect", status == 200 and got == [len(body), len(answer)], got)
    request = server.protos.message("GetCrisisResourcesRequest")(country="DE").SerializeToString()
    body = struct.pack(">BI", 0, len(request)) + request
    status, answer = web.post(CRISIS, base64.b64encode(body), TEXT)
    before, after = after, scrape(server)
    got = [after.of(name, method=CRISIS) - before.of(name, method=CRISIS) for name in names]
    check.that("bytes of gRPC-Web, as they go", got == [len(base64.b64encode(body)), len(answer)], got)
    wire = [after.of(f"kindred_network_{way}_bytes_total") - before.of(f"kindred_network_{way}_bytes_total")
            for way in ("received", "sent")]
    check.that("sockets carry more than that", wire[0] > got[0] and wire[1] > got[1], wire)


def connections(server):
    def kinds(page):
        return page.of("kindred_connections"), page.of("kindred_http_connections", version="1.1"), \
            page.of("kindred_http_connections", version="2")

    before = (1, 1, 0)  # who asks
    page = until(server, lambda page: kinds(page) == before)
    check.that("nobody else is there", kinds(page) == before, kinds(page))
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(2)]
    old = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE) for _ in range(3)]
    for client in old:
        get(client, "/")
    new = [Raw(server, WATCH) for _ in range(4)]
    want = tuple(a + b for a, b in zip(before, (9, 3, 4)))
    page = until(server, lambda page: kinds(page) == want)
    check.that("connections by kind", kinds(page) == want, kinds(page), want)
    for line in silent + old + new:
        line.close()
    page = until(server, lambda page: kinds(page) == before)
    check.that("and gone again", kinds(page) == before, kinds(page), before)
    check.that("none through TLS", page.of("kindred_tls_connections") == 0)


def gauges(server):
    """What Stats says, and what the process is."""
    peer = Member(server).ready(2, have=["heroin"])
    duty = peer.attend()
    duty.next()
    seeker = Member(server, grade=1).ready(1, have=["veteran"], must=["veteran"])
    ask = seeker.ask()
    ask.next()
    page = until(server, lambda page: page.of("kindred_tickets", state="searching") == 1 and page.of("kindred_duties", state="on") == 1)
    check.that("one waits, one is on duty", page.of("kindred_tickets", state="searching") == 1 and
               page.of("kindred_duties", state="on") == 1)
    check.that("commits are timed", page.of("kindred_store_batch_seconds_count") >= 6 and
               page.of("kindred_store_batch_seconds_sum") > 0, page.of("kindred_store_batch_seconds_count"))
    stats = Api(server.protos, f"unix:{server.data}/operations.sock").call("Operations/Stats")
    counted = {counter.name: counter.value for counter in stats.counters}
    events = {dict(labels)["event"]: n for labels, n in page.all("kindred_events_total").items()}
    check.that("the counters of Stats", set(counted) == set(events), set(counted) ^ set(events))
    check.that("with its value", all(0 <= counted[name] - n <= 30 for name, n in events.items()) and
               events["ticket_opened"] == counted["ticket_opened"] == 1 and events["call_started"] > 20)
    started = page.of("process_start_time_seconds")
    check.that("it is not from tomorrow", 0 <= time.time() - started < 3600, started)
    descriptors = len(list(pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()))
    check.that("descriptors", abs(page.of("process_open_fds") - descriptors) <= 8, page.of("process_open_fds"), descriptors)
    check.that("memory", page.of("process_resident_memory_bytes") > 1 << 20)
    check.that("processor time", page.of("process_cpu_seconds_total") > 0)
    version = [dict(labels)["version"] for labels in page.all("kindred_build_info")]
    check.that("the release", len(version) == 1 and re.fullmatch(r"\d+\.\d+\.\d+", version[0]), version)
    for stream in (ask, duty):
        stream.cancel()


def waits(server):
    """An answer that waits for a commit takes time, seen where no bytes come in meanwhile.  A millisecond turns in one of many."""
    def enrolled():
        Member(server).enroll()
        return scrape(server).of("kindred_call_seconds_sum", method="kindred.v1.Accounts/Enroll")

    check.that("commits are waited for", eventually(enrolled) > 0)


def closed(server, api, web):
    """Every label is ours, and lines do not multiply, whatever strangers send (server/metrics laws 1 and 2)."""
    lines = len(scrape(server).text.splitlines())
    for i in range(300):
        mark = f"marker{i}" * 3
        caught(lambda mark=mark: api.channel.unary_unary(f"/{mark}/{mark}")(
            mark.encode(), timeout=PATIENCE, metadata=(("authorization", mark), ("x-" + mark, mark), ("user-agent", mark))))
    for i in range(30):
        web.post(f"{'mark'}er{i}/x", b"{}", user_agent="marker", traceparent="marker", host="marker", authorization="marker")
    page = scrape(server)
    check.that("as many lines", len(page.text.splitlines()) == lines, lines, len(page.text.splitlines()))
    check.that("nothing that was sent", "marker" not in page.text)
    allowed = {"method": {*server.protos.methods, "unknown"}, "protocol": {"grpc", "grpc_web", "connect"},
               "status": set(STATUSES), "version": {"1.1", "2", "0.1.0"}, "state": {"searching", "offered", "on", "paused"},
               "queue": {"engine", "store", "loops"}}
    words = {c.name for c in Api(server.protos, f"unix:{server.data}/operations.sock").call("Operations/Stats").counters}
    strange = [(key, value) for _, labels in page.samples for key, value in labels
               if value not in allowed.get(key, words) and not (key == "le" and re.fullmatch(r"\d+(\.\d+)?|\+Inf", value))]
    check.that("every label is of the vocabulary", not strange, strange[:5])
    check.that("every method of ours has lines", {dict(labels)["method"] for labels in page.all("kindred_calls_open")} ==
               allowed["method"])


def while_they_call(server):
    """Pages that are made while four call on all loops: numbers never fall, and none is lost."""
    before, each, threads = scrape(server), 400, 4

    def call():
        api = server.api()
        for _ in range(each):
            api.call("Accounts/GetServerInfo")
        api.close()

    callers = [threading.Thread(target=call) for _ in range(threads)]
    for caller in callers:
        caller.start()
    last, pages, fell = before, 0, []
    while any(caller.is_alive() for caller in callers):
        page = scrape(server)
        pages += 1
        fell += [at for at, value in last.samples.items() if page.types.get(at[0].removesuffix("_total")) == "counter" and
                 page.samples[at] < value]
        check.that("a page without faults", not page.wrong, page.wrong[:3])
        last = page
    for caller in callers:
        caller.join()
    check.that("counters never fall", not fell and pages > 2, pages, fell[:3])
    after = until(server, lambda page: moved(before, page) == {(INFO, "grpc", "OK"): each * threads})
    check.that("none is lost", moved(before, after) == {(INFO, "grpc", "OK"): each * threads}, moved(before, after))
    check.that("all are timed", not after.uneven(), after.uneven())


# ---- who may look ----

def listeners(server, web):
    path = server.data / "operations.sock"
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(PATIENCE)
    line.connect(str(path))
    page = Page(get_by_h2(line))
    line.close()
    check.that("HTTP/2, too", not page.wrong and len(page.samples) > 500, page.wrong[:3])
    client = Local(path)
    for _ in range(2):
        check.that("a connection goes on", get(client)[:2] == (200, TYPE))
    check.that("a query does not matter", get(client, "/metrics?a=b")[0] == 200)
    for method in ("POST", "HEAD", "DELETE"):
        check.that(f"not by {method}", get(client, method=method)[0] == 405)
    for other in ("/metrics/", "/metric", "/METRICS", "/metricsx"):
        check.that(f"not {other}", get(client, other)[0] == 404)
    client.close()
    for verb, status in (("GET", 404), ("POST", 415)):
        check.that(f"members find nothing by {verb}", web.post("metrics", verb=verb, headers={})[0] == status)
    line = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    text = get_by_h2(line)
    line.close()
    check.that("nor by HTTP/2", text == "There is no page here.\n", text)


def certificates(build, files):
    """By TLS: operators and auditors, nobody else."""
    ca, other = Authority(files), Authority(files, "other")
    cert, key, mine, mykey = (files / name for name in ("server.pem", "server.key", "mine.pem", "mine.key"))
    ca.issue(cert, key, "DNS:localhost,IP:127.0.0.1")
    with Server(build, "--tls-cert", cert, "--tls-key", key, "--operations-listen", "127.0.0.1:0",
                "--operations-client-ca", ca.pem, trust=ca.trust()) as server:
        port = int(re.search(r"listening for operators on port (\d+)", server.log.read_text())[1])

        def context(authority=None, alt=None, alpn="http/1.1"):
            made = ssl.create_default_context(cafile=ca.pem)
            made.set_alpn_protocols([alpn])
            if authority:
                authority.issue(mine, mykey, alt)
                made.load_cert_chain(mine, mykey)
            return made

        def ask(made, at=port):
            client = http.client.HTTPSConnection("localhost", at, timeout=PATIENCE, context=made)
            try:
                return get(client)
            finally:
                client.close()

        for role, status in (("operator", 200), ("auditor", 200), ("moderator", 403), ("king", 403)):
            got = ask(context(ca, f"URI:kindred:role:{role}"))
            check.that(f"{role}: {status}", got[0] == status and (status != 200 or not Page(got[2]).wrong), got[:2])
            check.that(f"{role}: no more than that", status == 200 or got[2] == "not allowed for this caller", got)
        for what, made in (("without a certificate", context()), ("with one of others", context(other, "URI:kindred:role:operator"))):
            try:
                check.that(f"nobody {what}", False, ask(made))
            except OSError:
                check.that(f"nobody {what}", True)
        check.that("members find nothing", ask(context(), server.port)[0] == 404)
        made = context(ca, "URI:kindred:role:auditor", "h2")
        with made.wrap_socket(socket.create_connection(("localhost", port), timeout=PATIENCE), server_hostname="localhost") as line:
            page = Page(get_by_h2(line))
            check.that("HTTP/2 through TLS, and it is counted", not page.wrong and page.of("kindred_tls_connections") >= 1)
        page = until(server, lambda page: page.of("kindred_tls_connections") == 0)
        check.that("and gone again", page.of("kindred_tls_connections") == 0)
        check.that("stops in order", server.stop() == 0)


# ---- the log of accesses ----

ID = "0af7651916cd43dd8448eb211c80319c"
GOOD = f"00-{ID}-b7ad6b7169203331-01"
TRACES = [(GOOD, ID), (GOOD[:-2] + "03", ID), (f"cc-{ID}-b7ad6b7169203331-01-what-ever", ID), (f"cc-{ID}-b7ad6b7169203331-01", ID),
          (GOOD[:-2] + "00", "0"), (GOOD + "-x", "0"), (GOOD[:-1], "0"), (GOOD.upper(), "0"), ("ff" + GOOD[2:], "0"),
          (f"00-{'0' * 32}-b7ad6b7169203331-01", "0"), (f"00-{ID}-{'0' * 16}-01", "0"), ("", "0"), (None, "0"),
          (f"cc-{ID}-b7ad6b7169203331-01.what", "0"), (GOOD.replace("-", "_"), "0"), (f"00-{ID[:-1]}g-b7ad6b7169203331-01", "0")]


def accesses(server):
    return [line for line in server.log.read_text().splitlines() if line.startswith("access")]


def log(build):
    with Server(build, "--access-log", "100000") as server:
        api, web = server.api(), Web(server)
        for text, _ in TRACES:
            web.post(CRISIS, b'{"country":"US"}', **({"traceparent": text} if text is not None else {}))
        twice = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        twice.putrequest("POST", "/" + CRISIS)
        for pair in (("content-type", "application/json"), ("content-length", "2"), ("traceparent", GOOD), ("traceparent", GOOD)):
            twice.putheader(*pair)
        twice.endheaders(b"{}")
        twice.getresponse().read()
        got = [ACCESS.fullmatch(line) for line in accesses(server)]
        check.that("a line per call", len(got) == len(TRACES) + 1 and all(got), accesses(server))
        for (text, trace), line in zip([*TRACES, ("twice", "0")], got):
            check.that(f"the trace of {text}", line and line[8] == trace, line)
        check.that("what it says", got[0].groups()[:4] == (CRISIS, "connect", "OK", "OK") and got[0][6] == "16", got[0])
        caught(lambda: api.call("Support/Beat"))
        caught(lambda: api.channel.unary_unary("/secret/Zebra")(b"", timeout=PATIENCE, metadata=(("traceparent", GOOD),)))
        stream = api.stream("grpc.health.v1.Health/Watch")
        stream.next()
        stream.cancel()
        eventually(lambda: len(accesses(server)) >= len(TRACES) + 4)
        got = [ACCESS.fullmatch(line).groups() for line in accesses(server)[-3:]]
        check.that("failures", [line[:4] for line in got] ==
                   [(BEAT, "grpc", "UNAUTHENTICATED", "UNAUTHENTICATED"), ("unknown", "grpc", "UNIMPLEMENTED", "UNKNOWN_METHOD"),
                    (WATCH, "grpc", "CANCELLED", "CANCELED")], got)
        check.that("a refused call's trace, too", got[1][7] == ID, got[1])
        check.that("nothing that was sent", "Zebra" not in server.log.read_text() and "127.0.0.1" not in server.log.read_text())
    with Server(build, "--access-log", "20") as server:
        web, began = Web(server), time.monotonic()
        for _ in range(200):
            web.post(CRISIS, b"{}")
        seconds = int(time.monotonic() - began) + 2
        page = until(server, lambda page: page.of("kindred_events_total", event="access_skipped") + len(accesses(server)) == 200)
        skipped = page.of("kindred_events_total", event="access_skipped")
        check.that("no more than asked for", 20 <= len(accesses(server)) <= 20 * seconds, len(accesses(server)), seconds)
        check.that("and the rest is counted", skipped + len(accesses(server)) == 200, skipped)
    with Server(build) as server:
        Web(server).post(CRISIS, b"{}", traceparent=GOOD)
        check.that("none unless asked for", not accesses(server))


def main(build):
    with Server(build) as server:
        api, web = server.api(), Web(server)
        api.call("Accounts/GetServerInfo")
        by_grpc(server, api)
        by_web(server, web)
        by_connect(server, web)
        gone(server, api)
        streams(server, api)
        sizes(server, web)
        api.close()
        connections(server)
        gauges(server)
        waits(server)
        api = server.api()
        closed(server, api, web)
        api.close()
        while_they_call(server)
        listeners(server, web)
        check.that("stops in order", server.stop() == 0)
    with tempfile.TemporaryDirectory() as files:
        certificates(build, pathlib.Path(files))
    log(build)
    check.report()


main(sys.argv[1])
