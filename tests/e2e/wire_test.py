#!/usr/bin/env python3
"""wire -- a stock gRPC client (grpcio) against tests/servers/echo_server.

All four shapes, metadata, deadlines, cancelling, sizes, compression, error
details, many calls at once, a reader that stalls, a server that drains.
Usage: wire_test.py BUILD_DIR; the last line is "N passed, N failed"."""
import concurrent.futures
import contextlib
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

BUILD = pathlib.Path(sys.argv[1])
PATIENCE = 60
SERVICE = "/grpc.testing.TestService/"
REQUEST_MAX, LONG_REQUEST_MAX, RESPONSE_MAX = 64 << 10, 4 << 20, 16 << 20
OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1),
           ("grpc.use_local_subchannel_pool", 1)]

pool = descriptor_pool.DescriptorPool()
for file in descriptor_pb2.FileDescriptorSet.FromString((BUILD / "generated/pb/testing.set").read_bytes()).file:
    pool.Add(file)


def type_of(name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def testing(name):
    return type_of("grpc.testing." + name)


Empty, Simple, Output, Input, Tree = (testing(n) for n in (
    "Empty", "SimpleRequest", "StreamingOutputCallRequest", "StreamingInputCallRequest", "Tree"))
SHAPES = {
    "EmptyCall": ("unary_unary", "Empty"),
    "UnaryCall": ("unary_unary", "SimpleResponse"),
    "CacheableUnaryCall": ("unary_unary", "SimpleResponse"),
    "StreamingOutputCall": ("unary_stream", "StreamingOutputCallResponse"),
    "StreamingInputCall": ("stream_unary", "StreamingInputCallResponse"),
    "FullDuplexCall": ("stream_stream", "StreamingOutputCallResponse"),
    "CountTree": ("unary_unary", "StreamingInputCallResponse"),
}


class Client:
    """A channel of its own connection, with one callable per method."""

    def __init__(self, target, **kwargs):
        self.channel = grpc.insecure_channel(target, options=OPTIONS, **kwargs)
        for name, (shape, response) in SHAPES.items():
            make = getattr(self.channel, shape)
            setattr(self, name, make(SERVICE + name, request_serializer=lambda m: m.SerializeToString(),
                                     response_deserializer=testing(response).FromString))

    def raw(self, path, body, **kwargs):
        return self.channel.unary_unary(path)(body, timeout=PATIENCE, **kwargs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()


@contextlib.contextmanager
def server(where="127.0.0.1:0", loops=2):
    """Starts one, gives its process and target, and sees it end in order."""
    process = subprocess.Popen([BUILD / "echo_server", where, str(loops)], stdout=subprocess.PIPE, text=True)
    try:
        process.target = process.stdout.readline().removeprefix("listening on ").strip()
        yield process
    finally:
        process.terminate()
        try:
            status = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert status == 0, f"the server ended with {status}"


def payload(size):
    return {"body": b"k" * size}


def outputs(*sizes, interval_us=0, **kwargs):
    return Output(response_parameters=[{"size": s, "interval_us": interval_us} for s in sizes], **kwargs)


def sizes_of(responses):
    return [len(r.payload.body) for r in responses]


def failure(call):
    """The grpc.RpcError that call() must raise."""
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("it did not fail")


def details(error):
    """ErrorInfo's reason and RetryInfo's ms, from grpc-status-details-bin."""
    (packed,) = [v for k, v in error.trailing_metadata() if k == "grpc-status-details-bin"]
    status = type_of("google.rpc.Status").FromString(packed)
    assert (status.code, status.message) == (error.code().value[0], error.details())
    reason = retry_ms = None
    for any_ in status.details:
        kind = any_.type_url.removeprefix("type.googleapis.com/")
        message = type_of(kind).FromString(any_.value)
        if kind == "google.rpc.ErrorInfo":
            assert message.domain == "kindred"
            reason = message.reason
        elif kind == "google.rpc.RetryInfo":
            retry_ms = message.retry_delay.seconds * 1000 + message.retry_delay.nanos // 1000000
    return reason, retry_ms


# ---- each takes a Client of a fresh connection to one long-lived server ----

def unary(c):
    c.EmptyCall(Empty(), timeout=PATIENCE)
    for size in (0, 1, 1000, 60000):
        assert len(c.UnaryCall(Simple(payload=payload(size)), timeout=PATIENCE).payload.body) == size


def big_responses(c):
    for size in (1 << 20, RESPONSE_MAX - 64):
        assert len(c.UnaryCall(Simple(response_size=size), timeout=PATIENCE).payload.body) == size


def big_requests(c):
    for size in (1 << 20, LONG_REQUEST_MAX - 64):
        assert len(c.CacheableUnaryCall(Simple(payload=payload(size)), timeout=PATIENCE).payload.body) == size


def request_limit(c):
    def sized(size):  # tag and length twice: of the payload, of its body
        message = Simple(payload=payload(size - 8))
        assert message.ByteSize() == size
        return message
    c.UnaryCall(sized(REQUEST_MAX), timeout=PATIENCE)
    for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
        error = failure(lambda z=compression: c.UnaryCall(sized(REQUEST_MAX + 1), timeout=PATIENCE, compression=z))
        assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error
        assert details(error) == ("MESSAGE_TOO_LARGE", None)
    unary(c)


def metadata(c):
    for value in ("hello", "x" * 200, "a, b"):
        assert c.UnaryCall(Simple(), timeout=PATIENCE, metadata=[("x-echo", value)]).username == value
    many = [(f"x-{i}", "v" * 50) for i in range(60)]
    c.UnaryCall(Simple(), timeout=PATIENCE, metadata=many + [("x-bytes-bin", bytes(range(256)))])


def server_stream(c):
    sizes = [i * 37 % 5000 for i in range(300)]
    assert sizes_of(c.StreamingOutputCall(outputs(*sizes), timeout=PATIENCE)) == sizes
    assert sizes_of(c.StreamingOutputCall(outputs(), timeout=PATIENCE)) == []
    began = time.monotonic()
    assert sizes_of(c.StreamingOutputCall(outputs(1, 2, 3, interval_us=50000), timeout=PATIENCE)) == [1, 2, 3]
    assert time.monotonic() - began >= 0.15


def client_stream(c):
    for sizes in ([], [1], [27182, 8, 1828, 45904], [1000] * 200, [60000] * 300, [1 << 20] * 3):
        got = c.StreamingInputCall(iter([Input(payload=payload(s)) for s in sizes]), timeout=PATIENCE)
        assert got.aggregated_payload_size == sum(sizes)


def both_streams(c):
    answered = threading.Semaphore(0)

    def requests():
        for size in range(50):
            yield outputs(size)
            assert answered.acquire(timeout=PATIENCE)  # one at a time: nobody waits for the end

    sizes = []
    for response in c.FullDuplexCall(requests(), timeout=PATIENCE):
        sizes.append(len(response.payload.body))
        answered.release()
    assert sizes == list(range(50))
    assert list(c.FullDuplexCall(iter([]), timeout=PATIENCE)) == []


def deadlines(c):
    for seconds in (0.05, 0.3):
        began = time.monotonic()
        error = failure(lambda s=seconds: list(c.StreamingOutputCall(outputs(1, interval_us=30000000), timeout=s)))
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error
        assert seconds * .9 <= time.monotonic() - began < seconds + 10
    c.StreamingOutputCall(outputs(1, interval_us=1000), timeout=PATIENCE)


def cancelling(c):
    for read_first in (False, True):
        call = c.StreamingOutputCall(outputs(1, 1, interval_us=100000 if read_first else 30000000), timeout=PATIENCE)
        if read_first:
            next(call)
        call.cancel()
        assert failure(lambda x=call: list(x)).code() == grpc.StatusCode.CANCELLED
    calls = [c.UnaryCall.future(Simple(response_size=100000), timeout=PATIENCE) for _ in range(50)]
    for call in calls[::2]:
        call.cancel()
    for call in calls[1::2]:
        assert len(call.result().payload.body) == 100000


def gzip(c):
    for compression in (grpc.Compression.Gzip, grpc.Compression.NoCompression):
        got = c.UnaryCall(Simple(payload=payload(50000)), timeout=PATIENCE, compression=compression)
        assert len(got.payload.body) == 50000
    parts = [Input(payload=payload(5000)) for _ in range(20)]
    assert c.StreamingInputCall(iter(parts), timeout=PATIENCE,
                                compression=grpc.Compression.Gzip).aggregated_payload_size == 100000
    error = failure(lambda: c.UnaryCall(Simple(payload=payload(50000)), timeout=PATIENCE,
                                        compression=grpc.Compression.Deflate))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error


def every_status(c):
    for code in grpc.StatusCode:
        number = code.value[0]
        if number in (0, 2):  # nothing in the table says UNKNOWN
            continue
        call = Simple(response_status={"code": number})
        try:
            c.UnaryCall(call, timeout=PATIENCE)
        except grpc.RpcError as error:
            if number in (15,):  # nor DATA_LOSS
                assert error.code() == grpc.StatusCode.INTERNAL
                continue
            assert error.code() == code, (error.code(), code)
            assert details(error)[0], code
        else:
            raise AssertionError(code)


def error_details(c):
    asked = {3: ("INVALID", None), 8: ("LIMIT_REACHED", 1000), 14: ("STORE_FAILED", 1000)}
    for number, want in asked.items():
        error = failure(lambda n=number: c.UnaryCall(Simple(response_status={"code": n}), timeout=PATIENCE))
        assert details(error) == want, details(error)
        stream = c.StreamingOutputCall(outputs(5, response_status={"code": number}), timeout=PATIENCE)
        assert len(next(stream).payload.body) == 5
        assert details(failure(lambda s=stream: next(s))) == want


def unknown_methods(c):
    for path in (SERVICE + "Nothing", "/no.such.Service/UnaryCall", "/x/y"):
        error = failure(lambda p=path: c.raw(p, b""))
        assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error


def malformed(c):
    for body in (b"\xff\xff\xff", b"\x1a\x7f", b"\x0b" * 50):
        error = failure(lambda b=body: c.raw(SERVICE + "UnaryCall", b))
        assert error.code() == grpc.StatusCode.INTERNAL, error
        assert details(error)[0] == "MALFORMED_MESSAGE"


def deep_trees(c):
    def nested(depth):
        packed = b""
        for _ in range(depth):
            size, head = len(packed), b""
            while size > 127:
                head += bytes([size & 127 | 128])
                size >>= 7
            packed = b"\x0a" + head + bytes([size]) + packed
        return packed
    for depth in (1, 50):
        assert c.raw(SERVICE + "CountTree", nested(depth))
    error = failure(lambda: c.raw(SERVICE + "CountTree", nested(5000)))
    assert error.code() in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL), error


def thousand_on_one(c):
    calls = [c.UnaryCall.future(Simple(response_size=i + 1), timeout=PATIENCE) for i in range(1000)]
    for i, call in enumerate(calls):
        assert len(call.result().payload.body) == i + 1


def thousand_uploads(c):
    """More half-received requests than a connection's buffer: none waits for another for ever."""
    calls = [c.UnaryCall.future(Simple(payload=payload(60000)), timeout=PATIENCE) for _ in range(1000)]
    for call in calls:
        assert len(call.result().payload.body) == 60000


def thousand_streams(c):
    """A thousand open at once, over twelve connections."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(c.target)) for _ in range(12)]

        def read(i):
            call = clients[i % 12].StreamingOutputCall(outputs(7, 8, interval_us=1000000), timeout=PATIENCE)
            return sizes_of(call)
        with concurrent.futures.ThreadPoolExecutor(1000) as threads:
            for got in threads.map(read, range(1000)):
                assert got == [7, 8]


def stalled_reader(c):
    stream = c.StreamingOutputCall(outputs(*[60000] * 1000), timeout=PATIENCE)
    next(stream)
    with Client(c.target) as other:
        for _ in range(3):
            unary(other)
            time.sleep(.1)
    unary(c)  # on the same connection too
    assert len(sizes_of(stream)) == 999


def vanished(c):
    """Connections that break off, say nothing, or talk nonsense; then others go on."""
    host, port = c.target.rsplit(":", 1)
    for noise in (b"", b"PRI * HTTP/2.0\r\n\r\nSM", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0" * 5000):
        for _ in range(5):
            with socket.create_connection((host, int(port))) as s:
                s.sendall(noise)
    for _ in range(20):
        with Client(c.target) as other:
            other.StreamingOutputCall(outputs(*[60000] * 100), timeout=PATIENCE)
    unary(c)


def health(c):
    check = c.channel.unary_unary("/grpc.health.v1.Health/Check")
    watch = c.channel.unary_stream("/grpc.health.v1.Health/Watch")
    request, response = (type_of(f"grpc.health.v1.HealthCheck{n}") for n in ("Request", "Response"))
    for name in ("", "grpc.testing.TestService"):
        packed = request(service=name).SerializeToString()
        assert response.FromString(check(packed, timeout=PATIENCE)).status == 1
        stream = watch(packed, timeout=PATIENCE)
        assert response.FromString(next(stream)).status == 1
        stream.cancel()
    error = failure(lambda: check(request(service="no.such").SerializeToString(), timeout=PATIENCE))
    assert error.code() == grpc.StatusCode.NOT_FOUND, error


def reflection(c):
    for version in ("v1", "v1alpha"):
        package = f"grpc.reflection.{version}."
        ask = c.channel.stream_stream(f"/{package}ServerReflection/ServerReflectionInfo")
        request, response = (type_of(package + f"ServerReflection{n}") for n in ("Request", "Response"))
        asked = [request(list_services=""), request(file_containing_symbol="grpc.testing.TestService")]
        got = [response.FromString(r) for r in ask(iter([r.SerializeToString() for r in asked]), timeout=PATIENCE)]
        services = {s.name for s in got[0].list_services_response.service}
        assert services == {"grpc.testing.TestService", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                            "grpc.reflection.v1alpha.ServerReflection"}, services
        files = [descriptor_pb2.FileDescriptorProto.FromString(f)
                 for f in got[1].file_descriptor_response.file_descriptor_proto]
        assert any(s.name == "TestService" for f in files for s in f.service)


# ---- each starts a server of its own ----

def on_a_path():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "s")
        with server(f"unix:{path}") as process, Client(process.target) as c:
            assert path.stat().st_mode & 0o777 == 0o600
            unary(c)
            both_streams(c)
        assert not path.exists()


def drain():
    with server() as process, Client(process.target) as c:
        stream = c.StreamingOutputCall(outputs(1, 2, 3, interval_us=500000), timeout=PATIENCE)
        assert len(next(stream).payload.body) == 1
        process.send_signal(signal.SIGTERM)
        assert sizes_of(stream) == [2, 3]
        assert process.wait(PATIENCE) == 0
        with Client(process.target) as late:
            assert failure(lambda: late.EmptyCall(Empty(), timeout=5)).code() == grpc.StatusCode.UNAVAILABLE


def port_busy():
    with server() as process:
        other = subprocess.run([BUILD / "echo_server", process.target], capture_output=True, text=True, timeout=PATIENCE)
        assert other.returncode == 1
        assert other.stderr.count("\n") == 1 and "another process" in other.stderr, other.stderr


WITH_CLIENT = (unary, big_responses, big_requests, request_limit, metadata, server_stream, client_stream, both_streams,
               deadlines, cancelling, gzip, every_status, error_details, unknown_methods,
               malformed, deep_trees, thousand_on_one, thousand_uploads, thousand_streams, stalled_reader, vanished,
               health, reflection)
ALONE = (on_a_path, drain, port_busy)


def main():
    bad = 0

    def attempt(test, *args):
        nonlocal bad
        began = time.monotonic()
        try:
            test(*args)
            print(f"ok    {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception:  # whatever it is, the next test runs
            bad += 1
            print(f"FAILED {test.__name__}\n{traceback.format_exc()}", flush=True)

    def together():
        with server() as process:
            for test in WITH_CLIENT:
                with Client(process.target) as c:
                    c.target = process.target
                    attempt(test, c)

    attempt(together)
    for test in ALONE:
        attempt(test)
    print(f"{len(WITH_CLIENT) + len(ALONE) + 1 - bad} passed, {bad} failed", flush=True)
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
