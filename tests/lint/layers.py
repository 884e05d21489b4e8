#!/usr/bin/env python3
"""layers -- who may include whom.  The tables are the architecture: a line of
code that disagrees with them fails.  Usage: layers.py REPO"""
import pathlib
import re
import sys

ALL = None
#   folder     may include these of ours               and these outsiders
MAY = {
    "base":    ((),                                    ()),
    "match":   (("base",),                             ()),
    "seal":    (("base",),                             ("sodium.h",)),
    "http":    (("base",),                             ("nghttp2/", "http_parser.h")),
    "rpc":     (("base", "http", "pb"),                ("protobuf-c/", "zlib.h", "jansson.h")),
    "service": (("base", "match", "seal", "rpc", "pb", "data"), ("protobuf-c/",)),
    "store":   (("base", "match"),                     ("sqlite3.h", "libpq-fe.h")),
    "net":     (("base", "http"),                      ("uv.h", "openssl/", "seccomp.h", "linux/")),
    "server":  (ALL,                                   ("uv.h",)),
    # net: its loop and connections are the libuv adapter; no second socket code
    "client":  (("base", "http", "rpc", "seal", "pb", "net"), ("uv.h", "protobuf-c/")),
    "cli":     (("base", "client", "pb", "match", "store", "data"), ("protobuf-c/",)),
    "gen":     (("base", "pb"),                        ("protobuf-c/", "jansson.h", "sodium.h")),
}
# One header of a layer that another may see though the layer as a whole is
# closed to it: types only.
ALSO = {("service", "store/command.h")}
# For the servers of our tests alone: nothing that serves people may see it.
NOBODY = {"rpc/extra.h": "rpc"}
# Generated in the build tree: messages and tables (pb), kindred_data.h (data).
GENERATED = {"pb", "data"}
PUBLIC = "kindred"  # include/kindred/, what a stranger compiles against

LIBC = set("""assert ctype errno inttypes limits stdalign stdarg stdatomic
stdbool stddef stdint stdio stdlib stdnoreturn string wchar""".split())
OS = re.compile(r"(arpa|net|netinet|sys)/|(dirent|fcntl|getopt|locale|malloc|netdb|poll|"
                r"pthread|pwd|sched|signal|termios|time|unistd)\.h$")
PURE = {"match", "seal", "http", "rpc", "service"}  # no clock, chance or OS
NO_LIBRARY = {"match": {"stdio", "stdlib", "stdatomic", "errno"}}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)


def folder(name):
    if name == "kindred_data.h":
        return "data"
    return "pb" if name.endswith(".pb-c.h") else name.split("/")[0]


def ours_ok(layer, name):
    to = folder(name)
    if NOBODY.get(name, layer) != layer:
        return False
    if to in (layer, PUBLIC) or (layer, name) in ALSO:
        return True
    return to in (set(MAY) | GENERATED) - {"gen"} and (
        MAY[layer][0] is ALL or to in MAY[layer][0])


def outside_ok(layer, name):
    bare = name.removesuffix(".h")
    if bare in LIBC:
        return bare not in NO_LIBRARY.get(layer, ())
    if OS.match(name):
        return layer not in PURE
    return any(name == o or (o.endswith("/") and name.startswith(o))
               for o in MAY[layer][1])


def complaints(repo):
    for path in sorted(pathlib.Path(repo, "src").rglob("*.[ch]")):
        layer = path.relative_to(repo).parts[1]
        if layer not in MAY:
            yield path, f"'{layer}' has no row in the table of {sys.argv[0]}"
            continue
        for mark, name in INCLUDE.findall(path.read_text()):
            ours = mark == '"' or folder(name) in GENERATED
            if not (ours_ok if ours else outside_ok)(layer, name):
                yield path, f"{layer} may not include {name}"


found = list(complaints(sys.argv[1]))
for path, why in found:
    print(f"{path}: {why}")
sys.exit(bool(found))
