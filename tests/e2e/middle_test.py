"""middle -- a server in the middle that gives everybody a key nobody can agree on.

It hands each call on to a kindredd as it came and each answer back, but for the
keys of a talk: those are points of low order, with which the secret would be
known to all.  kindred begins no talk with them, says why, and ends with 1.
Usage: middle_test.py BUILD_DIR."""
import concurrent.futures
import contextlib
import os
import subprocess
import sys
import tempfile
import threading

import grpc

from world import PATIENCE, Check, Server

check = Check()
UNFIT = [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f",
         bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]


class Middle(grpc.GenericRpcHandler):
    """Bytes in, bytes out; `key`, if there is one, in place of each their_key."""

    def __init__(self, server):
        self.protos, self.key = server.protos, None
        self.channel = grpc.insecure_channel(server.target)

    def service(self, details):
        name = details.method[1:]
        method = self.protos.methods[name]
        metadata = [(k, v) for k, v in details.invocation_metadata if k in ("authorization", "kindred-proof")]

        def ends(context, error):
            context.set_trailing_metadata([(k, v) for k, v in error.trailing_metadata() or () if k == "grpc-status-details-bin"])
            context.set_code(error.code())
            context.set_details(error.details())

        def unary(request, context):
            try:
                return self.alter(method, self.channel.unary_unary(details.method)(request, metadata=metadata))
            except grpc.RpcError as error:
                ends(context, error)
                return b""

        def stream(request, context):
            call = self.channel.unary_stream(details.method)(request, metadata=metadata)
            context.add_callback(call.cancel)
            try:
                for message in call:
                    yield self.alter(method, message)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.CANCELLED:
                    ends(context, error)
        return grpc.unary_stream_rpc_method_handler(stream) if method.server_streaming else \
            grpc.unary_unary_rpc_method_handler(unary)

    def alter(self, method, message):
        if not self.key:
            return message
        said = self.protos.message(method.output_type).FromString(message)
        talks = {"Answer": lambda: [said.talk] if said.HasField("talk") else [],
                 "Ask": lambda: [said.ticket.talk] if said.ticket.HasField("talk") else []}.get(method.name, list)()
        for talk in talks:
            talk.their_key = self.key
        return said.SerializeToString() if talks else message


@contextlib.contextmanager
def between(server):
    relay = grpc.server(concurrent.futures.ThreadPoolExecutor(32))
    middle = Middle(server)
    relay.add_generic_rpc_handlers([middle])
    middle.target = f"127.0.0.1:{relay.add_insecure_port('127.0.0.1:0')}"
    relay.start()
    try:
        yield middle
    finally:
        relay.stop(0).wait()
        middle.channel.close()


class Person:
    def __init__(self, server, middle, folder, name):
        self.key, self.build = os.path.join(folder, name), server.build
        self.environment = {**os.environ, "KINDRED_SERVER": middle.target, "HOME": folder}

    def start(self, command, *words, errors=subprocess.PIPE):
        return subprocess.Popen([self.build / "kindred", command, "--key", self.key, *words], env=self.environment, text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)

    def run(self, command, *words):
        return ended(self.start(command, *words))

    def files(self):
        folder, name = os.path.split(self.key)
        return sorted(file[len(name):] for file in os.listdir(folder) if file.startswith(name + "."))


def ended(process):
    try:
        out, err = process.communicate("", timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    return process.returncode, out, err


def heard(process, text):
    """All it says, asked to end once it has said that text; if it never does, it is killed."""
    limit, said = threading.Timer(PATIENCE, process.kill), ""
    limit.start()
    for line in process.stdout:
        said += line
        if text in line:
            process.terminate()
    limit.cancel()
    process.wait(PATIENCE)
    return said


def ready(server, middle, folder, name):
    seeker, peer = Person(server, middle, folder, name), Person(server, middle, folder, name + "-peer")
    for person, role, grade in ((seeker, "seeker", "member"), (peer, "peer", "peer")):
        check.that("ready", person.run("enroll", "--grade", grade)[0] == 0 and
                   person.run("card", "set", role, "--show", "ptsd")[0] == 0)
    return seeker, peer


def whole(server, middle, folder):
    """The middle alone changes nothing."""
    seeker, peer = ready(server, middle, folder, "whole")
    duty = peer.start("attend", "--auto", "accept", "--once")
    ask = seeker.start("ask")
    ask.stdin.write("hello\n/end\n")
    ask.stdin.flush()
    code, out, err = ended(ask)
    check.that("a talk is had", code == 0 and "You talk with" in out, code, out, err)
    check.that("on both sides", "hello" in ended(duty)[1])


def unfit(server, middle, folder):
    for i, middle.key in enumerate(UNFIT):
        seeker, peer = ready(server, middle, folder, f"unfit{i}")
        duty = peer.start("attend", "--auto", "accept", errors=subprocess.STDOUT)
        code, out, err = seeker.run("ask")
        check.that("ask ends with 1, and says why", code == 1 and "TALK_KEY" in err and "keeps no secret" in err, code, out, err)
        check.that("and says of no talk", "You talk with" not in out and seeker.files() == [], out, seeker.files())
        said = heard(duty, "TALK_KEY")
        check.that("nor does the peer's", "TALK_KEY" in said and "You talk with" not in said and
                   not any("talk" in file for file in peer.files()), said, peer.files())
        check.that("off duty", peer.run("leave")[0] == 0)
    middle.key = None


with Server(sys.argv[1], "--settle-ms", "0", "--rest-ms", "1") as world, between(world) as relay, tempfile.TemporaryDirectory() as home:
    for part in (whole, unfit):
        check.runs(part, world, relay, home)
    check.that("stops in order", world.stop() == 0)
check.report()
