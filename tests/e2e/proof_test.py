"""proof -- tokens that are bound to a proof key, by clients that are not ours.

grpcio for the calls, http.client for Connect, gRPC-Web and JSON: what fits is
answered; a proof that is missing, forged, of another token, method or body, or
of the same body in another form is UNAUTHENTICATED PROOF and does nothing; a
call repeated as it was is answered as it was.  Usage: proof_test.py BUILD_DIR."""
import base64
import gzip
import http.client
import json
import os
import re
import struct
import sys

import grpc

from world import Check, Failed, Member, Server, Stream, key, proof

check = Check()
PROOF = ("UNAUTHENTICATED", "PROOF")


def raw(member, name, body, said, compression=None):
    """A unary call of these very bytes with this kindred-proof."""
    call = member.api.channel.unary_unary("/kindred.v1." + name, request_serializer=bytes,
                                          response_deserializer=bytes)
    metadata = [("authorization", "Bearer " + member.token)] + ([("kindred-proof", said)] if said is not None else [])
    try:
        return call(body, metadata=metadata, timeout=30, compression=compression)
    except grpc.RpcError as error:
        raise Failed(member.api.protos, error) from None


def own(member, name, body):
    return proof(member.token.proof_key, "/kindred.v1." + name, body)


def put(member, version=None):
    info = member.api.call("Accounts/GetServerInfo")
    make = member.server.protos.message
    member.versions[1] = version or member.versions.get(1, 0) + 1
    card = make("Card")(role=1, version=member.versions[1], vocabulary_version=info.vocabulary_version)
    return make("PutCardRequest")(idempotency_key=key(), card=card, consent_version=info.consent_version)


def logins(server):
    member = Member(server, grade=1, bound=True)
    member.enroll()
    for size in (1, 16, 31, 33, 64):
        check.fails(f"a proof key of {size}", "INVALID_ARGUMENT", "INVALID",
                    lambda: member.login(proof_key=os.urandom(size)))
    check.fails("a proof key of zeros", "INVALID_ARGUMENT", "INVALID", lambda: member.login(proof_key=bytes(32)))
    check.fails("a proof key that was not signed", "UNAUTHENTICATED", "BAD_SIGNATURE",
                lambda: member.login(proof_key=os.urandom(32)))
    check.fails("nor taken away", "UNAUTHENTICATED", "BAD_SIGNATURE", lambda: member.login(proof_key=b""))
    bound = member.login().access_token
    member.bound = False
    plain = member.login().access_token
    check.that("tokens look alike", len(plain) == len(bound) <= 160)
    body = put(member).SerializeToString()
    check.that("a plain bearer needs no proof", raw(member, "Cards/PutCard", body, None) is not None)
    check.that("nor minds one", raw(member, "Cards/PutCard", body, "nonsense") is not None)


def unary(server):
    member, other = (Member(server, grade=1, bound=True) for _ in range(2))
    for who in (member, other):
        who.enroll()
        who.login()
    name, get = "Cards/PutCard", "Cards/GetCard"
    request = put(member)
    body, said = request.SerializeToString(), own(member, name, request.SerializeToString())
    flipped = bytes([ord(said[0]) ^ 1]).decode() + said[1:]
    swapped = put(member, 1).SerializeToString()
    cases = {"missing": None, "empty": "", "forged": proof(os.urandom(32), "/kindred.v1." + name, body),
             "a bit off": flipped, "cut": said[:-1], "longer": said + "A", "padded": said + "=",
             "of another token": own(other, name, body), "of another method": own(member, get, body),
             "of another service": proof(member.token.proof_key, "/kindred.v1.Peers/PutCard", body),
             "of the method's bare name": proof(member.token.proof_key, name, body),
             "of another body": own(member, name, swapped), "of a body with more": own(member, name, body + b"\0"),
             "of no body": own(member, name, b""), "the proof key itself":
                 base64.urlsafe_b64encode(member.token.proof_key).decode().rstrip("=")}
    for what, wrong in cases.items():
        check.fails(what, *PROOF, lambda: raw(member, name, body, wrong))
    check.fails("a body swapped under a good proof", *PROOF, lambda: raw(member, name, swapped, said))
    unknown = body + b"\xfa\x3f\x01x"  # a field that this server does not know is under the proof too
    check.fails("a field added", *PROOF, lambda: raw(member, name, unknown, said))
    check.fails("none of these put a card", "FAILED_PRECONDITION", "CARD_MISSING",
                lambda: member.api.call(get, member.token, role=1))
    check.fails("a reading call wants one too", *PROOF, lambda: raw(member, get, b"\x08\x01", None))

    first = raw(member, name, body, said)
    check.that("one that fits", first is not None)
    check.that("a call replayed gives the answer of the first", raw(member, name, body, said) == first)
    check.that("and nothing is done twice", member.api.call(get, member.token, role=1).card.version == 1)
    check.fails("an answer of one token's call to another's", *PROOF, lambda: raw(other, name, body, said))
    large = put(member, 2)
    for i in range(60):
        large.card.have.add(token=i + 1)
    body = large.SerializeToString()
    check.that("compressed, it is over what was before",
               raw(member, name, body, own(member, name, body), grpc.Compression.Gzip) is not None)
    check.fails("not over what was sent", *PROOF,
                lambda: raw(member, name, body, own(member, name, gzip.compress(body)), grpc.Compression.Gzip))
    check.that("with unknown fields", raw(member, get, b"\x08\x01" + unknown[-4:],
                                          own(member, get, b"\x08\x01" + unknown[-4:])) is not None)
    long = b"\x08\x01" + b"\xfa\x3f\xf0\x2e" + bytes(6000)  # an unknown field, so that more than one piece comes
    check.that("of several pieces", raw(member, get, long, own(member, get, long)) is not None)
    check.fails("to the last byte", *PROOF, lambda: raw(member, get, long[:-1] + b"1", own(member, get, long)))
    stale = member.token
    member.login()
    check.that("a new login, a new key", member.token.proof_key != stale.proof_key and
               member.api.call(get, member.token, role=1).card.version == 2)
    check.that("the old token lives on with its own", member.api.call(get, stale, role=1).card.version == 2)
    member.rotate()
    check.fails("but not past a rotation", "UNAUTHENTICATED", "TOKEN_EXPIRED",
                lambda: member.api.call(get, stale, role=1))


