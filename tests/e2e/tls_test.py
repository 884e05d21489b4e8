"""tls -- everything through TLS, with grpcio, Python's ssl and our own client.

The story of two people; who is refused, and how; certificates that change under
an open stream; operators by certificate; listeners of every kind; a start that
cannot be (server/doors laws 1, 2 and 3).  Usage: tls_test.py BUILD_DIR."""
import http.client
import os
import pathlib
import re
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile

from certificates import Authority
from world import Api, Check, Failed, Member, Server, eventually

check = Check()
LOCAL = "DNS:localhost,IP:127.0.0.1"


def context(ca, version=None, alpn=("h2",), cert=None, key=None):
    made = ssl.create_default_context(cafile=ca)
    if version:
        made.minimum_version = made.maximum_version = version
        made.set_ciphers("ALL:@SECLEVEL=0")
    if alpn:
        made.set_alpn_protocols(list(alpn))
    if cert:
        made.load_cert_chain(cert, key)
    return made


def dial(port, made):
    """A TLS connection by Python's ssl."""
    return made.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=20), server_hostname="localhost",
                            suppress_ragged_eofs=False)


def refused(port, made):
    """Does it fail, at the latest when it is used?"""
    try:
        with dial(port, made) as line:
            line.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
            return line.recv(1) == b""
    except OSError:
        return True


def shown(port, made):
    """The certificate that a new caller sees."""
    with dial(port, made) as line:
        return line.getpeercert(binary_form=True)


def der(path):
    return ssl.PEM_cert_to_DER_cert(path.read_text())


def counter(server, name):
    stats = Api(server.protos, f"unix:{server.data}/operations.sock").call("Operations/Stats")
    return {c.name: c.value for c in stats.counters}[name]


def story(server):
    """Two people meet and talk."""
    peer = Member(server).ready(2, have=["heroin"])
    seeker = Member(server, grade=1).ready(1, have=["heroin"])
    duty = peer.attend()
    duty.next()
    ask = seeker.ask()
    talk = peer.accept(duty.until(lambda m: m.duty.offers).duty.offers[0].offer_id).talk
    mine = ask.until(lambda m: m.ticket.phase == 2).ticket.talk
    one, two = seeker.open(mine, True), peer.open(talk, False)
    inbox, back = two.receive(), one.receive()
    inbox.until(lambda m: m.state.phase == 2)
    back.until(lambda m: m.state.phase == 2)
    for i in range(20):
        one.send(b"hello %d" % i)
        got = inbox.until(lambda m: m.WhichOneof("event") == "message").message
        check.that("a text arrives", two.open(got.ciphertext) == b"hello %d" % i)
    vocabulary = seeker.api.call("Vocabularies/GetVocabulary")
    check.that("a long answer arrives", len(vocabulary.terms) > 50)
    return one, two, inbox


