#!/usr/bin/env python3
"""symbols -- what the object files say, whatever the sources claim.

1. A name tells its file: src/match/pool.c exports only match_pool_*;
   base/ drops its own name (src/base/err.c exports err_*); what client/
   exports to strangers is kindred_*.
2. match/ calls base, itself and memory copies: no clock, no allocation, no
   I/O.  The other pure layers read no clock, roll no dice and do no I/O.
Usage: symbols.py BUILD_DIR"""
import pathlib
import re
import subprocess
import sys

COMPILER = re.compile(r"__(asan|ubsan|tsan|odr_asan|stack_chk|cpu_(indicator_init|model|features2))|"
                      r"_GLOBAL_OFFSET_TABLE_")
MATCH_MAY = re.compile(r"(err|require|list|map|heap|chance|match)_|(mem(cpy|move|set|cmp)|strlen)$|__mem(cpy|move|set)_chk$")
PURE = ("seal", "http", "rpc", "service")
PURE_MAY_NOT = re.compile(r"""(
    time | times | clock.* | gettimeofday | (local|gm)time.* | nanosleep | u?sleep |
    s?rand(om)?(_r)? | getrandom | getentropy | arc4random.* |
    (__)?v?f?printf(_chk)? | puts | putchar | perror | fopen.* | fdopen | fread | fwrite |
    f?put[cs] | fget[cs] | fflush | std(in|out|err) | open(at)?(64)? | creat | p?read(64)? | p?write(64)? |
    readv | writev | close | socket | connect | bind | listen | accept4? | send(to|msg)? |
    recv(from|msg)? | poll | select | epoll.* | ioctl | fcntl.* | pthread_(?!once).* |
    getenv | system | fork | exec[lv].* | kill | signal | sigaction)$""", re.X)


def exported_wrong(stem, name):
    layer = stem.split("/")[0]
    prefix = stem.replace("/", "_")
    if layer == "client" and name.startswith("kindred_"):
        return False  # include/kindred/client.h
    if layer == "base":
        prefix = prefix.removeprefix("base_")
    if stem == f"{layer}/{layer}":
        prefix = layer
    return name != prefix and not name.startswith(prefix + "_")


def called_wrong(layer, name):
    if layer == "match":
        return not MATCH_MAY.match(name)
    return layer in PURE and PURE_MAY_NOT.match(name)


build = pathlib.Path(sys.argv[1], "CMakeFiles")
objects = [p for p in build.glob("*.dir/src/*/*.o")
           if p.parent.name != "gen" and not p.name.startswith("main")]
if not objects:
    sys.exit(f"no objects under {build}: build first")
wrong = {}
for line in subprocess.run(["nm", "-gA", *objects], capture_output=True, text=True,
                           check=True).stdout.splitlines():
    path, rest = line.split(":", 1)
    kind, name = rest.split()[-2:]
    name = name.split(".")[0]  # one function for several machines
    stem = path.split("/src/")[-1].split(".")[0]
    if COMPILER.match(name):
        continue
    if kind in "Uw":
        if called_wrong(stem.split("/")[0], name):
            wrong.setdefault((stem, "is pure but calls"), []).append(name)
    elif exported_wrong(stem, name):
        wrong.setdefault((stem, "exports"), []).append(name)
for (stem, what), names in sorted(wrong.items()):
    print(f"{stem}.c {what} {' '.join(sorted(set(names)))}")
sys.exit(bool(wrong))
