"""json -- the JSON of messages, held against google.protobuf.json_format.

build/json_codec answers with what rpc/json makes of a message or of a text.
1. Random messages of every type of the test set (all of the API, all kinds of
   fields of tests/proto/json.proto): JSON of Python read by us, JSON of ours
   read by Python, both the same message; ours read by us, too.
2. Texts with one value, name or byte changed at random, and a table of texts at
   the edges: both take it, with the same value, or both refuse it, but for what
   STRICTER and LOOSER list, each with the reason.
Usage: json_test.py BUILD_DIR [--runs N] [--seed N]"""
import base64
import json
import math
import pathlib
import random
import re
import struct
import subprocess
import sys

from google.protobuf import descriptor, descriptor_pb2, descriptor_pool, json_format, message_factory
from world import Check

BUILD = pathlib.Path(sys.argv[1])
ARGS = dict(zip(sys.argv[2::2], sys.argv[3::2]))
RUNS, SEED = int(ARGS.get("--runs", 3000)), int(ARGS.get("--seed", 1))
check, chance = Check(), random.Random(SEED)

pool = descriptor_pool.DescriptorPool()
FILES = descriptor_pb2.FileDescriptorSet.FromString((BUILD / "generated/pb/testing.set").read_bytes()).file
for file in FILES:
    pool.Add(file)


def names_of(scope, messages):
    for message in messages:
        if not message.options.map_entry:
            yield f"{scope}.{message.name}"
            yield from names_of(f"{scope}.{message.name}", message.nested_type)


TYPES = {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
         for file in FILES for name in names_of(file.package, file.message_type)}
