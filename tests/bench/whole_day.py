"""whole_day -- ten thousand members' day against a real server, 60 times faster:
what it costs, and how long people wait.

All of them are clients of libkindred in one process (tests/bench/day) on
loopback, on this machine, beside the server; 20 % are peers.  The server has its
default settings, but for the times that people live by, which pass 60 times
faster too (SCALED).  An offer, a bound and a lost connection would be shorter
than what the table of settings allows, or than what this machine takes: FLOOR.
Waits are told as they were, and times 60 as what they stand for: whatever the
machine itself takes counts 60-fold then."""
import collections
import re
import threading

from servers import Kindredd, Process, bytes_of, metrics

FASTER, MEMBERS, MINUTES = 60, 10_000, 24
WIND_DOWN_S = 60
SHORT = {"minutes": 0.05, "members": 3000, "wind_down_s": 1}
SCALED = {"relax_ms": 60_000, "batch_ms": 1000, "bound_ms": 120_000, "ticket_ms": 1_800_000, "slack_ms": 250,
          "exclude_declined_ms": 86_400_000, "exclude_lapsed_ms": 1_800_000, "exclude_talked_ms": 604_800_000,
          "backoff_ms": 60_000, "rest_ms": 300_000, "carry_ms": 1_800_000, "idle_ms": 1_800_000, "talk_ms": 14_400_000,
          "rarity_ms": 600_000, "grace_ticket_ms": 60_000, "grace_duty_ms": 30_000}
FLOOR = {"offer_ms": 1000, "offer_danger_ms": 1000, "beat_ms": 1000, "fresh_ms": 5000, "lost_ms": 9000,
         "join_ms": 5000}
POOLS = "adult:open:crisis_peer"  # crisis-trained peers are in the same pool


class Watch(threading.Thread):
    """What it holds, once a second."""

    def __init__(self, server, data):
        super().__init__(daemon=True)
        self.server, self.data, self.over = server, data, threading.Event()
        self.rss_kib, self.disk = [], []

    def run(self):
        while not self.over.wait(1):
            self.rss_kib.append(self.server.rss_kib())
            self.disk.append(bytes_of(self.data))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def calls(data):
    """{status: calls}, and those that must not be by method."""
    by_status, bad = collections.Counter(), collections.Counter()
    for name, labels, value in metrics(data):
        if name == "kindred_calls_total":
            by_status[labels["status"]] += int(value)
            if labels["status"] in ("INTERNAL", "UNKNOWN", "DATA_LOSS", "UNIMPLEMENTED"):
                bad[labels["method"], labels["status"]] += int(value)
    return by_status, bad


def play(build, data, minutes=MINUTES, members=MEMBERS, wind_down_s=WIND_DOWN_S):
    """Figures of the day by name; RuntimeError if the server did what it must not."""
    settings = {key: max(1, value // FASTER) for key, value in SCALED.items()} | FLOOR
    flags = [part for key, value in settings.items() for part in ("--" + key, value)]
    got = {"minutes": minutes}
    with Kindredd(build, data, "--pools", POOLS, *flags, loops=2) as ours, \
            Process(build / "day_bench", ours.address, members, FASTER, minutes * 60, wind_down_s,
                    loud=True) as crowd:
        limit = threading.Timer(minutes * 60 + wind_down_s + 600, crowd.popen.kill)
        limit.start()
        try:
            with Watch(ours, data) as watch:
                got["members"] = int(float(crowd.line("enrolled ")))
                got["enrolled_s"] = float(crowd.line("enrolled_s "))
                got["enrol_cpu_s"] = ours.cpu_us() / 1e6
                crowd.line("begun")
                before_us, disk, got["rss_start"] = ours.cpu_us(), bytes_of(data), ours.rss_kib()
                calls_before = calls(data)[0]
                crowd.line("over")
                got["cpu_s"] = (ours.cpu_us() - before_us) / 1e6
                rest = crowd.popen.communicate()[0]
            if crowd.popen.returncode != 0:
                raise RuntimeError(f"day_bench ended with {crowd.popen.returncode}")
        finally:
            limit.cancel()
        by_status, bad = calls(data)
        got |= {name: float(value) for name, value in re.findall(r"^(\w+) ([\d.]+)$", rest, re.M)}
        got["failures"] = re.findall(r"^failed (\w+) (\w+) (\d+)$", rest, re.M)
        got["calls"] = by_status - calls_before
        got["rss_peak"], got["rss_end"] = max(watch.rss_kib + [ours.rss_kib()]), ours.rss_kib()
        got["disk_grown"], got["disk_peak"] = bytes_of(data) - disk, max(watch.disk + [bytes_of(data)])
        if bad:
            raise RuntimeError(f"calls that ended as none must: {dict(bad)}")
        ours.stop(30)
    if got["heard"] > got["said"] or got["matched"] > got["asks"]:
        raise RuntimeError(f"more came than was sent: {got}")
    return got


def rows(got):
    """(what, goal, figure, beside it) of what play() gave."""
    seconds = got["minutes"] * 60

    def wait(name):
        ms = got.get(f"wait_{name}_ms", 0)
        return f"{name} {ms:,.0f} ms = {ms * FASTER / 1000:,.0f} s"

    what = f"{got['members']:,} members, {got['minutes'] / 60 * FASTER:.1f} h in {got['minutes']:g} min"
    yield what, "", f"{got['asks']:,.0f} asks, {got['matched']:,.0f} matched, {got['told_the_bound']:,.0f} told the bound", \
        f"{got['withdrew']:,.0f} withdrew, {got['left_silently']:,.0f} left, {got['asks_again']:,.0f} asked again, " \
        f"{got['asks_in_danger']:,.0f} in danger"
    yield "… waits of the matched, ours = of the day", "", ", ".join(map(wait, ("p50", "p90", "p99"))), ""
    yield "… offers", "", f"{got['accepted']:,.0f} accepted, {got['declined']:,.0f} declined, {got['let_lapse']:,.0f} lapsed", \
        f"{got['duties']:,.0f} duties, {got['pauses']:,.0f} paused"
    yield "… messages", "", f"{got['said']:,.0f} said, {got['heard']:,.0f} heard", \
        f"{got['vanished']:,.0f} vanished, {got['reflected']:,.0f} reflected"
    yield "… CPU of kindredd", "", f"{got['cpu_s']:.1f} s, {got['cpu_s'] / seconds * 100:.2f} % of a core", \
        f"the generator {got['generator_cpu_s']:.1f} s"
    yield "… memory of kindredd: start, peak, end", "", \
        " / ".join(f"{got[key] / 1024:.0f}" for key in ("rss_start", "rss_peak", "rss_end")) + " MiB", ""
    yield "… data directory: grown by, at most", "", f"{got['disk_grown'] / 2**20:.1f} MiB, {got['disk_peak'] / 2**20:.1f} MiB", ""
    yield "… calls", "", ", ".join(f"{n:,} {status}" for status, n in got["calls"].most_common()), \
        ", ".join(f"{call} {why} {n}" for call, why, n in got["failures"])
    yield "… enrolled, with cards, before", "", f"in {got['enrolled_s']:.1f} s", f"{got['enrol_cpu_s']:.1f} s of CPU of kindredd"
