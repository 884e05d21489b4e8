"""demo_test -- `kindred demo`, on a server that a killed demo left in disorder.

Everybody is met, within 90 s, and what the demo tells is what the server
counted.  Usage: demo_test.py BUILD_DIR"""
import os
import re
import signal
import subprocess
import sys
import time

from world import Check, Server, eventually

check = Check()


def start(world, *more):
    return subprocess.Popen([world.build / "kindred", "demo", "--server", world.target, "--socket",
                             world.data / "operations.sock", *more], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env={**os.environ, "HOME": str(world.temp)})


def counters(world):
    said = subprocess.run([world.build / "kindred", "stats", "--socket", world.data / "operations.sock"],
                          text=True, capture_output=True, check=True).stdout
    return {name: int(value) for name, value in re.findall(r"^  (\w+) +(\d+)$", said, re.M)}


def gauges(world):
    said = subprocess.run([world.build / "kindred", "stats", "--socket", world.data / "operations.sock"],
                          text=True, capture_output=True, check=True).stdout
    return [int(n) for n in re.search(r"now: (\d+) waiting, (\d+) on duty .*?(\d+) offers, (\d+) talks", said).groups()]


with Server(sys.argv[1]) as world:
    broken = start(world)
    time.sleep(8)
    broken.kill()
    broken.wait()
    before = counters(world)
    began = time.monotonic()
    demo = start(world, "--seed", "2")
    said = demo.communicate(timeout=240)[0]
    took = time.monotonic() - began
    more = {name: value - before.get(name, 0) for name, value in counters(world).items()}
    check.that("ends 0", demo.returncode == 0, said[-1500:])
    check.that("in bounded time", took < 240, took)
    check.that("20 of 20 were met", "20 of 20 were met" in said)
    check.that("matches are told with names and what is shared",
               len(re.findall(r'matched after .* s: "[\w ]+" meets "[\w ]+"; they share \w', said)) == 20)
    declined = len(re.findall(r"declines; nobody is told", said))
    lapsed = len(re.findall(r"it lapsed, and is offered on with its age", said))
    offers = len(re.findall(r"^ *\d+\.\d s  seeker \d\d   offered to peer", said, re.M))
    check.that("some declined, some lapsed", declined >= 2 and lapsed >= 1, declined, lapsed)
    check.that("no offer without its seeker", "seeker 00" not in said)
    check.that("one who waited for a lapse kept the age", re.search(r"matched after 3\d\.\d s", said))
    danger = re.search(r"(seeker \d\d)   searching, and may be in danger", said)
    own = "\n".join(line for line in said.splitlines() if danger and danger[1] in line)  # others speak in between
    check.that("crisis resources come first", re.search(
        r"searching, and may be in danger\n.*first of all: 911.*\n(.*first of all.*\n)*.*offered to peer", own), own)
    check.that("the server declined as many", more.get("offer_declined") == declined, more, declined)
    check.that("and matched as many", more.get("ticket_matched") == 20, more)
    check.that("and offered as many", more.get("offered") == offers, more, offers)
    check.that("120 messages", more.get("message_relayed") == 120, more)
    before = gauges(world)  # what the killed one left, until its time is over
    rest = start(world)
    time.sleep(6)
    rest.send_signal(signal.SIGINT)
    said = rest.communicate(timeout=20)[0]
    check.that("Ctrl-C ends it, with 1", rest.returncode == 1 and "interrupted" in said, said[-500:])
    eventually(lambda: gauges(world) <= before)
    after = gauges(world)
    check.that("nothing is left of it", all(a <= b for a, b in zip(after, before)), after, before)
    check.that("no duty, no offer", after[1:3] == [0, 0], after)
check.report()
