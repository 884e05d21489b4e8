"""peers -- servers of others, each on one core, beside which tests/bench measures.

Each serves grpc.health.v1.Health as its own library ships it, and GetServerInfo
of our proto with an answer given to it in a file.  What a peer needs is brought
as everything else is: from Debian, PyPI, the Go proxy, npm and crates.io, in the
versions its folder names.  A peer that cannot be had is left out, and why is said."""
import os
import pathlib
import shutil
import subprocess
import sys

from tools import go, need, run

HERE = pathlib.Path(__file__).resolve().parent
PROTOS = HERE.parents[2] / "proto"
RUST = (1, 88)  # what tonic 0.14.9 asks for


def grpc_go(build):
    binary = build / "grpc_go"
    if not binary.exists():
        run(go(build), "build", "-o", binary, ".", cwd=HERE / "grpc_go")
    return [binary]


def grpc_cpp(build):
    binary, made = build / "grpc_cpp", build / "grpc_cpp.pb"
    if not binary.exists():
        need("g++", "g++")
        need("pkg-config", "pkg-config")
        need("grpc_cpp_plugin", "protobuf-compiler", "protobuf-compiler-grpc", "libgrpc++-dev", "libprotobuf-dev")
        made.mkdir(exist_ok=True)
        run("protoc", "-I", PROTOS, f"--cpp_out={made}", f"--grpc_out={made}",
            "--plugin=protoc-gen-grpc=" + shutil.which("grpc_cpp_plugin"), "kindred/v1/accounts.proto")
        flags = run("pkg-config", "--cflags", "--libs", "grpc++", "protobuf").split()
        run("g++", "-std=c++17", "-O2", "-DNDEBUG", "-I", made, HERE / "grpc_cpp/main.cc",
            *made.glob("kindred/v1/*.cc"), "-o", binary, *flags)
    return [binary]


def cargo():
    """A cargo that can build tonic: of PATH, or Debian's, of which some carry a newer one beside the usual."""
    for packages in ((), ("cargo",), ("cargo-web",)):
        if packages:
            shutil.which("cargo") or need("cargo", *packages)
            if packages[0] == "cargo-web":
                subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *packages],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if shutil.which("rustc") and shutil.which("cargo"):
            version = run("rustc", "--version").split()[1]
            if tuple(map(int, version.split(".")[:2])) >= RUST:
                return "cargo"
    raise RuntimeError(f"no Rust {RUST[0]}.{RUST[1]} is to be had here")


def tonic(build):
    binary = build / "tonic/release/tonic-peer"
    if not binary.exists():
        crate = build / "tonic/crate"
        shutil.rmtree(crate, ignore_errors=True)
        shutil.copytree(HERE / "tonic", crate)  # its lock file is not ours to keep
        need("protoc", "protobuf-compiler")
        run(cargo(), "build", "--release", "--quiet", cwd=crate,
            env={**os.environ, "CARGO_TARGET_DIR": str(build / "tonic"), "KINDRED_PROTO": str(PROTOS)})
    return [binary]


def grpc_js(build):
    place = build / "grpc_js"
    wanted = (HERE / "grpc_js/package.json").read_text()
    need("node", "nodejs")
    if not (place / ".installed").exists() or (place / ".installed").read_text() != wanted:
        need("npm", "npm")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        (place / "package.json").write_text(wanted)
        run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent", cwd=place)
        (place / ".installed").write_text(wanted)
    shutil.copy(HERE / "grpc_js/main.js", place)
    return ["node", place / "main.js", PROTOS]


PEERS = {"tonic 0.14": tonic, "grpc-go 1.85": grpc_go, "grpc++": grpc_cpp, "grpc-js 1.14": grpc_js}


def commands(build):
    """How each peer is started, by its name; those that cannot be had are not among them."""
    had = {}
    for name, build_it in PEERS.items():
        try:
            had[name] = build_it(build)
        except (subprocess.CalledProcessError, OSError, RuntimeError, SystemExit) as why:
            print(f"{name} is left out: {why}", file=sys.stderr, flush=True)
    return had
