"""json -- the JSON of messages, held against google.protobuf.json_format.

build/json_codec answers with what rpc/json makes of a message or of a text.
1. Random messages of every type of the test set (all of the API, all kinds of
   fields of tests/proto/json.proto): JSON of Python read by us, JSON of ours
   read by Python, both the same message; ours read by us, too.
2. A table of texts at the edges, in every kind of field: both take it as the
   same, or both refuse it, but for what STRICTER and LOOSER list with a reason.
3. Texts changed at random: what we take, they take as the same.
4. What is unknown is refused, or skipped where that is asked for.
Usage: json_test.py BUILD_DIR [--runs N] [--seed N]"""
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
RUNS, SEED = int(ARGS.get("--runs", 1000)), int(ARGS.get("--seed", 1))
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


# ---- texts at the edges ----
NUMBERS = """0 -0 0.0 -0.0 1 -1 1.0 1e0 1E+2 10e-1 100e-2 1.5 15e-1 1e3 -1e3 2147483647 2147483648 -2147483648 -2147483649
4294967295 4294967296 9007199254740992 9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809
18446744073709551615 18446744073709551616 1e18 1e19 1e20 1e400 -1e400 1e-400 0e999999999999 1e999999999999 0.1
1e-999999999999 3.4028234663852886e38 3.4028235e38 3.4028235677973366e38 3.4028236e38 -3.5e38 1.7976931348623157e308
1.7976931348623159e308 1.00000000000000000000 0.30000000000000004 123456789012345678901234567890e-20""".split()
NOT_NUMBERS = "01 -01 +1 .5 1. 1e 1e+ - --1 0x10 1_0 NaN Infinity -Infinity nan inf 1a 1,5 ١ 00 0e 1.e1".split()
STRINGS = ["", " ", " 1", "1 ", r"1\n", "infinity", "-NaN", "true", "True", "null", "NULL_VALUE",
           r"\u0041", r"\ud83d\ude00", r"\ud83d", r"\ude00\ud83d", r"\ud83d\ud83d", r"\ude00", r"\u12", r"\u12G4",
           r"\x41", "\\", r"\u0000", r"a\u0000b", r"\/\b\f\n\r\t\"\\", r"\U0041", "\x01", "\x7f", "é🌊\u2028",
           "COLOUR_RED", "COLOUR_CRIMSON", "colour_red", "COLOUR_RE", "COLOUR_REDD", "COLOUR_BELOW",
           "QQ==", "QQ=", "QQ", "Q", "QR==", "QUI=", "QUI", "QUJD", "QUJD=", "-_-_", "+/+/", "+_-/", "Q Q==", r"QQ==\n",
           "=", "====", r"\u0051Q==", r"QQ\u003d\u003d", r"QUJD\/\/\/\/",
           "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "0000-12-31T23:59:59Z",
           "10000-01-01T00:00:00Z", "2024-02-29T12:00:00Z", "2023-02-29T12:00:00Z", "1900-02-29T00:00:00Z",
           "2000-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z", "2024-04-31T00:00:00Z",
           "2024-01-01T24:00:00Z", "2024-01-01T23:60:00Z", "2024-01-01T23:59:60Z", "2024-01-01t00:00:00Z",
           "2024-01-01T00:00:00z", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00+01:00",
           "2024-01-01T00:00:00-23:59", "2024-01-01T00:00:00+24:00", "0001-01-01T00:00:00+00:01",
           "9999-12-31T23:59:59-00:01", "2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.123456789Z",
           "2024-01-01T00:00:00.1234567891Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00Z ", "2024-1-1T0:0:0Z",
           "2024-01-01T00:00:00+0100", "2024-01-01T00:00:00+1:0",
           "0s", "1s", "-1s", "1.5s", "-1.5s", "-0.5s", "1.000000001s", "1.0000000001s", "1.s", ".5s", "s", "+1s", "1S",
           "315576000000s", "315576000001s", "-315576000000s", "-315576000001s", "315576000000.999999999s", "1e3s",
           "1 s", "0x1s", "--1s", "1.-5s", "01s", "-0s", "-s", "1_0s",
           "a", "fooBar", "fooBar,baz.quxQuux", "foo_bar", "a,", "a,,b", ",a", " a", "a b", "a,a", "fooBar1", "FooBar",
           "foo.", "é", "a.b.c", "`x`"]
