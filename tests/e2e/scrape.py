"""scrape -- /metrics as somebody else's parser reads it, and by what ways it is fetched."""
import http.client
import re
import socket
import time

from prometheus_client.parser import text_string_to_metric_families
from stall import PREFACE, fields, frame
from world import PATIENCE

TYPE = "text/plain; version=0.0.4; charset=utf-8"
CALLS = "kindred_calls_total"
# What the log says of one call, where it is asked for.
ACCESS = re.compile(r"access: method=(unknown|[\w.]+/\w+) protocol=(\w+) status=([A-Z_]+) reason=([A-Z_]+) "
                    r"ms=(\d+) in=(\d+) out=(\d+) trace=(0|[0-9a-f]{32})")


class Local(http.client.HTTPConnection):
    """HTTP/1.1 through a socket in the file system."""

    def __init__(self, path):
        super().__init__("operations", timeout=PATIENCE)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


def get(client, path="/metrics", method="GET", **headers):
    """Status, content-type and text."""
    client.request(method, path, headers=headers)
    response = client.getresponse()
    return response.status, response.getheader("content-type"), response.read().decode()


def get_by_h2(line, path="/metrics"):
    """The text, by HTTP/2 with frames of our own on a connected socket."""
    section = fields([(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "operations")])
    line.sendall(PREFACE + frame(4, 0, 0) + frame(8, 0, 0, b"\0\x40\0\0") +
                 frame(1, 5, 1, section) + frame(8, 0, 1, b"\0\x40\0\0"))
    got, body = b"", b""
    while True:
        while len(got) < 9 or len(got) < 9 + int.from_bytes(got[:3], "big"):
            more = line.recv(65536)
            if not more:
                raise ConnectionError("the server ended the connection")
            got += more
        size, kind, flags, stream = int.from_bytes(got[:3], "big"), got[3], got[4], int.from_bytes(got[5:9], "big")
        if stream == 1 and kind == 0:
            body += got[9:9 + size]
        if stream == 1 and flags & 1:
            return body.decode()
        got = got[9 + size:]


class Page:
    """The samples of a page by name and labels, and what is wrong with it."""

    def __init__(self, text):
        self.text, self.wrong, self.samples, self.types = text, [], {}, {}
        for family in text_string_to_metric_families(text):
            if family.name in self.types or not family.documentation or family.type not in ("counter", "gauge", "histogram"):
                self.wrong.append(f"{family.name}: twice, or without a type or help")
            self.types[family.name] = family.type
            for sample in family.samples:
                at = sample.name, tuple(sorted(sample.labels.items()))
                if at in self.samples:
                    self.wrong.append(f"{at} twice")
                self.samples[at] = sample.value
        self._lint()

    def _lint(self):
        """What promtool check metrics asks for, and that each histogram is one."""
        for name, kind in self.types.items():
            if not re.fullmatch(r"(kindred|process)_[a-z][a-z0-9_]*", name) or re.search(r"_(ms|us|kb|mb|millis\w*|count|sum|bucket)$", name):
                self.wrong.append(f"{name}: not a name")
            if (kind == "counter") != (f"# TYPE {name}_total counter" in self.text):
                self.wrong.append(f"{name}: counters and only they end in _total")
            if kind == "histogram":
                self._lint_histogram(name)
        for name, labels in self.samples:
            if any(not re.fullmatch(r"[a-z]+", key) for key, _ in labels):
                self.wrong.append(f"{name}: labels {labels}")

    def _lint_histogram(self, name):
        rows = {}
        for (sample, labels), value in self.samples.items():
            if sample == name + "_bucket":
                rest = tuple(pair for pair in labels if pair[0] != "le")
                rows.setdefault(rest, []).append((float(dict(labels)["le"]), value))
        for rest, buckets in rows.items():
            ends, values = [end for end, _ in buckets], [value for _, value in buckets]
            count, total = self.samples.get((name + "_count", rest)), self.samples.get((name + "_sum", rest))
            if ends != sorted(set(ends)) or ends[-1] != float("inf") or values != sorted(values) or values[-1] != count:
                self.wrong.append(f"{name}{rest}: {buckets} {count}")
            below = sum((values[i] - (values[i - 1] if i else 0)) * (ends[i - 1] if i else 0) for i in range(len(ends)))
            if total is None or total < below - 1e-9 or (count == 0) != (total == 0 and count == 0):
                self.wrong.append(f"{name}{rest}: a sum of {total}, at least {below}")

    def of(self, sample, **labels):
        return self.samples.get((sample, tuple(sorted(labels.items()))), 0)

    def all(self, sample):
        """{labels: value} of a sample's name."""
        return {labels: value for (name, labels), value in self.samples.items() if name == sample}

    def calls(self):
        """{(method, protocol, status): how many}"""
        return {tuple(dict(labels)[key] for key in ("method", "protocol", "status")): value
                for labels, value in self.all(CALLS).items()}

    def uneven(self):
        """Methods of which not every call that was counted was timed; of a quiet moment."""
        counted = {}
        for (method, _, _), n in self.calls().items():
            counted[method] = counted.get(method, 0) + n
        timed = {dict(labels)["method"]: n for name in ("kindred_call_seconds_count", "kindred_stream_seconds_count")
                 for labels, n in self.all(name).items()}
        return {m: (counted.get(m, 0), timed.get(m)) for m in {*counted, *timed} if counted.get(m, 0) != timed.get(m)}


def scrape(server):
    client = Local(server.data / "operations.sock")
    try:
        status, kind, text = get(client)
    finally:
        client.close()
    if (status, kind) != (200, TYPE):
        raise RuntimeError(f"{status} {kind} {text[:200]}")
    return Page(text)


def until(server, want, patience=PATIENCE):
    """The first page for which want(page) is true, or the last one."""
    deadline = time.monotonic() + patience
    while True:
        page = scrape(server)
        if want(page) or time.monotonic() > deadline:
            return page
        time.sleep(0.02)
