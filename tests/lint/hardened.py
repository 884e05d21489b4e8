#!/usr/bin/env python3
"""hardened -- what the programs are built like: position independent, tables of
the linker read-only, no stack to execute, guarded returns, checked buffers.
Usage: hardened.py BUILD_DIR.  A build with sanitizers is not looked at for
FORTIFY, which those replace."""
import pathlib
import platform
import re
import subprocess
import sys


def readelf(path, *flags):
    return subprocess.run(["readelf", "-W", *flags, path], check=True, capture_output=True, text=True).stdout


def wanted(path, sanitized):
    """(what, whether it is so)"""
    head, segments = readelf(path, "-h"), readelf(path, "-l")
    dynamic, symbols = readelf(path, "-d"), readelf(path, "--dyn-syms")
    yield "position independent", bool(re.search(r"Type:\s+DYN", head)) and bool(re.search(r"FLAGS_1.*PIE", dynamic))
    yield "read-only relocations", "GNU_RELRO" in segments and bool(re.search(r"FLAGS.*NOW", dynamic))
    stack = re.search(r"GNU_STACK.*", segments)
    yield "no stack to execute", bool(stack) and "RWE" not in stack[0]
    yield "no segment to write and execute", not re.search(r"LOAD.*RWE", segments)
    yield "guarded returns", "__stack_chk_fail" in symbols
    yield "nothing of the working directory is loaded", not re.search(r"RPATH|RUNPATH", dynamic)
    if not sanitized:
        yield "checked buffers", len(re.findall(r"__\w+_chk\b", symbols)) > 1


def main(build):
    cache = pathlib.Path(build, "CMakeCache.txt").read_text()
    sanitized = bool(re.search(r"^KINDRED_SANITIZE:\w+=.+", cache, re.M)) or "CMAKE_BUILD_TYPE:STRING=Debug" in cache
    bad = checks = 0
    for name in ("kindredd", "kindred"):
        for what, so in wanted(str(pathlib.Path(build, name)), sanitized):
            checks += 1
            if not so:
                bad += 1
                print(f"{name}: not so: {what}")
    if platform.machine() == "x86_64":  # the start-up files of a system without CET take the mark from whole programs
        checks += 1
        if "IBT" not in readelf(str(pathlib.Path(build, "libserver.a")), "-n"):
            bad += 1
            print("libserver.a: not so: marked jumps")
    print(f"hardened: {checks} checks, {bad} failed")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