def streams(server):
    """Ask and Attend: the proof is of the one request that opens the stream."""
    seeker = Member(server, grade=1, bound=True).ready(1, have=["heroin"])
    peer = Member(server, bound=True).ready(2, have=["veteran"])

    def opened(member, name, request, said):
        call = member.api.channel.unary_stream(
            "/kindred.v1." + name, request_serializer=bytes,
            response_deserializer=server.protos.message(name.split("/")[1] + "Response").FromString)
        metadata = [("authorization", "Bearer " + member.token)] + ([("kindred-proof", said)] if said else [])
        return Stream(server.protos, call(request, metadata=metadata))

    make = server.protos.message
    ask = make("AskRequest")(idempotency_key=key(), **seeker.talk_keys()).SerializeToString()
    attend = make("AttendRequest")(idempotency_key=key(), capacity=1, rest_ms=1).SerializeToString()
    for member, name, body in ((seeker, "Support/Ask", ask), (peer, "Peers/Attend", attend)):
        for what, said in (("missing", None), ("forged", proof(os.urandom(32), "/kindred.v1." + name, body)),
                           ("of another body", own(member, name, body[:-1])),
                           ("of another method", own(member, "Support/Withdraw", body))):
            error = opened(member, name, body, said).end()
            check.that(f"{name}: {what}", error and (error.code, error.reason) == PROOF, error)
        said = own(member, name, body)
        stream = opened(member, name, body, said)
        first = stream.next()
        again = opened(member, name, body, said)
        second = again.next()
        error = stream.end()
        check.that(f"{name}: replayed, the newer wins", (error.code, error.reason) == ("ABORTED", "REPLACED"), error)
        if name == "Support/Ask":
            check.that("and it is the same ticket", first.ticket.ticket_id == second.ticket.ticket_id != 0)
            ticket = first.ticket.ticket_id
            check.fails("a beat wants one", *PROOF,
                        lambda: raw(seeker, "Support/Beat", make("SupportBeatRequest")(
                            ticket_id=ticket).SerializeToString(), said))
            seeker.api.call("Support/Beat", seeker.token, ticket_id=ticket)
            seeker.api.call("Support/Withdraw", seeker.token, idempotency_key=key(), ticket_id=ticket)
            check.that("and ends like any", again.until(lambda m: m.ticket.phase == 3) and again.end() is None)
        else:
            check.fails("off duty wants one", *PROOF, lambda: raw(peer, "Peers/Leave", b"\x0a\x10" + key(), said))
            peer.api.call("Peers/Leave", peer.token, idempotency_key=key())
            check.that("and goes off like any", again.until(lambda m: m.duty.phase == 3) and again.end() is None)