OTHERS = ["true", "false", "null", "tru", "True", "nul", "falsee", "[]", "{}", "[1]", "[null]", "[[1]]", "[[]]", "[{}]",
          '{"a":1}', '{"a":null}', '{"a":[1,"b",{"c":true}]}', '{"a":1,"a":2}', '{"a":1,}', "[1,]", "[,1]", "[1 2]",
          '{"a" 1}', "{a:1}", "{'a':1}", '{"a":}', '{"":1}', '{"value":1}',
          '{"@type":"type.googleapis.com/json.testing.Names","plain":1}', '{"@type":"json.testing.Names","plain":1}',
          '{"plain":1,"@type":"/json.testing.Names"}', '{"@type":"/json.testing.Nope"}',
          '{"@type":"/google.protobuf.Duration","value":"1s"}', '{"@type":"/google.protobuf.Duration"}',
          '{"@type":"/google.protobuf.Duration","value":"1s","x":1}', '{"@type":"/google.protobuf.Empty"}',
          '{"@type":"/google.protobuf.Empty","value":{}}',
          '{"@type":"/google.protobuf.Any","value":{"@type":"/google.protobuf.Int32Value","value":5}}',
          '{"@type":"/google.protobuf.Any","@type":"/google.protobuf.Any","value":{}}', '{"@type":1}', '{"@type":""}',
          '{"@type":"/"}', '{"@type":null}', '{"value":1,"@type":"/google.protobuf.Value"}',
          '{"@type":"/google.protobuf.Value","value":null}', '{"@type":"/google.protobuf.NullValue"}',
          '{"plain":1,"plain":1}', '{"plain":null}', '{"twoWords":1,"two_words":2}', '{"nope":1}',
          '{"maybeInt":1,"left":"a","right":"b"}', '{"left":"a","right":null}', '{"aNull":null,"aBool":true}',
          '{"aNull":null}', '{"aValue":null}', '{"aMessage":null}', '{"maybeInt":null}', '{"maybeInt":0}', "/**/1", "1//"]
VALUES = [*NUMBERS, *NOT_NUMBERS, *(f'"{v}"' for v in NUMBERS + NOT_NUMBERS + STRINGS), *OTHERS]

# Where the two differ, and why: the kind of field, the text, the reason.
INTEGER, REAL = "integer", "real"
ANY_KIND = ""
RFC_NUMBER = r'-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?'
STRICTER = [  # they take it, we refuse it
    (ANY_KIND, r'.*\\u0000.*', "our strings are C's"),
    (INTEGER, rf'(?!"{RFC_NUMBER}"$)".*"', "a number in quotes is a number of JSON"),
    (INTEGER, r'"?1e-\d+"?', "it is no integer; to them it is zero"),
    (REAL, rf'(?!"({RFC_NUMBER}|NaN|-?Infinity)"$)".*"', "a number in quotes is a number of JSON"),
    (REAL, r'"-?(1e\d{3,}|1\.797693134862315[79]e308|3\.5e38|3\.4028236e38|3\.4028235677973366e38)"',
     "too large is too large in quotes, too"),
    (REAL, "true|false", "a truth is no number"),
    ("enum", r'".*"', "an enum's number has no quotes"),
    ("enum", "true|false", "a truth is no number"),
    ("enum", rf"(?!-?(0|[1-9]\d{{0,9}})(\.0+)?([eE]\+?[0-3])?$){RFC_NUMBER}|-2147483649|4294967296",
     "an enum's number is an integer of 32 bits; they cut it"),
    ("bytes", r'(?!"([A-Za-z0-9+/_-]{4})*([A-Za-z0-9+/_-]{2}(==)?|[A-Za-z0-9+/_-]{3}=?)?"$)".*"', "it is not base64"),
    ("Timestamp", r'(?!"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):\d\d)"$)".*"', "it is not RFC 3339"),
    ("Duration", r'(?!"-?\d+(\.\d{1,9})?s"$)".*"', "no other form of seconds"),
    ("FieldMask", r'(?!"([A-Za-z0-9.]+(,[A-Za-z0-9.]+)*)?"$)".*"', "a path is of names and dots, and none is empty"),
    ("Value", "-?Infinity|NaN", "it is not JSON"),
    ("Value", r"-?(1e\d{3,}|1\.7976931348623159e308)", "too large for a double"),
    ("message", r'""|\[\]', "a message is an object"),
    ("message", r'\{"twoWords":1,"two_words":2\}', "one field, twice"),
    ("message", r'\{"aNull":null,"aBool":true\}', "two of a oneof: null is a value of NullValue"),
    ("list", r'\{"1":1,"1.0":1\}', "one key, twice"),
    ("Any", r'\{"@type":"[^/]*",.*', "a type URL has a slash"),
    ("Any", r'.*"value":"1s","x":1\}', "a member that is unknown"),
]
LOOSER = [  # we take it, they refuse it or make something else of it
    (REAL, "-0", "minus zero is no integer"),
    (REAL, "3.4028235e38", "the largest float is nearest to it"),
    ("Value", "-0", "minus zero is no integer"),
    ("Any", r'\{"@type":"/google.protobuf.Empty","value":\{\}\}', "so Go writes it"),
    ("nulls", "null", "a list of NullValue can be read back"),
]
used = set()