KNOWN = "json.testing.Known"
KINDS = ["json.testing." + name for name in ("Kinds", "Lists", "Maps", "Choices", "Known", "Names")]
codec = subprocess.Popen([BUILD / "json_codec"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def ask(what, name, body):
    """(True, what came out) or (False, the reason)."""
    codec.stdin.write(what.encode() + struct.pack("<II", len(name), len(body)) + name.encode() + body)
    codec.stdin.flush()
    done, size = struct.unpack("<BI", codec.stdout.read(5))
    out = codec.stdout.read(size)
    return (True, out) if done else (False, out.decode())


def ours(name, text, ignore=False):
    """The message of a text, or None."""
    done, out = ask("i" if ignore else "p", name, text)
    return TYPES[name].FromString(out) if done else None


def theirs(name, text, ignore=False):
    try:
        return json_format.Parse(text, TYPES[name](), ignore_unknown_fields=ignore, descriptor_pool=pool)
    except (json_format.ParseError, UnicodeDecodeError):
        return None


def settle(message):
    """Any holds bytes: those of the same message in one order of all."""
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        if field.is_repeated and field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].type == field.TYPE_MESSAGE:
                for item in value.values():
                    settle(item)
        else:
            for item in value if field.is_repeated else [value]:
                settle(item)
    if message.DESCRIPTOR.full_name == "google.protobuf.Any" and message.type_url:
        inner = TYPES[message.type_url.split("/")[-1]].FromString(message.value)
        message.value = settle(inner).SerializeToString(deterministic=True)
    return message


def same(a, b):
    """NaN is NaN here; and -0.0 is not 0.0."""
    return a is not None and b is not None and (
        settle(a).SerializeToString(deterministic=True) == settle(b).SerializeToString(deterministic=True))


# ---- random messages ----
LETTERS = ["a", "B", "_", " ", "\"", "\\", "/", "\n", "\t", "\x01", "\x1f", "\x7f", "é", "€", "\u2028", "\ufeff",
           "\uffff", "🌊", "\U0010ffff", "<", "{", "1"]
F = descriptor.FieldDescriptor
BITS = {F.TYPE_INT32: (31, 31), F.TYPE_SINT32: (31, 31), F.TYPE_SFIXED32: (31, 31), F.TYPE_UINT32: (0, 32),
        F.TYPE_FIXED32: (0, 32), F.TYPE_INT64: (63, 63), F.TYPE_SINT64: (63, 63), F.TYPE_SFIXED64: (63, 63),
        F.TYPE_UINT64: (0, 64), F.TYPE_FIXED64: (0, 64)}


def integer(below, above):
    low, high = -(1 << below) if below else 0, (1 << above) - 1
    return chance.choice([0, 1, low, high, chance.randint(low, high), max(low, -chance.getrandbits(8)),
                          min(high, chance.getrandbits(8)), min(high, 1 << chance.randrange(64))])


def real(single, finite):
    while True:
        value = chance.choice([
            0.0, -0.0, 1.0, -1.5, 0.1, 1e15, 1e16, 123456789.0, 5e-324, 2.0 ** chance.randrange(-140, 127), 1 / 3,
            chance.random(), float(chance.getrandbits(53)), math.inf, -math.inf, math.nan,
            struct.unpack("<d", chance.randbytes(8))[0], struct.unpack("<f", chance.randbytes(4))[0]])
        if single:
            try:
                value = struct.unpack("<f", struct.pack("<f", value))[0]
            except OverflowError:
                continue
        if value != value:
            value = math.nan  # one of them
        if not finite or math.isfinite(value):
            return value


def string():
    return "".join(chance.choice(LETTERS) for _ in range(chance.choice([0, 1, 3, 9, 40])))


def scalar(field, finite=False):
    if field.type in BITS:
        return integer(*BITS[field.type])
    if field.type == F.TYPE_ENUM:
        known = [value.number for value in field.enum_type.values]
        # Of NullValue JSON has one only.
        return chance.choice(known + ([7, -2] if len(known) > 1 else []))
    return {F.TYPE_DOUBLE: lambda: real(False, finite), F.TYPE_FLOAT: lambda: real(True, finite),
            F.TYPE_BOOL: lambda: chance.random() < .5, F.TYPE_STRING: string,
            F.TYPE_BYTES: lambda: chance.randbytes(chance.choice([0, 1, 2, 3, 7, 64]))}[field.type]()


def path():
    return ".".join("_".join(chance.choice(["a", "foo", "b2", "zz9"]) for _ in range(chance.randrange(1, 3)))
                    for _ in range(chance.randrange(1, 3)))


def fill_known(message, depth):
    """What not every message of the type has a JSON for; true if it is one."""
    name = message.DESCRIPTOR.full_name.removeprefix("google.protobuf.")
    if name == "Timestamp":
        message.seconds = chance.choice([0, -62135596800, 253402300799, chance.randint(-62135596800, 253402300799)])
        message.nanos = chance.choice([0, 1, 999999999, 5000000, 7000, chance.randrange(10 ** 9)])
    elif name == "Duration":
        sign = chance.choice([-1, 1])
        message.seconds = sign * chance.choice([0, 1, 315576000000, chance.randrange(315576000000)])
        message.nanos = sign * chance.choice([0, 1, 999999999, 5000000, 7000, chance.randrange(10 ** 9)])
    elif name == "FieldMask":
        message.paths.extend(path() for _ in range(chance.randrange(3)))
    elif name == "Any":
        if chance.random() < .9:
            inner = random_message(chance.choice(list(TYPES) if chance.random() < .5 else KINDS), depth + 2)
            message.type_url = chance.choice(["type.googleapis.com/", "/", "a/b/"]) + inner.DESCRIPTOR.full_name
            message.value = inner.SerializeToString()
    elif name == "Value":
        kind = chance.choice(message.DESCRIPTOR.fields[:4] if depth > 8 else message.DESCRIPTOR.fields)
        if kind.type == F.TYPE_MESSAGE:
            getattr(message, kind.name).SetInParent()
            fill(getattr(message, kind.name), depth + 1)
        else:
            setattr(message, kind.name, scalar(kind, finite=True))
    else:
        return False
    return True


def fill(message, depth):
    if fill_known(message, depth):
        return message
    fields = message.DESCRIPTOR.fields
    share = 1 if depth == 0 and len(fields) < 5 else chance.choice([.1, .3]) if depth < 4 else .05
    for field in fields:
        if chance.random() > share or (depth > 8 and field.type == F.TYPE_MESSAGE):
            continue
        if field.name == "nulls":
            continue  # json_format does not read a list of NullValue, not even its own
        if field.type == F.TYPE_MESSAGE and field.message_type.GetOptions().map_entry:
            key, value = field.message_type.fields
            for _ in range(chance.randrange(4)):
                into = getattr(message, field.name)
                if value.type == F.TYPE_MESSAGE:
                    fill(into[scalar(key)], depth + 1)
                else:
                    into[scalar(key)] = scalar(value)
        elif field.is_repeated:
            for _ in range(chance.choice([0, 1, 2, 5])):
                into = getattr(message, field.name)
                if field.type == F.TYPE_MESSAGE:
                    fill(into.add(), depth + 1)
                else:
                    into.append(scalar(field))
        elif field.type == F.TYPE_MESSAGE:
            getattr(message, field.name).SetInParent()
            fill(getattr(message, field.name), depth + 1)
        else:
            setattr(message, field.name, scalar(field))
    return message


def random_message(name, depth=0):
    return fill(TYPES[name](), depth)


def their_text(message):
    return json_format.MessageToJson(
        message, descriptor_pool=pool, indent=chance.choice([None, 0, 2]), ensure_ascii=chance.random() < .5,
        preserving_proto_field_name=chance.random() < .5, use_integers_for_enums=chance.random() < .3,
        always_print_fields_with_no_presence=chance.random() < .2, sort_keys=chance.random() < .5).encode()


def no_duplicates(pairs):
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


def round_trip(name):
    message = random_message(name)
    text = their_text(message)
    back = ours(name, text)
    check.that(f"{name}: their JSON", same(message, back), text, back, message.SerializeToString())
    done, text = ask("w", name, message.SerializeToString())
    if not check.that(f"{name}: printed", done, text, message):
        return
    json.loads(text, object_pairs_hook=no_duplicates)
    check.that(f"{name}: our JSON, read by them", same(message, theirs(name, text)), text, message)
    check.that(f"{name}: our JSON, read by us", same(message, ours(name, text)), text, message)


# ---- where the two differ, and why ----
# We refuse, they take:
STRICTER = [
    ("our strings are C's", lambda text: b"\\u0000" in text),
    ("base64 with other characters in it, or a wrong padding, is not base64", lambda text: b"\"base64\"" in text),
    ("a field has one name of two, once", lambda text: b"\"aBool\"" in text and b"\"a_bool\"" in text),
    ("a number in quotes is a number of JSON: no _, no +, no 007, no nan, no digits of other scripts",
     lambda text: re.search(rb'"([+-]?[_.0-9]+[_.0-9e+-]*|[+-]?(nan|inf|infinity)|\xd9.*)"', text, re.I)),
    ("an enum's number stands without quotes", lambda text: re.search(rb'"-?\d+"', text)),
]


def excused(text, rules):
    return any(rule(text) for _, rule in rules)
