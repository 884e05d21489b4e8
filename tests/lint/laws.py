#!/usr/bin/env python3
"""laws -- every numbered law of a header is cited by its code and its test.

A law N of src/match/pool.h is cited as "Law N" (or "Laws 1, N") in
src/match/pool.c or pool_*.c, and in tests/unit/match/pool_test.c or
pool_*_test.c; anywhere else under src/ or tests/ as "match/pool law N".
Usage: laws.py REPO"""
import pathlib
import re
import sys

repo = pathlib.Path(sys.argv[1])
LAWS = re.compile(r"^ \* Laws?\b.*?(?=\*/)", re.M | re.S)
NUMBER = re.compile(r"^ \* {2,4}(\d+)\. ", re.M)
CITE = re.compile(r"(?<!DESIGN )\b[Ll]aws? (\d+(?:(?:, and |, | and |–|-)\d+)*)")
FAR = re.compile(r"\b([a-z]+/[a-z0-9_]+) (laws? \d+(?:(?:, and |, | and |–|-)\d+)*)")


def cited(text):
    """The numbers that "Law 1", "Laws 1, 2 and 4" or "Laws 1-3" name."""
    for run in CITE.findall(text):
        for part in re.split(r", and |, | and ", run):
            ends = [int(n) for n in re.split(r"–|-", part)]
            yield from range(ends[0], ends[-1] + 1)


def read(paths):
    """One text, its lines joined, so that a citation may run over an end."""
    return re.sub(r"\s*\n[ \t]*[*#]*[ \t]*", " ", "\n".join(path.read_text() for path in paths))


def far(paths):
    """Module to what is cited as "folder/file law N" anywhere."""
    found = {}
    for module, laws in FAR.findall(read(paths)):
        found.setdefault(module, []).append(laws)
    return found


def gather(under):
    return [p for p in sorted(repo.joinpath(under).rglob("*"))
            if p.suffix in (".c", ".h", ".py", ".sh")]


headers = [p for p in gather("src") + gather("include") if p.suffix == ".h"]
code, tests = far(p for p in gather("src") if p.suffix == ".c"), far(gather("tests"))
bad = 0
for header in headers:
    found = LAWS.search(header.read_text())
    if not found:
        continue
    rel = header.relative_to(repo)
    module = str(rel.with_suffix("")).removeprefix("src/").removeprefix("include/")
    folder, name = module.rsplit("/", 1)
    near = {
        "code": (list(repo.glob(f"src/{module}.c")) + list(repo.glob(f"src/{module}_*.c")), code.get(module)),
        "test": (list(repo.glob(f"tests/unit/{module}_test.*")) +
                 list(repo.glob(f"tests/unit/{folder}/{name}_*_test.*")), tests.get(module)),
    }
    for what, (paths, rest) in near.items():
        known = set(cited(read(paths))) | set(cited("\n".join(rest or ())))
        for n in NUMBER.findall(found.group(0)):
            if int(n) not in known:
                print(f"{rel}: law {n} is not cited in its {what}")
                bad = 1
if bad:
    print('Cite it as "Law N" in the module\'s own code and test, or as "FOLDER/FILE law N" anywhere else.')
sys.exit(bad)
