#!/usr/bin/env python3
"""laws -- every numbered law of a header is cited by its code and its test.

A law N of src/match/pool.h is cited as "Law N" (or "Laws 1, N") in
src/match/pool.c or pool_*.c, and in tests/unit/match/pool_test.c or
pool_*_test.c; anywhere else under src/ or tests/ as "match/pool law N".  Of
pool_*.c those with a header that has laws of its own do not count.
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
    """One text without laws themselves, its lines joined: a citation may run over an end."""
    text = "\n".join(LAWS.sub("", path.read_text()) for path in paths)
    return re.sub(r"\s*\n[ \t]*[*#]*[ \t]*", " ", text)


def far(paths):
    """Module to what is cited as "folder/file law N" anywhere."""
    found = {}
    for module, laws in FAR.findall(read(paths)):
        found.setdefault(module, []).append(laws)
    return found


def parts(pattern, end):
    """Files that match, but those of a module with laws of its own."""
    for path in repo.glob(pattern):
        header = repo / "src" / path.parent.name / (path.name.removesuffix(end) + ".h")
        if not (header.exists() and LAWS.search(header.read_text())):
            yield path


def gather(under):
    return [p for p in sorted(repo.joinpath(under).rglob("*"))
            if p.suffix in (".c", ".h", ".py", ".sh")]


# A file of code whose header is a stranger's has its laws at its own top.
headers = [p for p in gather("src") + gather("include")
           if p.suffix == ".h" or (p.suffix == ".c" and not p.with_suffix(".h").exists())]
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
        "code": (list(repo.glob(f"src/{module}.c")) + list(parts(f"src/{module}_*.c", ".c")), code.get(module)),
        "test": (list(repo.glob(f"tests/unit/{module}_test.*")) +
                 list(parts(f"tests/unit/{folder}/{name}_*_test.c", "_test.c")), tests.get(module)),
    }
    for what, (paths, rest) in near.items():
        own = FAR.sub("", read(paths))  # another header's law 1 is none of ours
        known = set(cited(own)) | set(cited("\n".join(rest or ())))
        for n in NUMBER.findall(found.group(0)):
            if int(n) not in known:
                print(f"{rel}: law {n} is not cited in its {what}")
                bad = 1
if bad:
    print('Cite it as "Law N" in the module\'s own code and test, or as "FOLDER/FILE law N" anywhere else.')
sys.exit(bad)
