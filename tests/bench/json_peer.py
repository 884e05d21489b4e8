"""json_peer -- the JSON of three messages of the API, ours beside json_format.

Usage: json_peer.py DESCRIPTOR_SET JSON_BENCH; prints a line for each message
and way: what | our MB/s | Python's MB/s.  CPU time on both sides."""
import pathlib
import random
import re
import subprocess
import sys
import time

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

pool = descriptor_pool.DescriptorPool()
for file in descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(sys.argv[1]).read_bytes()).file:
    pool.Add(file)
chance = random.Random(1)


def message(name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))()


def card():
    m = message("kindred.v1.PutCardRequest")
    m.idempotency_key = chance.randbytes(16)
    for _ in range(24):
        m.card.have.add(token=chance.getrandbits(64), show=chance.random() < .5)
    for _ in range(6):
        m.card.seek.add(importance=3, tokens=[chance.getrandbits(64) for _ in range(4)])
    return m


def vocabulary():
    m = message("kindred.v1.GetVocabularyResponse")
    m.version, m.language = 7, "en"
    for i in range(400):
        m.terms.add(id=f"substance.opioid.{i}", token=chance.getrandbits(64), facet="substance",
                    label=f"Something that people say, number {i}", level=i % 4, show=i % 3 == 0)
    return m


def message_of_a_talk():
    m = message("kindred.v1.ReceiveResponse")
    m.message.seq, m.message.ciphertext = 12345, chance.randbytes(2048)
    return m


def rate(size, call):
    runs, began = 0, time.process_time()
    while time.process_time() - began < .5:
        call()
        runs += 1
    return size * runs / (time.process_time() - began) / 1e6


for what, m in (("a card", card()), ("a vocabulary", vocabulary()), ("a message of 2 KiB", message_of_a_talk())):
    out = subprocess.run([sys.argv[2], m.DESCRIPTOR.full_name], input=m.SerializeToString(), stdout=subprocess.PIPE,
                         check=True).stdout.decode()
    ours = dict(re.findall(r"^(.*): .* us, (\d+) MB/s", out, re.M))
    text = json_format.MessageToJson(m, indent=None)
    print(f"{what}, printed | {ours['print']} | {rate(len(text), lambda: json_format.MessageToJson(m, indent=None)):.1f}")
    print(f"{what}, read | {ours['read and unpack']} | {rate(len(text), lambda: json_format.Parse(text, type(m)())):.1f}")
    print(out, end="", file=sys.stderr)
