#!/usr/bin/env python3
"""web -- kindredd as the web calls it: HTTP/1.1, JSON, gRPC-Web, other origins.

What the suites of others do not see: that answers are really compressed, that
deadlines are the server's, base64 bodies, CORS, and what must not be taken for
a request.  With the standard library's HTTP client and bare sockets.
Usage: web_test.py BUILD_DIR."""
import base64
import gzip
import http.client
import json
import socket
import struct
import sys
import urllib.parse

from world import PATIENCE, Check, Server

check = Check()
CRISIS, HEALTH = "/kindred.v1.Support/GetCrisisResources", "/grpc.health.v1.Health/"
JSON = {"content-type": "application/json"}
APP, OTHER = "https://app.example", "https://app.example.net"


def connection(server):
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)


def ask(client, path, body=b"", headers=JSON, method="POST"):
    client.request(method, path, body, headers)
    response = client.getresponse()
    return response, response.read()


def frames(body):
    """Those of gRPC-Web or of a stream of Connect: flags and bytes."""
    while body:
        flags, size = struct.unpack(">BI", body[:5])
        yield flags, body[5:5 + size]
        body = body[5 + size:]


def frame(message, flags=0):
    return struct.pack(">BI", flags, len(message)) + message


def connect_json(server):
    client = connection(server)
    for _ in range(2):  # on one connection
        response, body = ask(client, CRISIS, json.dumps({"country": "US"}))
        got = json.loads(body)
        check.that("JSON is answered", response.status == 200 and got["resources"], response.status, body)
        check.that("as JSON", response.getheader("content-type") == "application/json")
        check.that("and the connection goes on", response.getheader("connection") is None)
    query = urllib.parse.urlencode({"connect": "v1", "encoding": "json", "message": '{"country":"US"}'})
    response, body = ask(client, CRISIS + "?" + query, method="GET", headers={})
    check.that("GET gives the same", json.loads(body) == got, body)
    message = base64.urlsafe_b64encode(gzip.compress(b'{"country":"US"}')).decode().rstrip("=")
    query = f"encoding=json&base64=1&compression=gzip&message={message}"
    response, body = ask(client, CRISIS + "?" + query, method="GET", headers={})
    check.that("GET, packed, too", json.loads(body) == got, body)
    request = server.protos.message("GetCrisisResourcesRequest")(country="US").SerializeToString()
    response, body = ask(client, CRISIS, request, {"content-type": "application/proto"})
    reply = server.protos.message("GetCrisisResourcesResponse").FromString(body)
    check.that("protobuf has as many", len(reply.resources.entries) == len(got["resources"]["entries"]))


def fail(client, what, status, code, reason, path, body=b"{}", headers=JSON, method="POST"):
    response, got = ask(client, path, body, headers, method)
    check.that(what + ": status", response.status == status, response.status, got)
    if code is None:
        check.that(what + ": plain words", response.getheader("content-type").startswith("text/plain"))
        return
    error = json.loads(got)
    check.that(what + ": code", error["code"] == code, error)
    value = error["details"][0]["value"]
    detail = base64.b64decode(value + "=" * (-len(value) % 4))
    check.that(what + ": reason", error["details"][0]["type"] == "google.rpc.ErrorInfo" and reason.encode() in detail, detail)
    check.that(what + ": it repeats nothing", b"secret" not in got, got)


