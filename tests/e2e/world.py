"""world -- a kindredd of one's own, and people who are not our client.

Server starts build/kindredd on a free port with a data directory of its own.
Api makes a callable per RPC from the descriptor set of the build; Member does
what a frontend does, with grpcio and PyNaCl alone: Ed25519 account, talk keys,
crypto_kx, secretstream.  Check counts."""
import base64
import hashlib
import hmac
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import grpc
import nacl.bindings as sodium
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PATIENCE = 30
OPTIONS = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1),
           ("grpc.max_send_message_length", -1)]


def eventually(what, patience=PATIENCE):
    """What it gives, once that is true; else, what it gave last."""
    deadline = time.monotonic() + patience
    while not (got := what()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return got


class Protos:
    """Message classes and methods of the build's descriptor set."""

    def __init__(self, build):
        self.pool = descriptor_pool.DescriptorPool()
        files = descriptor_pb2.FileDescriptorSet.FromString((build / "generated/pb/kindred.set").read_bytes()).file
        self.methods = {}
        for file in files:
            self.pool.Add(file)
        for file in files:
            for service in file.service:
                for method in service.method:
                    self.methods[f"{file.package}.{service.name}/{method.name}"] = method

    def message(self, name):
        name = name if "." in name else "kindred.v1." + name
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name.lstrip(".")))

    def number(self, enum, name):
        return self.pool.FindEnumTypeByName("kindred.v1." + enum).values_by_name[name].number


class Failed(Exception):
    """What a call failed with: the status' name and the machine reason."""

    def __init__(self, protos, error):
        self.code, self.reason, self.details = error.code().name, "", error.details()
        self.retry_ms = 0
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                status = protos.message("google.rpc.Status").FromString(value)
                for detail in status.details:
                    if detail.type_url.endswith("google.rpc.ErrorInfo"):
                        self.reason = protos.message("google.rpc.ErrorInfo").FromString(detail.value).reason
                    if detail.type_url.endswith("google.rpc.RetryInfo"):
                        delay = protos.message("google.rpc.RetryInfo").FromString(detail.value).retry_delay
                        self.retry_ms = delay.seconds * 1000 + delay.nanos // 1000000
        super().__init__(f"{self.code} {self.reason}")


class Api:
    """One connection; api.call("Support/Beat", token, field=…) and api.stream(…).
    trust: of grpc.ssl_channel_credentials(); None: plain text."""

    def __init__(self, protos, target, trust=None):
        self.protos = protos
        self.channel = grpc.secure_channel(target, trust, options=OPTIONS) if trust else \
            grpc.insecure_channel(target, options=OPTIONS)

    def _method(self, name):
        full = name if name.count(".") else "kindred.v1." + name
        method = self.protos.methods[full]
        request = self.protos.message(method.input_type)
        response = self.protos.message(method.output_type)
        make = self.channel.unary_stream if method.server_streaming else self.channel.unary_unary
        return request, make("/" + full, request_serializer=request.SerializeToString,
                             response_deserializer=response.FromString)

    @staticmethod
    def _metadata(token):
        return (("authorization", "Bearer " + token),) if token else ()

    def _proved(self, name, token, request):
        """Metadata of this very call: with its proof, if the token is bound."""
        if not getattr(token, "proof_key", None):
            return self._metadata(token)
        path = "/" + (name if name.count(".") else "kindred.v1." + name)
        return self._metadata(token) + (("kindred-proof", proof(token.proof_key, path, request.SerializeToString())),)

    def call(self, name, token=None, request=None, timeout=PATIENCE, **fields):
        make, method = self._method(name)
        request = request or make(**fields)
        try:
            return method(request, timeout=timeout, metadata=self._proved(name, token, request))
        except grpc.RpcError as error:
            raise Failed(self.protos, error) from None

    def stream(self, name, token=None, **fields):
        make, method = self._method(name)
        request = make(**fields)
        return Stream(self.protos, method(request, metadata=self._proved(name, token, request)))

    def close(self):
        self.channel.close()