def refusals(server, ca, other):
    before = counter(server, "handshake_failed")
    for what, made in (("an authority of others", context(other.pem)), ("TLS 1.1", context(ca.pem, ssl.TLSVersion.TLSv1_1)),
                       ("TLS 1.0", context(ca.pem, ssl.TLSVersion.TLSv1)),
                       ("another protocol", context(ca.pem, alpn=["http/1.0"]))):
        check.that(f"refused: {what}", refused(server.port, made))
    check.that("each is counted", eventually(lambda: counter(server, "handshake_failed") == before + 4),
               counter(server, "handshake_failed") - before)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        check.that(f"served: {version.name}", not refused(server.port, context(ca.pem, version)))
    check.that("served: no ALPN, but the preface", not refused(server.port, context(ca.pem, alpn=None)))
    web = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=20, context=context(ca.pem, alpn=["http/1.1"]))
    web.request("POST", "/kindred.v1.Accounts/GetServerInfo", "{}", {"content-type": "application/json"})
    check.that("served: HTTP/1.1", web.getresponse().status == 200)
    web.close()
    api = Api(server.protos, server.target, other.trust())
    try:
        api.call("Accounts/GetServerInfo", timeout=5)
        check.that("grpcio refuses a server of others", False)
    except Failed as error:
        check.that("grpcio refuses a server of others", error.code in ("UNAVAILABLE", "DEADLINE_EXCEEDED"), error)
    for text in (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
            line.sendall(text)
            got = line.recv(100)
            check.that("plain text is closed in order", got == b"" or (got[0] == 21 and line.recv(1) == b""), got)


def slow(server):
    """Half a hello, and nothing more."""
    before, lines = counter(server, "handshake_slow"), []
    for said in (b"", b"\x16", b"\x16\x03\x01\x01\x00\x01"):
        lines.append(socket.create_connection(("127.0.0.1", server.port), timeout=20))
        lines[-1].sendall(said)
    for line in lines:
        check.that("a slow handshake is cut off", line.recv(1) == b"")
        line.close()
    check.that("and counted", eventually(lambda: counter(server, "handshake_slow") == before + 3))


def changes(server, ca, cert, key, talk):
    """New certificates under an open stream: told by a signal, and found."""
    one, two, inbox = talk
    trust = context(ca.pem)
    held = dial(server.port, trust)
    first = der(cert)
    check.that("the first is shown", shown(server.port, trust) == first)
    ca.issue(cert, key, LOCAL)
    server.process.send_signal(signal.SIGHUP)
    check.that("after SIGHUP the second", eventually(lambda: shown(server.port, trust) == der(cert)))
    check.that("which is another", der(cert) != first)
    check.that("the log says so", b"certificate and key read again" in server.log.read_bytes())
    good = cert.read_text()
    cert.write_text("half a certif")
    server.process.send_signal(signal.SIGHUP)
    check.that("a bad one is said", eventually(lambda: b"not usable, the old ones stay" in server.log.read_bytes()))
    check.that("and the old one stays", shown(server.port, trust) == ssl.PEM_cert_to_DER_cert(good))
    ca.issue(cert, key, LOCAL)
    check.that("a changed file is found", eventually(lambda: shown(server.port, trust) == der(cert)))
    one.send(b"still here")
    got = inbox.until(lambda m: m.WhichOneof("event") == "message").message
    check.that("open streams go on", two.open(got.ciphertext) == b"still here")
    held.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
    check.that("and so do idle connections", held.recv(9)[3] == 4)
    held.close()


def drains(server, ca):
    """Told to stop, TLS says that it is the end."""
    with dial(server.port, context(ca.pem)) as line:
        line.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
        line.recv(1)
        server.process.send_signal(signal.SIGTERM)
        said, piece = b"", b"x"
        while piece:
            piece = line.recv(4096)
            said += piece
        check.that("goodbye is said in both languages", b"\x07" in said)
    check.that("exit 0", server.process.wait(20) == 0)


def command(server, ca, other):
    def kindred(*args):
        return subprocess.run([server.build / "kindred", *map(str, args)], capture_output=True, text=True, timeout=60)

    there = f"https://localhost:{server.port}"
    got = kindred("health", "--server", there, "--ca", ca.pem)
    check.that("kindred through TLS", got.returncode == 0 and "SERVING" in got.stdout, got)
    for args, reason in ((["--ca", other.pem], "CERTIFICATE_UNTRUSTED"), ([], "CERTIFICATE_UNTRUSTED")):
        got = kindred("health", "--server", there, *args)
        check.that("kindred believes no other", got.returncode == 3 and reason in got.stderr, got)
    got = kindred("health", "--server", server.target)
    check.that("kindred in plain text is sent away", got.returncode == 3, got)
    got = kindred("health", "--server", there, "--ca", "/nowhere")
    check.that("kindred says which file", got.returncode == 2 and "CERTIFICATE_AUTHORITIES" in got.stderr, got)
    got = kindred("health", "--server", there, "--cert", ca.pem)
    check.that("a certificate alone is a mistake", got.returncode != 0 and "INVALID" in got.stderr, got)
    with tempfile.TemporaryDirectory() as home:
        account = pathlib.Path(home) / "key"
        got = kindred("enroll", "--server", there, "--ca", ca.pem, "--key", account)
        check.that("and enrols", got.returncode == 0, got)


def operators(build, files, ca, other, cert, key):
    """By certificate: who gets in, and what they may."""
    flags = ["--tls-cert", cert, "--tls-key", key, "--operations-listen", "127.0.0.1:0", "--operations-client-ca", ca.pem]
    with Server(build, *flags, trust=ca.trust()) as server:
        port = int(re.search(r"listening for operators on port (\d+)", server.log.read_text())[1])
        mine, mykey = files / "mine.pem", files / "mine.key"

        def api(authority, alt):
            authority.issue(mine, mykey, alt)
            return Api(server.protos, f"localhost:{port}", ca.trust(mine, mykey))

        for role in ("operator", "auditor"):
            stats = api(ca, f"URI:kindred:role:{role}").call("Operations/Stats")
            check.that(f"an {role} may look", stats.gauges.uptime_ms > 0)
        for what, alt in (("moderator", "URI:kindred:role:moderator"), ("unknown role", "URI:kindred:role:king"),
                          ("two roles", "URI:kindred:role:operator,URI:kindred:role:auditor"),
                          ("role that is a host", "DNS:kindred.role.operator"), ("certificate without names", None)):
            check.fails(f"a {what} may not", "PERMISSION_DENIED", "PERMISSION",
                        lambda alt=alt: api(ca, alt).call("Operations/Stats"))
        for what, caller in (("without a certificate", Api(server.protos, f"localhost:{port}", ca.trust())),
                             ("with one of others", api(other, "URI:kindred:role:operator"))):
            try:
                caller.call("Operations/Stats", timeout=3)
                check.that(f"nobody gets in {what}", False)
            except Failed as error:
                check.that(f"nobody gets in {what}", error.code in ("UNAVAILABLE", "DEADLINE_EXCEEDED"), error)
        check.that("nor by Python", refused(port, context(ca.pem)))
        inside = Api(server.protos, f"unix:{server.data}/operations.sock")
        check.that("the socket is an operator's", inside.call("Operations/Stats").gauges.uptime_ms > 0)
        check.fails("members find no operations", "UNIMPLEMENTED", "UNKNOWN_METHOD",
                    lambda: server.api().call("Operations/Stats"))
        check.fails("operators find no accounts", "UNIMPLEMENTED", "UNKNOWN_METHOD",
                    lambda: api(ca, "URI:kindred:role:operator").call("Accounts/GetServerInfo"))
        ca.issue(mine, mykey, "URI:kindred:role:auditor")
        got = subprocess.run([server.build / "kindred", "stats", "--server", f"https://localhost:{port}", "--ca", ca.pem,
                              "--cert", mine, "--cert-key", mykey], capture_output=True, text=True, timeout=60)
        check.that("kindred stats from afar", got.returncode == 0 and "call_started" in got.stdout, got)
        got = subprocess.run([server.build / "kindred", "stats", "--server", f"https://localhost:{port}", "--ca", ca.pem],
                             capture_output=True, text=True, timeout=60)
        check.that("not without a certificate", got.returncode == 3, got)
        check.that("stops in order", server.stop() == 0)
        check.that("no name of a certificate is in the log", b"Zaphod" not in server.log.read_bytes())


def members_with_certificates(build, files, ca, other, cert, key):
    with Server(build, "--tls-cert", cert, "--tls-key", key, "--tls-client-ca", ca.pem) as server:
        mine, mykey = files / "mine.pem", files / "mine.key"
        check.that("a member without one is refused", refused(server.port, context(ca.pem)))
        other.issue(mine, mykey, "URI:kindred:role:operator")
        check.that("with one of others too", refused(server.port, context(ca.pem, cert=mine, key=mykey)))
        ca.issue(mine, mykey, "URI:kindred:role:operator")
        api = Api(server.protos, server.target, ca.trust(mine, mykey))
        check.that("with one of ours let in", api.call("Accounts/GetServerInfo").origin == "kindred://test")
        check.fails("a role opens nothing here", "UNIMPLEMENTED", "UNKNOWN_METHOD", lambda: api.call("Operations/Stats"))


def listeners(build, files, ca, cert, key):
    """Several addresses at once; who may open a path."""
    for group, mode in ((0, 0o600), (1, 0o660)):
        path = files / f"members{group}.sock"
        flags = ["--listen", f"127.0.0.1:0 unix:{path}, 127.0.0.1:0", f"--socket-group={group}"]
        with Server(build, *flags, "--tls-cert", cert, "--tls-key", key, trust=ca.trust()) as server:
            ports = [int(p) for p in re.findall(r"listening on port (\d+)", server.log.read_text())]
            check.that("two ports", len(ports) == 2)
            for port in ports:
                api = Api(server.protos, f"localhost:{port}", ca.trust())
                check.that("each is served through TLS", api.call("Accounts/GetServerInfo").origin == "kindred://test")
            api = Api(server.protos, f"unix:{path}")
            check.that("a path in plain text", api.call("Accounts/GetServerInfo").origin == "kindred://test")
            check.that("for who may open it", stat.S_IMODE(path.stat().st_mode) == mode, oct(path.stat().st_mode))
            inside = stat.S_IMODE((server.data / "operations.sock").stat().st_mode)
            check.that("the operators' own is nobody else's", inside == 0o600, oct(inside))
            check.that("stops in order", server.stop() == 0)
            check.that("and takes its path along", not path.exists())


def starts_that_cannot_be(build, files, ca, cert, key):
    """One clear sentence each, and exit status 1."""
    open_key, weak = files / "open.key", files / "none.pem"
    open_key.write_bytes(key.read_bytes())
    open_key.chmod(0o644)
    weak.write_text("nothing\n")
    mine = ["--tls-cert", cert, "--tls-key", key]
    away = ["--operations-listen", "127.0.0.1:0"]
    cases = [(["--tls-cert", cert], "tls_key:"), (["--tls-key", key], "tls_cert:"),
             (["--tls-cert", "/nowhere", "--tls-key", key], "tls_cert:"), (["--tls-cert", weak, "--tls-key", key], "tls_cert:"),
             (["--tls-cert", cert, "--tls-key", weak], "tls_key:"), (["--tls-cert", cert, "--tls-key", open_key], "chmod o="),
             (["--tls-cert", cert, "--tls-key", ca.key], "tls_key: the private key is not that"),
             ([*mine, "--tls-client-ca", weak], "tls_client_ca:"), (["--tls-client-ca", ca.pem], "tls_client_ca:"),
             ([*mine, "--plaintext"], "plaintext:"), ([*mine, *away], "operations_client_ca:"),
             ([*away, "--operations-client-ca", ca.pem], "operations_listen:"),
             ([*mine, "--operations-client-ca", ca.pem], "operations_listen:"),
             ([*mine, *away, "--operations-client-ca", weak], "operations_client_ca:"),
             ([*mine, "--operations-listen", "unix:/tmp/x", "--operations-client-ca", ca.pem], "operations_listen:"),
             (["--listen", "0.0.0.0:0"], "listen: without TLS only"), (["--listen", " , "], "listen:"),
             (["--listen", "127.0.0.1:0 0.0.0.0:0"], "listen: without TLS only"),
             (["--listen", " ".join(["127.0.0.1:0"] * 9)], "listen: too many")]
    if os.geteuid() == 0 and not re.search(r"^KINDRED_SANITIZE:\w+=.+", (pathlib.Path(build) / "CMakeCache.txt").read_text(), re.M):
        theirs = files / "theirs.key"  # root reads it, and a server that gave up root's privileges does not
        theirs.write_bytes(key.read_bytes())
        theirs.chmod(0o600)
        os.chown(theirs, 65534, 65534)
        cases += [(["--tls-cert", cert, "--tls-key", theirs], "tls_key: could be read with the privileges of the start alone")]
    for flags, words in cases:
        with tempfile.TemporaryDirectory() as data:
            got = subprocess.run([pathlib.Path(build) / "kindredd", "--data", data + "/d", "--log-level", "0", *map(str, flags)],
                                 env={**os.environ, "KINDRED_LISTEN": "127.0.0.1:0"},  # another may have the usual port
                                 capture_output=True, text=True, timeout=60)
        said = [line for line in got.stderr.splitlines() if line.startswith("kindredd: ")]
        check.that(f"one sentence for {' '.join(map(str, flags[:2]))}", got.returncode == 1 and len(said) == 1 and
                   words in said[0] and str(files) not in said[0], got)
    with Server(build, "--listen", "0.0.0.0:0", *mine, trust=ca.trust()) as server:
        check.that("with TLS for everybody", server.api().call("Accounts/GetServerInfo").origin == "kindred://test")


def main(build, files):
    ca, other = Authority(files), Authority(files, "other")
    cert, key = files / "cert.pem", files / "cert.key"
    ca.issue(cert, key, LOCAL)
    with Server(build, "--tls-cert", cert, "--tls-key", key, "--handshake-ms", "1000", trust=ca.trust()) as server:
        talk = story(server)
        refusals(server, ca, other)
        slow(server)
        command(server, ca, other)
        changes(server, ca, cert, key, talk)
        drains(server, ca)
        check.that("no name of a certificate is in the log", b"Zaphod" not in server.log.read_bytes())
    operators(build, files, ca, other, cert, key)
    members_with_certificates(build, files, ca, other, cert, key)
    listeners(build, files, ca, cert, key)
    starts_that_cannot_be(build, files, ca, cert, key)


with tempfile.TemporaryDirectory(prefix="kindred-tls-") as directory:
    check.runs(main, sys.argv[1], pathlib.Path(directory))
check.report()
