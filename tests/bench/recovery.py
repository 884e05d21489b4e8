"""recovery -- from kill -9 at a busy moment to the first call that is answered.

Accounts with a ticket that waits, others without, are enrolled over the wire by
one crowd; another has talks, in which everybody says one text after the other
when the server is killed.  Each start after that is on a copy of what the dead
server left; the files are in the page cache, as after a crash of the process."""
import re
import shutil
import sqlite3
import statistics
import time

from servers import Kindredd, Process, bytes_of
from tools import run

ACCOUNTS, TICKETS, TALKS, ROUNDS = 100_000, 5000, 2000, 3
BUSY_S = 2
COUNTED_S = 10  # what stats says is as of a moment ago
SHORT = {"accounts": 1000, "tickets": 70, "talks": 20, "rounds": 1, "busy_s": 0.3}
COUNTS = {"accounts": "SELECT count(*) FROM member",
          "tickets": "SELECT count(*) FROM ticket WHERE state < 2",
          "talks": "SELECT count(*) FROM talk WHERE state < 2",
          "texts": "SELECT sum(last_seq) FROM mailbox"}


def told(lines):
    return {key: float(value) for key, value in re.findall(r"^(\w+) ([\d.]+)$", lines, re.M)}


def fill(build, data, accounts, tickets, talks, busy_s):
    """A data directory as a kill at a busy moment leaves it; how many texts people were told are safe."""
    with Kindredd(build, data, loops=2) as ours, \
            Process(build / "people", "fill", ours.address, accounts - 2 * talks, tickets, 50 + tickets // 20) as crowd:
        crowd.line("ready")
        with Process(build / "people", "chat", ours.address, talks) as chat:
            chat.line("ready")
            time.sleep(busy_s)
            ours.popen.kill()
            return int(told(chat.popen.communicate()[0])["delivered"])


def start(build, data, told_):
    """One start: ms from exec to the first answer and to SERVING, KiB, CPU s, what lives."""
    socket = data / "members.sock"
    with Process(build / "people", "healthy", f"unix:{socket}") as asking:
        time.sleep(0.2)  # it polls already
        with Kindredd(build, data, listen=[f"unix:{socket}"], loops=2) as ours:
            at = told(asking.popen.communicate()[0])
            got = {key: at[key + "_us"] / 1e3 - ours.began_s * 1e3 for key in ("answered", "healthy")}
            got["rss_kib"], got["cpu_s"] = ours.rss_kib(), ours.cpu_us() / 1e6
            deadline = time.monotonic() + COUNTED_S
            got["stats"] = ""
            while unsaid(told_, got["stats"]) and time.monotonic() < deadline:
                time.sleep(0.05)
                got["stats"] = run(build / "kindred", "stats", "--socket", data / "operations.sock")
            ours.stop(60)
    return got


def lives(data):
    with sqlite3.connect(data / "kindred.db") as base:
        return {what: base.execute(sql).fetchone()[0] for what, sql in COUNTS.items()}


def unsaid(told_, stats):
    """What kindred stats should say of that, and does not."""
    wanted = [f"now: {told_['tickets']} waiting,", f" {told_['talks']} talks,",
              *(rf"recovered_{what} +{told_[what]}\n" for what in ("tickets", "talks"))]
    return [line for line in wanted if not re.search(line, stats)]


def verify(told_, there, stats):
    """RuntimeError if anything that was told is not there, or the server says otherwise."""
    lost = [what for what, n in told_.items() if there[what] < n or (what != "texts" and there[what] != n)]
    if lost:
        raise RuntimeError(f"told: {told_}; there after the start: {there}")
    if not_said := unsaid(told_, stats):
        raise RuntimeError(f"kindred stats does not say {not_said}:\n{stats}")


def measure(build, data, accounts=ACCOUNTS, tickets=TICKETS, talks=TALKS, rounds=ROUNDS, busy_s=BUSY_S):
    """Figures by name; RuntimeError if anything that was told is not there."""
    began = time.monotonic()
    told_ = {"accounts": accounts, "tickets": tickets, "talks": talks,
             "texts": fill(build, data, accounts, tickets, talks, busy_s)}
    got = told_ | {"filled_s": time.monotonic() - began, "disk": bytes_of(data), "starts": []}
    for i in range(rounds):
        copy = data.with_name(f"{data.name}.{i}")
        shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.sock"))
        one = start(build, copy, told_)
        verify(told_, lives(copy), one["stats"])
        got["starts"].append(one)
        shutil.rmtree(copy)
    return got


def rows(got):
    """(what, goal, figure, beside it) of what measure() gave."""
    def middle(key):
        return statistics.median(one[key] for one in got["starts"])

    what = f"kill -9 with {got['accounts']:,} accounts, {got['tickets']:,} waiting, {got['talks']:,} talks"
    yield f"{what}: exec to the first answer", "", f"{middle('answered'):.0f} ms", f"CPU {middle('cpu_s'):.2f} s"
    yield "… to SERVING", "", f"{middle('healthy'):.0f} ms", f"data directory {got['disk'] / 2**20:.0f} MiB"
    yield "… memory of kindredd then", "", f"{middle('rss_kib') / 1024:.0f} MiB", ""
    yield "… lost of what was told", "", "nothing", f"{got['texts']:,} texts among it; filled in {got['filled_s']:.0f} s"