def errors(server):
    client = connection(server)
    fail(client, "not JSON", 400, "invalid_argument", "MALFORMED_JSON", CRISIS, b'{"country": secret}')
    fail(client, "a wrong value", 400, "invalid_argument", "JSON_VALUE", CRISIS, b'{"country": ["secret"]}')
    fail(client, "no such method", 404, "unimplemented", "UNKNOWN_METHOD", "/kindred.v1.Support/Secret")
    fail(client, "no token", 401, "unauthenticated", "UNAUTHENTICATED", "/kindred.v1.Cards/GetCard")
    fail(client, "too large", 429, "resource_exhausted", "MESSAGE_TOO_LARGE", CRISIS, b'{"country":"' + b"x" * 70000 + b'"}')
    client = connection(server)
    fail(client, "too large, packed", 429, "resource_exhausted", "MESSAGE_TOO_LARGE", CRISIS,
         gzip.compress(b'{"country":"' + b"x" * 10_000_000 + b'"}'), {**JSON, "content-encoding": "gzip"})
    fail(client, "an unknown encoding", 501, "unimplemented", "ENCODING", CRISIS, b"{}", {**JSON, "content-encoding": "br"})
    fail(client, "a bad time-out", 400, "invalid_argument", "INVALID", CRISIS, b"{}", {**JSON, "connect-timeout-ms": "1s"})
    fail(client, "a wrong verb", 405, None, None, CRISIS, method="DELETE")
    fail(client, "GET without a message", 415, None, None, CRISIS, b"", {}, "GET")
    for path, allow in ((CRISIS, "GET, POST"), ("/kindred.v1.Accounts/Challenge", "POST")):
        check.that("what it can be asked by", ask(client, path, b"", {}, "DELETE")[0].getheader("allow") == allow, path)
    fail(client, "GET of what changes", 405, None, None, "/kindred.v1.Accounts/Challenge?encoding=json&message={}", b"", {}, "GET")
    fail(client, "a wrong type", 415, None, None, CRISIS, headers={"content-type": "text/json"})
    fail(client, "one message to a stream", 415, None, None, HEALTH + "Watch")
    fail(client, "gRPC", 505, None, None, CRISIS, headers={"content-type": "application/grpc"})
    fail(client, "no page", 404, None, None, "/index.html", b"", {}, "GET")


def compression(server):
    client = connection(server)
    path = "/kindred.v1.Vocabularies/GetVocabulary"
    response, plain = ask(client, path, "{}")
    check.that("nothing is packed unasked", response.getheader("content-encoding") is None and len(plain) > 10000)
    response, packed = ask(client, path, "{}", {**JSON, "accept-encoding": "br, gzip;q=0.5"})
    check.that("an answer is packed when asked", response.getheader("content-encoding") == "gzip")
    check.that("and is the same", gzip.decompress(packed) == plain and len(packed) < len(plain) // 2)
    response, packed = ask(client, path, "{}", {**JSON, "accept-encoding": "gzip;q=0"})
    check.that("gzip can be ruled out", packed == plain)
    response, body = ask(client, path, gzip.compress(b"{}"), {**JSON, "content-encoding": "gzip"})
    check.that("a packed request is read", body == plain)
    response, body = ask(client, path, frame(b"{}"), {"content-type": "application/grpc-web+json",
                                                      "grpc-accept-encoding": "gzip"})
    flags, message = next(frames(body))
    check.that("gRPC-Web packs when asked", flags == 1 and gzip.decompress(message) == plain
               and response.getheader("grpc-encoding") == "gzip")


def deadlines(server):
    client = connection(server)
    response, body = ask(client, HEALTH + "Watch", frame(b"{}"),
                         {"content-type": "application/connect+json", "connect-timeout-ms": "300"})
    parts = list(frames(body))
    check.that("a stream says its state first", parts[0] == (0, b'{"status":"SERVING"}'), parts)
    check.that("and ends when its time is over", parts[1][0] == 2 and
               json.loads(parts[1][1])["error"]["code"] == "deadline_exceeded", parts)
    response, body = ask(client, HEALTH + "Watch", frame(b""),
                         {"content-type": "application/grpc-web", "grpc-timeout": "300m"})
    parts = list(frames(body))
    check.that("gRPC-Web as well", parts[0] == (0, b"\x08\x01") and parts[1][0] == 0x80
               and b"grpc-status: 4\r\n" in parts[1][1], parts)


def web_text(server):
    client = connection(server)
    headers = {"content-type": "application/grpc-web-text+proto", "accept": "application/grpc-web-text"}

    def text(body):
        response, got = ask(client, HEALTH + "Check", body, headers)
        check.that("text is answered with text", response.getheader("content-type") == "application/grpc-web-text+proto")
        return [part for piece in got.decode().replace("=", "= ").replace("= =", "==").split()
                for part in frames(base64.b64decode(piece))]

    for body in (base64.b64encode(frame(b"")), base64.b64encode(frame(b"")[:4]) + base64.b64encode(frame(b"")[4:])):
        parts = text(body)
        check.that("its frames, padded each, are read and written", parts[0] == (0, b"\x08\x01")
                   and parts[1] == (0x80, b"grpc-status: 0\r\n"), parts)
    for body in (b"AAA", b"AAAA====", b"!!!!AAA=", base64.b64encode(frame(b""))[:-1]):
        parts = text(body)
        check.that("what is no base64 is refused", parts[0][0] == 0x80 and b"MALFORMED" not in parts[0][1]
                   and b"grpc-status: 13\r\n" in parts[0][1], body, parts)


def cors(server):
    client = connection(server)
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "connect-protocol-version,content-type"}
    response, _ = ask(client, CRISIS, b"", {"origin": APP, **asked}, "OPTIONS")
    allowed = (response.getheader("access-control-allow-headers") or "").split(", ")
    check.that("a preflight is answered", response.status == 204 and response.getheader("access-control-allow-origin") == APP)
    check.that("for what our protocols send", {"content-type", "connect-protocol-version", "connect-timeout-ms",
                                               "grpc-timeout", "x-grpc-web", "authorization",
                                               "kindred-proof"} <= set(allowed), allowed)
    check.that("and may be kept", int(response.getheader("access-control-max-age")) > 0 and
               "origin" in response.getheader("vary"))
    for origin in (OTHER, APP + ":8443", "https://APP.example", "null", "*"):
        response, _ = ask(client, CRISIS, b"", {"origin": origin, **asked}, "OPTIONS")
        check.that("not for another", response.status == 403 and response.getheader("access-control-allow-origin") is None, origin)
    for path, headers in ((CRISIS, JSON), (CRISIS, {"content-type": "application/grpc-web+json"}), ("/", {}), ("/no.Such/Method", JSON)):
        body = frame(b"{}") if "web" in headers.get("content-type", "") else b"{}"
        response, _ = ask(client, path, body, {"origin": APP, **headers})
        check.that("an answer names the origin", response.getheader("access-control-allow-origin") == APP, path)
        check.that("and what may be seen", "grpc-status" in response.getheader("access-control-expose-headers")
                   and response.getheader("vary") == "origin")
        response, _ = ask(client, path, body, {"origin": OTHER, **headers})
        check.that("not another", response.getheader("access-control-allow-origin") is None)
        response, _ = ask(client, path, body, headers)
        check.that("every answer varies", response.getheader("vary") == "origin")


