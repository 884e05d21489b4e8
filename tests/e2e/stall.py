"""stall -- HTTP/2 frames of our own, and nobody who reads the answer."""
import socket
import struct


class Reader:
    """One connection with one call, and nobody who reads."""

    def __init__(self, server, path, body=b"", token=None, window=0, streams=1):
        self.socket = socket.create_connection(("127.0.0.1", server.port))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"),
                  ("te", "trailers"), ("content-type", "application/grpc")]
        if token:
            fields.append(("authorization", "Bearer " + token))
        head = b"".join(b"\0" + self._string(name) + self._string(value) for name, value in fields)
        out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + self._frame(4, 0, 0, struct.pack(">HI", 4, window))
        if window:
            out += self._frame(8, 0, 0, struct.pack(">I", window))
        for i in range(streams):
            out += self._frame(1, 4, 2 * i + 1, head)
            out += self._frame(0, 1, 2 * i + 1, b"\0" + struct.pack(">I", len(body)) + body)
        self.socket.sendall(out)

    @staticmethod
    def _string(text):
        raw = text.encode()
        size = bytes([len(raw)]) if len(raw) < 127 else b"\x7f" + bytes([(len(raw) - 127) & 127 | 128, (len(raw) - 127) >> 7])
        return size + raw

    @staticmethod
    def _frame(kind, flags, stream, payload):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

    def close(self):
        self.socket.close()