def excused(kind, text, rules):
    for rule in rules:
        if rule[0] in (ANY_KIND, kind, "enum" if kind == "nulls" else kind) and re.fullmatch(rule[1], text, re.S):
            used.add(rule)
            return True
    return False


def kind_of(field):
    if field.type == F.TYPE_MESSAGE:
        name = field.message_type.full_name
        if not name.startswith("google.protobuf.") or name.endswith(".Empty"):
            return "message"
        return kind_of(field.message_type.fields[0]) if name.endswith("Value") and len(
            field.message_type.fields) == 1 and not field.message_type.fields[0].is_repeated else name.split(".")[-1]
    if field.name == "nulls":
        return "nulls"
    return INTEGER if field.type in BITS else {F.TYPE_DOUBLE: REAL, F.TYPE_FLOAT: REAL, F.TYPE_BOOL: "bool",
                                               F.TYPE_STRING: "string", F.TYPE_BYTES: "bytes",
                                               F.TYPE_ENUM: "enum"}[field.type]


def edge(name, text, kind, value):
    """Both take it as the same, or both refuse it, or it is excused."""
    mine, other = ours(name, text.encode()), theirs(name, text.encode())
    if mine is None and other is None or same(mine, other):
        agree = True
    else:
        agree = excused(kind, value, STRICTER if mine is None else LOOSER)
    check.that(f"{name}: {text[:200]}", agree, "ours:", mine, "theirs:", other)