def other_forms(server):
    """JSON, GET and base64: the bytes of the message, as its client wrote them."""
    member = Member(server, grade=1, bound=True).ready(1, have=["heroin"])
    name = "Cards/GetCard"
    path = "/kindred.v1." + name

    def sent(method, where, body, content_type, said, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        headers = {"authorization": "Bearer " + member.token, **headers}
        if content_type:
            headers["content-type"] = content_type
        if said:
            headers["kindred-proof"] = said
        connection.request(method, where, body, headers)
        answer = connection.getresponse()
        got = answer.status, answer.read()
        connection.close()
        return got

    def card(got):
        return got[0] == 200 and int(json.loads(got[1])["card"]["version"]) == 1

    def refused(got):
        error = json.loads(got[1]) if got[0] == 401 else {}
        return error.get("code") == "unauthenticated" and any(
            b"\x05PROOF" in base64.b64decode(d["value"] + "==") for d in error.get("details", ()))

    def status(got):
        trailer = got[1] if b"grpc-status" in got[1] else \
            b"".join(base64.b64decode(got[1][i:i + 4]) for i in range(0, len(got[1]), 4))
        return got[0] == 200 and int(re.search(rb"grpc-status: ?(\d+)", trailer)[1])

    text = b' { "role" :\n"ROLE_SEEKER"} '
    for body in (text, b'{"role":1}'):
        check.that("JSON as it was written", card(sent("POST", path, body, "application/json",
                                                        own(member, name, body))))
    proto = b"\x08\x01"
    for wrong in (None, own(member, name, b'{"role":"ROLE_SEEKER"}'), own(member, name, proto)):
        check.that("and not as it could have been", refused(sent("POST", path, text, "application/json", wrong)))
    packed = gzip.compress(text)
    check.that("compressed JSON", card(sent("POST", path, packed, "application/json", own(member, name, text),
                                            **{"content-encoding": "gzip"})))
    for encoding, message, form in (("proto", proto, lambda m: base64.urlsafe_b64encode(m).decode().rstrip("=")),
                                    ("json", b'{"role":1}', None)):
        coded = form(message) if form else "%7B%22role%22%3A1%7D"
        where = f"{path}?connect=v1&encoding={encoding}" + ("&base64=1" if form else "") + "&message=" + coded
        got = sent("GET", where, None, None, own(member, name, message))
        check.that(f"GET of {encoding}", got[0] == 200, got)
        check.that("of which the query itself is not it",
                   refused(sent("GET", where, None, None, own(member, name, coded.encode()))))
    framed = b"\0" + struct.pack(">I", len(proto)) + proto
    for content_type, body in (("application/grpc-web+proto", framed),
                               ("application/grpc-web-text+proto", base64.b64encode(framed))):
        got = sent("POST", path, body, content_type, own(member, name, proto))
        check.that(content_type, status(got) == 0, got)
        got = sent("POST", path, body, content_type, own(member, name, framed))
        check.that("not over the frame", status(got) == 16, got)


def twice(server):
    """Two of what says who calls: nobody's call, in each protocol and whichever of the two is good."""
    member = Member(server, grade=1, bound=True).ready(1, have=["heroin"])
    name, proto, refusal = "Cards/GetCard", b"\x08\x01", ("INVALID_ARGUMENT", "CREDENTIAL_TWICE")
    path = "/kindred.v1." + name
    bearer = ("authorization", "Bearer " + member.token)

    def grpc_call(metadata, call=path, body=proto):
        method = member.api.channel.unary_unary(call, request_serializer=bytes, response_deserializer=bytes)
        try:
            return method(body, metadata=metadata, timeout=30)
        except grpc.RpcError as error:
            raise Failed(member.api.protos, error) from None

    good = own(member, name, proto)
    for what, more in (("token", bearer), ("other token", ("authorization", "Bearer x")), ("empty one", ("authorization", "")),
                       ("proof", ("kindred-proof", good)), ("other proof", ("kindred-proof", "x"))):
        fields = [bearer, ("kindred-proof", good), more]
        for order, metadata in (("after", fields), ("before", fields[::-1])):
            check.fails(f"gRPC: a second, {what}, {order}", *refusal, lambda: grpc_call(metadata))
    check.fails("also where nobody looks at it", *refusal, lambda: grpc_call([bearer, bearer], "/kindred.v1.Accounts/Challenge", b""))
    check.that("once is fine", grpc_call([bearer, ("kindred-proof", good)]) is not None)

    framed = b"\0" + struct.pack(">I", len(proto)) + proto
    query = f"{path}?connect=v1&encoding=proto&base64=1&message=CAE"
    for what, method, where, kind, body in (
            ("Connect", "POST", path, "application/proto", proto), ("JSON", "POST", path, "application/json", b'{"role":1}'),
            ("a GET", "GET", query, None, None), ("gRPC-Web", "POST", path, "application/grpc-web+proto", framed),
            ("gRPC-Web in base64", "POST", path, "application/grpc-web-text+proto", base64.b64encode(framed)),
            ("a stream of Connect", "POST", "/kindred.v1.Support/Ask", "application/connect+proto", framed)):
        for name in ("authorization", "kindred-proof"):
            for language, words in (("en", b"twice"), ("es", b"dos veces")):
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
                connection.putrequest(method, where)
                for field in ([("content-type", kind)] if kind else []) + [
                        ("content-length", str(len(body or b""))), ("accept-language", language), bearer,
                        ("kindred-proof", own(member, "Cards/GetCard", body or proto)), (name, "x")]:
                    connection.putheader(*field)
                connection.endheaders(body)
                answer = connection.getresponse()
                said = answer.read()
                said = base64.b64decode(said) if "base64" in what else said
                details = b"".join(base64.b64decode(d + b"=" * (-len(d) % 4)) for d in
                                   re.findall(rb'details-bin[^A-Za-z0-9+/]+([A-Za-z0-9+/]+)', said) +
                                   re.findall(rb'"value":"([A-Za-z0-9+/=]+)"', said))
                check.that(f"{what}: {name} twice, in {language}", b"CREDENTIAL_TWICE" in details and
                           words in said + details, answer.status, said)
                connection.close()


with Server(sys.argv[1]) as world:
    for part in (logins, unary, streams, other_forms, twice):
        check.runs(part, world)
    check.that("stops in order", world.stop() == 0)
check.report()
