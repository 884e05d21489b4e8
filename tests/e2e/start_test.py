"""start -- a server that is refused what it needs to start says so and stops.

Every thread it starts is refused once by a library before libc (tests/lib/
fail_start.c).  Each time it ends with a sentence and a status, by no signal; the
next start finds everything.  With FIRST and LAST so is each of those allocations:
by hand, for some libraries (OpenSSL's EVP_MAC_fetch, libuv's uv_signal_init,
libseccomp's filter) die of a few of theirs, and which these are changes.
Usage: start_test.py BUILD_DIR [FIRST LAST]."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

from world import Check, Failed, Server

check = Check()
here = pathlib.Path(__file__).resolve().parent
temp = tempfile.TemporaryDirectory(prefix="kindred-start-")
library = pathlib.Path(temp.name) / "fail_start.so"
sanitized = re.search(rb"__(asan|tsan)_init", pathlib.Path(sys.argv[1], "kindredd").read_bytes()) is not None
chosen = ["-DFAIL_THREADS_ONLY"] if sanitized else []
subprocess.run([os.environ.get("CC", "cc"), "-O1", "-shared", "-fPIC", *chosen, "-o", library,
                here.parent / "lib/fail_start.c", "-ldl", "-lpthread"], check=True)


class Refused(Server):
    """kindredd under the library, with the same data each time."""

    def start_with(self, **refused):
        """How it ended: its status, and what it said."""
        before = dict(os.environ)
        os.environ.update({"LD_PRELOAD": str(library), **{name: str(n) for name, n in refused.items()},
                           "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})
        at = self.log.stat().st_size
        try:
            self.start()
        except RuntimeError:
            return self.process.wait(), self.log.read_bytes()[at:].decode()
        finally:
            os.environ.clear()
            os.environ.update(before)
        try:
            api = self.api()
            api.call("Accounts/GetServerInfo")
            api.close()
        except Failed as error:  # the one that was refused may have been that call's
            check.that("or that call was told so", error.code in ("RESOURCE_EXHAUSTED", "UNAVAILABLE"), error)
        return self.stop(), self.log.read_bytes()[at:].decode()


def refuse(what, number):
    """Whether it started all the same."""
    status, said = world.start_with(**{what: number})
    sentences = [line for line in said.splitlines() if line and not line.startswith(("debug:", "info:", "asked for:", "warning:"))]
    fine = status == 0 or status is not None and status > 0 and 1 <= len(sentences) <= 3
    if status == -signal.SIGABRT and "broken promise" not in said:  # libuv's own: it gives up where it cannot go on
        return False
    check.that(f"{what} {number}: it starts, or says why not", fine, status, said[-500:])
    return status == 0


with Refused(sys.argv[1], "--unconfined") as world:
    world.stop()
    status, said = world.start_with()
    counted = re.search(r"asked for: (\d+) allocations, (\d+) threads", said)
    allocations, threads = map(int, counted.groups())
    check.that("it starts when nothing is refused", status == 0 and threads >= 3, status, said[-300:])
    started = sum(refuse("FAIL_THREAD", n) for n in range(1, threads + 1))
    check.that("no server runs with a thread less", started == 0, started)
    print(f"injected: each of {threads} threads refused; it never started")
    if not sanitized and len(sys.argv) == 4:
        numbers = range(int(sys.argv[2]), int(sys.argv[3]) + 1)
        started = sum(refuse("FAIL_MALLOC", n) for n in numbers)
        print(f"injected: {len(numbers)} of {allocations} allocations refused; it started all the same {started} times")
    check.that("and it starts again when nothing is refused", world.start_with()[0] == 0)
temp.cleanup()
check.report()
