"""stall -- HTTP/2 frames of our own, somebody who reads no answer, and what it costs the server."""
import functools
import os
import pathlib
import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def integer(value, bits, first=0):
    """RFC 7541, section 5.1; first: the bits above the prefix."""
    full = (1 << bits) - 1
    if value < full:
        return bytes([first | value])
    out, value = [first | full], value - full
    while value > 127:
        out, value = out + [value & 127 | 128], value >> 7
    return bytes(out + [value])


def string(text):
    raw = text if isinstance(text, bytes) else text.encode()
    return integer(len(raw), 7) + raw


def fields(pairs):
    """A field section in which nothing is compressed."""
    return b"".join(b"\0" + string(name) + string(value) for name, value in pairs)


def head(path, kind="application/grpc", **more):
    pairs = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"),
             ("te", "trailers"), ("content-type", kind)]
    return fields(pairs + [(name.replace("_", "-"), value) for name, value in more.items()])


def dial(server, kernel=0, source="127.0.0.1", patience=None):
    """A connection.  kernel: bytes that its kernel takes in before it reads, if they are to be few; said first, as a window
    once offered is not taken back."""
    wire = socket.socket()
    if kernel:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, kernel)
    wire.settimeout(patience)
    wire.bind((source, 0))
    wire.connect(("127.0.0.1", server.port))
    return wire


class Reader:
    """One connection with one call, and nobody who reads."""

    def __init__(self, server, path, body=b"", token=None, window=0, streams=1):
        self.socket = dial(server, 4096)
        section = head(path, **({"authorization": "Bearer " + token} if token else {}))
        out = PREFACE + frame(4, 0, 0, struct.pack(">HI", 4, window))
        if window:
            out += frame(8, 0, 0, struct.pack(">I", window))
        for i in range(streams):
            out += frame(1, 4, 2 * i + 1, section)
            out += frame(0, 1, 2 * i + 1, b"\0" + struct.pack(">I", len(body)) + body)
        self.socket.sendall(out)

    def close(self):
        self.socket.close()


@functools.cache
def shadow(build):
    """The thread sanitizer shadows each byte by four or more, which count as resident."""
    return 5 if b"__tsan_init" in pathlib.Path(build, "kindredd").read_bytes() else 1


def memory(server, what="VmRSS"):
    """Resident bytes."""
    for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) * 1024 // shadow(server.build)
    return 0


def busy(server):
    """Seconds of processor time, until now."""
    stat = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