def edges():
    for name in KINDS:
        for field in TYPES[name].DESCRIPTOR.fields:
            shape = '{"%s":%s}'
            kind = kind_of(field)
            if field.is_repeated and field.message_type and field.message_type.GetOptions().map_entry:
                key, value = field.message_type.fields
                for v in NUMBERS + NOT_NUMBERS + STRINGS:
                    put = {F.TYPE_STRING: '""', F.TYPE_BYTES: '""', F.TYPE_BOOL: "true",
                           F.TYPE_MESSAGE: '{}' if kind_of(value) in ("message", "Any", "Value") else "null"}.get(value.type, "1")
                    edge(name, '{"%s":{"%s":%s}}' % (field.json_name, v, put), kind_of(key), f'"{v}"')
                shape, kind = '{"%%s":{"%s":%%s}}' % ("true" if key.type == F.TYPE_BOOL else "1"), kind_of(value)
            elif field.is_repeated:
                shape = '{"%s":[%s]}'
            for v in VALUES:
                edge(name, shape % (field.json_name, v), kind, v)
            for v in ("null", "1", "{}", '""', "true", "[1", "[1]]", '{"1":1,"1":1}', '{"1":1,"1.0":1}', "{1:1}"):
                if field.is_repeated and not (v == "null" and kind in ("Value", "nulls")):
                    edge(name, '{"%s":%s}' % (field.json_name, v), "list", v)
    for name in KINDS:
        for text in ("", " ", " {} ", "{}{}", "{} x", "\ufeff{}", "[" * 101 + "]" * 101, "1", '"a"', "null", "[1]",
                     '{"a":1}', "{", "}", '{"a"', "nul", "\x00{}", "{}\x00"):
            edge(name, text, "whole", text)
    for deep in (98, 99, 100, 500):
        edge("json.testing.Kinds", '{"aMessage":' * deep + "{}" + "}" * deep, "whole", "")
        edge("google.protobuf.Value", "[" * (deep // 2) + "]" * (deep // 2), "whole", "")
    for rule in set(STRICTER + LOOSER) - used:
        check.that(f"an exception that is none: {rule}", False)


# ---- texts changed at random ----
def changed(text):
    """One byte, run of bytes or token of it is another."""
    text, at = bytearray(text), chance.randrange(len(text))
    what = chance.randrange(5)
    if what == 0:
        text[at] = chance.choice(b'{}[]",:0123456789.eE+-\\/ ntf\x00\x1f\x7f\x80\xc3\xff')
    elif what == 1:
        del text[at:at + chance.choice([1, 1, 2, 9])]
    elif what == 2:
        text[at:at] = text[chance.randrange(len(text)):][:chance.choice([1, 3, 12])]
    else:
        tokens = list(re.finditer(rb'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null', bytes(text)))
        token = chance.choice(tokens) if tokens else None
        if token:
            text[token.start():token.end()] = chance.choice(VALUES).encode()
    return bytes(text)


def what_we_take_they_take(name):
    text = changed(their_text(random_message(name)))
    mine = ours(name, text)
    if mine is None or re.search(rb'[\s:\[,]-0\s*[,}\]]|Empty|3.4028235e38', text):
        return  # LOOSER
    check.that(f"{name}: changed", same(mine, theirs(name, text)), text, mine)
    check.that(f"{name}: changed, printed and read", same(
        mine, ours(name, ask("w", name, mine.SerializeToString())[1])), text)


def with_unknown(name):
    """A member nobody knows: skipped or refused, as asked; and an enum's name."""
    message = random_message(name)
    value = json.loads(their_text(message))
    if not isinstance(value, dict) or name.startswith("google.protobuf."):
        return
    strange = json.loads(their_text(random_message(chance.choice(KINDS))))
    members = list(value.items())
    members.insert(chance.randrange(len(members) + 1), (chance.choice(["nope", "", "é", "aBoo", "aBooll"]), strange))
    text = json.dumps(dict(members)).encode()
    check.that(f"{name}: unknown, ignored", same(message, ours(name, text, True)), text)
    check.that(f"{name}: unknown, refused", ask("p", name, text) == (False, "JSON_FIELD"), text)


def unknown_names():
    for name, text in (("Kinds", '{"aColour":"NEW","aBool":true}'), ("Lists", '{"colours":["COLOUR_RED","NEW",1]}'),
                       ("Maps", '{"toColour":{"a":"NEW","b":"COLOUR_RED"},"byBool":{"true":true}}'),
                       ("Choices", '{"aColour":"NEW"}')):
        name = "json.testing." + name
        check.that(f"{name}: an unknown name, ignored", same(ours(name, text.encode(), True), theirs(name, text, True)), text)
        check.that(f"{name}: an unknown name, refused", ask("p", name, text.encode()) == (False, "JSON_VALUE"), text)


edges()
unknown_names()
for run in range(RUNS):
    for name in chance.sample(list(TYPES), 4) + [chance.choice(KINDS)]:
        round_trip(name)
        with_unknown(name)
    for _ in range(4):
        what_we_take_they_take(chance.choice(KINDS))
codec.stdin.close()
check.that("json_codec ends well", codec.wait() == 0)
check.report()
