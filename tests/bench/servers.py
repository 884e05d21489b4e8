"""servers -- programs of ours that a bench starts and ends, and what they cost."""
import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import time


class Process:
    """A program of ours; ended at the end."""

    def __init__(self, *command, log=None, loud=False):
        self.log = open(log, "ab") if log else subprocess.DEVNULL
        self.began_s = time.monotonic()
        self.popen = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE if not log else self.log,
                                      stderr=None if loud else self.log, text=True)

    def line(self, start=""):
        """The next line that begins so, without that."""
        for line in self.popen.stdout:
            if line.startswith(start):
                return line[len(start):].strip()
        raise RuntimeError(f"{self.popen.args} ended")

    def cpu_us(self):
        """All threads, in ns since birth (proc_pid_schedstat), else in ticks."""
        tasks = list(pathlib.Path(f"/proc/{self.popen.pid}/task").iterdir())
        try:
            return sum(int((t / "schedstat").read_text().split()[0]) for t in tasks) / 1e3
        except OSError:
            fields = pathlib.Path(f"/proc/{self.popen.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) * 1e6 / os.sysconf("SC_CLK_TCK")

    def rss_kib(self, of="VmRSS"):
        return int(re.search(of + r":\s+(\d+)", pathlib.Path(f"/proc/{self.popen.pid}/status").read_text())[1])

    def stop(self, within_s):
        """In order: it drains, and ends with 0."""
        self.popen.send_signal(signal.SIGTERM)
        if self.popen.wait(within_s) != 0:
            raise RuntimeError(f"{self.popen.args} ended with {self.popen.returncode}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.kill()
        self.popen.wait()


class Kindredd(Process):
    def __init__(self, build, data, *flags, core=(), loops=1, listen=()):
        self.log_file = data.with_suffix(f".{time.monotonic_ns()}.log")
        super().__init__(*core, build / "kindredd", "--data", data, "--loops", loops, "--listen",
                         " ".join(("127.0.0.1:0", *listen)), *flags, log=self.log_file)
        deadline = time.monotonic() + 30
        while not (port := re.findall(r"listening on port (\d+)", self.log_file.read_text())):
            if self.popen.poll() is not None or time.monotonic() > deadline:
                self.popen.kill()
                raise RuntimeError("kindredd is not ready: " + self.log_file.read_text()[-500:])
            time.sleep(0.001)
        self.address = ("https://" if "--tls-cert" in flags else "") + "127.0.0.1:" + port[-1]


class Operations(http.client.HTTPConnection):
    """HTTP/1.1 through the operators' socket."""

    def __init__(self, data):
        super().__init__("operations", timeout=10)
        self.path = str(data / "operations.sock")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def metrics(data):
    """Samples of /metrics: [(name, {label: text}, value)]."""
    client = Operations(data)
    try:
        client.request("GET", "/metrics")
        page = client.getresponse().read().decode()
    finally:
        client.close()
    return [(name, dict(re.findall(r'(\w+)="([^"]*)"', labels or "")), float(value))
            for name, labels, value in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", page, re.M)]


def bytes_of(data):
    """Of all files of a data directory, on the disk."""
    return sum(path.stat().st_blocks * 512 for path in data.iterdir() if path.is_file())