def said(server, *pieces):
    """All that a connection answers to these bytes until it is closed."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as raw:
        for piece in pieces:
            raw.sendall(piece)
        raw.shutdown(socket.SHUT_WR)
        got = b""
        while more := raw.recv(65536):
            got += more
        return got


HEAD = b"POST %s HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n" % CRISIS.encode()
NEXT = b"GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"
SMUGGLED = {  # what: the request; nothing behind it may be taken for another
    "both lengths": HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"content-length: 2\r\ncontent-length: 2\r\n\r\n{}",
    "two other lengths": HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    "a list of lengths": HEAD + b"content-length: 2, 2\r\n\r\n{}",
    "a signed length": HEAD + b"content-length: +2\r\n\r\n{}",
    "no length": HEAD + b"content-length: \r\n\r\n{}",
    "a huge length": HEAD + b"content-length: 99999999999999999999\r\n\r\n{}",
    "a hex length": HEAD + b"content-length: 0x2\r\n\r\n{}",
    "another coding": HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a wrong coding": HEAD + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding with a tab": HEAD + b"transfer-encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "two codings": HEAD + b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": HEAD.replace(b"1.1", b"1.0") + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "space before the colon": HEAD + b"content-length : 2\r\n\r\n{}",
    "a folded line": HEAD + b"x: 1\r\n content-length: 2\r\n\r\n{}",
    "a first line that is folded": HEAD.replace(b"\r\nhost", b"\r\n host") + b"\r\n",
    "a bare LF": HEAD + b"x: 1\ncontent-length: 2\r\n\r\n{}",
    "a bare CR": HEAD + b"x: 1\rcontent-length: 2\r\n\r\n{}",
    "a zero byte": HEAD + b"x: 1\0\r\ncontent-length: 2\r\n\r\n{}",
    "no name": HEAD + b": 1\r\ncontent-length: 2\r\n\r\n{}",
    "no colon": HEAD + b"content-length\r\n\r\n{}",
    "no host": HEAD.replace(b"host: a\r\n", b"") + b"content-length: 2\r\n\r\n{}",
    "two hosts": HEAD + b"host: b\r\ncontent-length: 2\r\n\r\n{}",
    "two spaces": HEAD.replace(b"POST ", b"POST  ") + b"content-length: 2\r\n\r\n{}",
    "another version": HEAD.replace(b"1.1", b"1.2") + b"content-length: 2\r\n\r\n{}",
    "a chunk without a size": HEAD + b"transfer-encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n",
    "a chunk of no hex": HEAD + b"transfer-encoding: chunked\r\n\r\n2g\r\n{}\r\n0\r\n\r\n",
    "a chunk of a sign": HEAD + b"transfer-encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n",
    "a chunk that is too long": HEAD + b"transfer-encoding: chunked\r\n\r\n000000002\r\n{}\r\n0\r\n\r\n",
    "a chunk that ends late": HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    "a chunk with an extension": HEAD + b"transfer-encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\n\r\n",
    "a chunk with a bare LF": HEAD + b"transfer-encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n",
    "a folded trailer": HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx: 1\r\n y\r\n\r\n",
    "a bare LF in a trailer": HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx: 1\ny: 2\r\n\r\n",
    "CONNECT": b"CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n",
    "a target that is none": HEAD.replace(b"POST /", b"POST x/") + b"content-length: 2\r\n\r\n{}",
}


def smuggling(server):
    for what, request in SMUGGLED.items():
        got = said(server, request + NEXT)
        check.that(what + " is refused, and nothing behind it read", got.startswith(b"HTTP/1.1 400 ")
                   and got.count(b"HTTP/1.1 ") == 1 and b"connection: close" in got, got)
    got = said(server, HEAD + b"x: " + b"y" * 20000 + b"\r\n\r\n" + NEXT)
    check.that("a large head is refused", got.startswith(b"HTTP/1.1 431 ") and got.count(b"HTTP/1.1 ") == 1, got[:100])
    got = said(server, HEAD + b"".join(b"x%d: y\r\n" % i for i in range(200)) + b"\r\n" + NEXT)
    check.that("a head of many fields too", got.startswith(b"HTTP/1.1 431 ") and got.count(b"HTTP/1.1 ") == 1, got[:100])
    got = said(server, HEAD + b"expect: miracles\r\ncontent-length: 2\r\n\r\n{}" + NEXT)
    check.that("other expectations are refused", got.startswith(b"HTTP/1.1 417 ") and got.count(b"HTTP/1.1 ") == 1, got)
    check.that("other protocols get no answer", said(server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n") == b"")


def one(file):
    """The status of the next answer, all of it read."""
    status = int(file.readline().split()[1])
    head = dict(line.decode().rstrip().split(": ", 1) for line in iter(file.readline, b"\r\n"))
    file.read(int(head["content-length"]))
    return status


def in_order(server):
    """What is allowed: one after another in one write, chunks, a caller that waits."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as raw:
        raw.sendall((HEAD + b"content-length: 16\r\n\r\n" + b'{"country":"US"}') * 20 + NEXT +
                    HEAD + b"transfer-encoding: Chunked\r\n\r\n5\r\n{\"cou\r\nB\r\nntry\":\"US\"}\r\n0\r\nx: y\r\n\r\n")
        file = raw.makefile("rb")
        statuses = [one(file) for _ in range(22)]
        check.that("requests in one write are answered in order", statuses == [200] * 20 + [404, 200], statuses)
        raw.sendall(HEAD + b"expect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        check.that("a caller that waits is told to go on", file.readline() == b"HTTP/1.1 100 Continue\r\n" and file.readline() == b"\r\n")
        raw.sendall(b"{}")
        check.that("and answered", one(file) in (200, 400))
    got = said(server, HEAD.replace(b"1.1", b"1.0") + b"content-length: 16\r\n\r\n" + b'{"country":"US"}' + NEXT)
    check.that("HTTP/1.0 is answered once, and closed", got.startswith(b"HTTP/1.1 200 ") and got.count(b"HTTP/1.1 ") == 1
               and b"chunked" not in got)
    got = said(server, HEAD.replace(b"POST /", b"POST http://a/") + b"connection: close\r\ncontent-length: 2\r\n\r\n{}")
    check.that("an absolute target is read", got.startswith(b"HTTP/1.1 200 ") or b"invalid_argument" in got, got)


with Server(sys.argv[1], "--cors-origin", "https://other.example", "--cors-origin", APP) as world:
    for part in (connect_json, errors, compression, deadlines, web_text, cors, smuggling, in_order):
        check.runs(part, world)
    check.that("gRPC on the same port", world.api().call("Accounts/GetServerInfo").name == "Kindred")
    check.that("stops in order", world.stop() == 0)
check.report()