class Stream:
    """A server stream, read on a thread; next() waits, end() is how it ended."""

    def __init__(self, protos, call):
        self.call, self.queue, self.protos = call, queue.Queue(), protos
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for message in self.call:
                self.queue.put(message)
            self.queue.put(None)
        except grpc.RpcError as error:
            self.queue.put(Failed(self.protos, error))

    def next(self, patience=PATIENCE):
        got = self.queue.get(timeout=patience)
        if isinstance(got, Failed):
            raise got
        return got

    def until(self, want, patience=PATIENCE):
        """The first message for which want() is true."""
        deadline = time.monotonic() + patience
        while True:
            got = self.next(max(0.01, deadline - time.monotonic()))
            if got is None:
                raise EOFError("the stream ended first")
            if want(got):
                return got

    def end(self, patience=PATIENCE):
        """None if it ended OK, else what it failed with."""
        while True:
            got = self.queue.get(timeout=patience)
            if got is None or isinstance(got, Failed):
                return got

    def cancel(self):
        self.call.cancel()


class Server:
    """A kindredd on a port of its own; data stays across restarts."""

    def __init__(self, build, *flags, data=None, trust=None):
        self.build, self.flags, self.trust = pathlib.Path(build), flags, trust
        self.temp = None if data else tempfile.mkdtemp(prefix="kindred-e2e-")
        self.data = pathlib.Path(data or self.temp) / "data"
        self.port, self.process = 0, None
        self.log = pathlib.Path(data or self.temp) / "log"
        self.protos = Protos(self.build)
        self.start()

    @property
    def target(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        log = open(self.log, "ab")
        before = self.log.stat().st_size
        self.process = subprocess.Popen(
            [self.build / "kindredd", "--listen", f"127.0.0.1:{self.port}", "--data", self.data,
             "--origin", "kindred://test", "--log-level", "3", *self.flags], stderr=log, stdout=log)
        deadline = time.monotonic() + PATIENCE
        while True:
            ended, said = self.process.poll() is not None, self.log.read_bytes()[before:].decode()
            port = re.search(r"listening on port (\d+)", said)
            if port and "ready" in said:
                self.port = int(port[1])
                return
            if ended or time.monotonic() > deadline:
                raise RuntimeError("kindredd is not ready: " + said[-600:])
            time.sleep(0.02)

    def api(self):
        return Api(self.protos, self.target, self.trust)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
        if self.temp:
            shutil.rmtree(self.temp, ignore_errors=True)


def term(name):
    """The token of a vocabulary term."""
    return struct.unpack("<Q", hashlib.blake2b(b"kindred.v1.term\0" + name.encode(), digest_size=32).digest()[:8])[0]


def key():
    return os.urandom(16)


class Token(str):
    """An access token, and what it is bound to: 32 bytes, or None."""
    proof_key = None


def proof(proof_key, path, message):
    said = b"kindred.v1.proof\0" + struct.pack("<H", len(path)) + path.encode() + message
    mac = hmac.new(proof_key, said, "sha512").digest()[:32]
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


class Member:
    """Somebody with a device: keys, a connection, a login."""

    def __init__(self, server, pool="adult", grade=2, bound=False):
        self.server, self.pool, self.grade, self.bound = server, pool, grade, bound
        self.api = server.api()
        self.seed = os.urandom(32)
        self.public, self.secret = sodium.crypto_sign_seed_keypair(self.seed)
        self.token, self.versions = None, {}
        self.origin = self.api.call("Accounts/GetServerInfo").origin.encode()

    def reconnect(self):
        self.api.close()
        self.api = self.server.api()

    def _sign(self, label, nonce, more=b"", secret=None):
        message = label + b"\0" + struct.pack("<H", len(self.origin)) + self.origin + nonce + more
        return sodium.crypto_sign(message, secret or self.secret)[:64]

    def enroll(self, **fields):
        nonce = self.api.call("Accounts/Challenge").nonce
        more = struct.pack("<H", len(self.pool)) + self.pool.encode() + bytes([self.grade])
        fields = {"idempotency_key": key(), "public_key": self.public, "pool": self.pool, "grade": self.grade,
                  "nonce": nonce, "signature": self._sign(b"kindred.v1.enroll", nonce, more), **fields}
        return self.api.call("Accounts/Enroll", **fields)

    def login(self, **fields):
        nonce, proof_key = self.api.call("Accounts/Challenge").nonce, os.urandom(32) if self.bound else b""
        fields = {"public_key": self.public, "nonce": nonce, "proof_key": proof_key,
                  "signature": self._sign(b"kindred.v1.login", nonce, proof_key), **fields}
        answer = self.api.call("Accounts/Login", **fields)
        self.token = Token(answer.access_token)
        self.token.proof_key = proof_key
        return answer

    def rotation(self, new=None, **fields):
        """A RotateKey request to a new key pair, signed by both."""
        new = new or sodium.crypto_sign_seed_keypair(os.urandom(32))
        fields = {"idempotency_key": key(), "public_key": self.public, "new_public_key": new[0],
                  "nonce": self.api.call("Accounts/Challenge").nonce, **fields}
        more = fields["idempotency_key"] + fields["public_key"] + fields["new_public_key"]
        return {"signature": self._sign(b"kindred.v1.rotate", fields["nonce"], more),
                "new_signature": self._sign(b"kindred.v1.rotate", fields["nonce"], more, new[1]), **fields}

    def rotate(self):
        new = sodium.crypto_sign_seed_keypair(os.urandom(32))
        self.api.call("Accounts/RotateKey", **self.rotation(new))
        self.public, self.secret = new

    def card(self, role, have=(), seek=(), must=(), must_not=(), show=()):
        """role 1 seeker, 2 peer; seek of (term, importance)."""
        info = self.api.call("Accounts/GetServerInfo")
        self.versions[role] = self.versions.get(role, 0) + 1
        make = self.server.protos.message
        card = make("Card")(role=role, version=self.versions[role], vocabulary_version=info.vocabulary_version)
        for name in have:
            card.have.add(token=term(name), show=name in show)
        for name, importance in seek:
            card.seek.add(importance=importance, tokens=[term(name)])
        for name in must:
            card.must.add(tokens=[term(name)])
        card.must_not.extend(term(name) for name in must_not)
        return self.api.call("Cards/PutCard", self.token, idempotency_key=key(), card=card,
                             consent_version=info.consent_version)

    def ready(self, role, **card):
        self.enroll()
        self.login()
        self.card(role, **card)
        return self

    def talk_keys(self):
        self.talk_secret = os.urandom(32)
        self.talk_public = sodium.crypto_scalarmult_base(self.talk_secret)
        self.mailbox = os.urandom(32)
        return {"talk_key": self.talk_public, "mailbox": self.mailbox}

    def ask(self, **fields):
        self.ask_fields = {"idempotency_key": key(), **self.talk_keys(), **fields}
        return self.api.stream("Support/Ask", self.token, **self.ask_fields)

    def ask_again(self):
        return self.api.stream("Support/Ask", self.token, **self.ask_fields)

    def attend(self, **fields):
        self.attend_fields = {"idempotency_key": key(), "capacity": 1, "rest_ms": 1, **fields}
        return self.api.stream("Peers/Attend", self.token, **self.attend_fields)

    def accept(self, offer, **fields):
        make = self.server.protos.message("AnswerRequest")
        request = make(idempotency_key=key(), offer_id=offer)
        request.accept.CopyFrom(make.Accept(**self.talk_keys()) if hasattr(make, "Accept")
                                else type(request.accept)(**self.talk_keys()))
        self.answer_request = request
        return self.api.call("Peers/Answer", self.token, request=request)

    def decline(self, offer):
        request = self.server.protos.message("AnswerRequest")(idempotency_key=key(), offer_id=offer)
        request.decline.SetInParent()
        return self.api.call("Peers/Answer", self.token, request=request)

    def reflect(self, **fields):
        """Whether there is a bond."""
        return self.api.call("Talks/Reflect", **{"idempotency_key": key(), "capability": self.mailbox, **fields}).bond

    def block(self, **whom):
        return self.api.call("Safety/Block", self.token, **{"idempotency_key": key(), **whom}).block_id

    def unblock(self, block_id, **fields):
        self.api.call("Safety/Unblock", self.token, **{"idempotency_key": key(), "block_id": block_id, **fields})

    def blocks(self, page_size=0):
        """All pages of them."""
        got, more = [], True
        while more:
            page = self.api.call("Safety/ListBlocks", self.token, page_size=page_size,
                                 after_block_id=got[-1].block_id if got else 0)
            assert len(page.blocks) <= (page_size or 64) and (page.blocks or not page.more)
            got, more = got + list(page.blocks), page.more
        return got

    def open(self, talk, seeker):
        return Crypt(self, talk, seeker)


class Crypt:
    """The two ways of a talk, sealed as talks.proto lays out."""

    def __init__(self, member, talk, seeker):
        self.member, self.talk = member, talk
        shared = sodium.crypto_scalarmult(member.talk_secret, talk.their_key)
        mine, theirs = member.talk_public, talk.their_key
        keys = hashlib.blake2b(shared + (mine + theirs if seeker else theirs + mine), digest_size=64).digest()
        rx, tx = (keys[:32], keys[32:]) if seeker else (keys[32:], keys[:32])
        self.rx, self.out, self.count, self.in_state = rx, None, 0, None
        self.tx = tx

    @staticmethod
    def _stream_key(way, number):
        return hashlib.blake2b(b"kindred.v1.talk.stream\0" + struct.pack("<I", number), digest_size=32,
                               key=way).digest()

    def seal(self, text):
        head, header = b"\x02" + struct.pack("<I", 1), b""
        if self.out is None:
            self.out = sodium.crypto_secretstream_xchacha20poly1305_state()
            header = sodium.crypto_secretstream_xchacha20poly1305_init_push(self.out, self._stream_key(self.tx, 1))
            head = b"\x01" + struct.pack("<I", 1)
        plain = struct.pack("<H", len(text)) + text
        plain += b"\0" * (-len(plain) % 2048)
        return head + header + sodium.crypto_secretstream_xchacha20poly1305_push(self.out, plain, head)

    def open(self, message):
        head, rest = message[:5], message[5:]
        if head[0] == 1:
            self.in_state = sodium.crypto_secretstream_xchacha20poly1305_state()
            sodium.crypto_secretstream_xchacha20poly1305_init_pull(
                self.in_state, rest[:24], self._stream_key(self.rx, struct.unpack("<I", head[1:])[0]))
            rest = rest[24:]
        plain, _ = sodium.crypto_secretstream_xchacha20poly1305_pull(self.in_state, rest, head)
        size = struct.unpack("<H", plain[:2])[0]
        assert not any(plain[2 + size:]) and len(plain) % 2048 == 0
        return plain[2:2 + size]

    def send(self, text, **fields):
        fields = {"idempotency_key": key(), "capability": self.talk.send_capability,
                  "ciphertext": self.seal(text), **fields}
        return self.member.api.call("Talks/Send", **fields).seq

    def receive(self, after=0):
        return self.member.api.stream("Talks/Receive", capability=self.member.mailbox, after_seq=after)


class Kindred:
    """`kindred` with a key of its own: what it says counts in check."""

    def __init__(self, server, name, check):
        self.build, self.check, self.key = server.build, check, server.data.parent / name
        self.environment = {**os.environ, "KINDRED_SERVER": server.target}

    def _command(self, command, words):
        return [self.build / "kindred", command, "--key", self.key, *words]

    def run(self, command, *words):
        done = subprocess.run(self._command(command, words), env=self.environment, text=True, capture_output=True,
                              timeout=PATIENCE)
        return self.check.that(f"kindred {command}", done.returncode == 0, done)

    def start(self, command, *words):
        return Talking(self.check, subprocess.Popen(self._command(command, words), env=self.environment, text=True,
                                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                                    stderr=subprocess.STDOUT))


class Talking:
    """A kindred that goes on: hear() waits for lines with these texts, in order."""

    def __init__(self, check, process):
        self.check, self.process, self.lines = check, process, queue.Queue()
        threading.Thread(target=lambda: [self.lines.put(line) for line in process.stdout], daemon=True).start()

    def say(self, *lines):
        self.process.stdin.write("".join(line + "\n" for line in lines))
        self.process.stdin.flush()

    def hear(self, wanted):
        said = [""]
        for text in wanted:
            while text not in said[-1]:
                said.append(self.lines.get(timeout=PATIENCE))
        return said[-1]

    def end(self):
        """Once it ends by itself, with status 0: what was not heard yet."""
        self.check.that("kindred ends in order", self.process.wait(PATIENCE) == 0)
        return "".join(self.lines.queue)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Check:
    """Counts; the last line says how many."""

    def __init__(self):
        self.passed = self.failed = 0

    def that(self, what, truth, *saw):
        if truth:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED:", what, *saw)
        return truth

    def fails(self, what, code, reason, call):
        try:
            got = call()
        except Failed as error:
            return self.that(what, (error.code, error.reason) == (code, reason), "got", error.code, error.reason)
        return self.that(what, False, "got an answer", got)

    def runs(self, part, *args):
        """Each part stands alone: what it raises is a failure of it, and the rest goes on."""
        try:
            part(*args)
        except Exception as error:
            traceback.print_exc()
            self.that(f"{part.__name__} ran through", False, repr(error).replace("\\n", "\n"))

    def report(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(self.failed > 0 or self.passed == 0)
