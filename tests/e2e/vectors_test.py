"""vectors -- tests/vectors/seal.json, made again without our code.

From the layouts in proto/kindred/v1 and src/seal/*.h, with hashlib and the
libsodium that PyNaCl brings.  Usage: vectors_test.py [BUILD_DIR]"""
import base64
import hashlib
import hmac
import json
import pathlib
import re
import struct
import sys

import nacl.bindings as sodium

REPO = pathlib.Path(__file__).resolve().parents[2]
have = json.loads((REPO / "tests/vectors/seal.json").read_text())
lists = re.findall(r"\[SEAL_NAME_WORD\] = \{(.*?)\}", (REPO / "src/seal/name_words.c").read_text(), re.S)
ADJECTIVES, ANIMALS = (re.findall(r'"(\w+)"', words) for words in lists)
failed = count = 0


def same(what, want, made):
    global failed, count
    count += 1
    if want != made:
        failed += 1
        print(f"{what}: {want} in the file, {made} here")


def raw(section, name):
    return bytes.fromhex(have[section][name])


def number(section, name):
    return int(have[section][name])


def blake(data, size=32, key=b""):
    return hashlib.blake2b(data, digest_size=size, key=key).digest()


def text(string):
    return struct.pack("<H", len(string)) + string.encode()


# crypto_kdf of libsodium: BLAKE2b with the number as salt and the context as
# personalisation.
USES = ["handle", "token", "row", "mailbox", "name", "challenge", "request"]
key = {use: hashlib.blake2b(b"", digest_size=32, key=raw("keys", "master"), salt=struct.pack("<QQ", i, 0),
                            person=b"kindred1" + bytes(8)).digest() for i, use in enumerate(USES, 1)}
for use in USES:
    same(f"keys.{use}", raw("keys", use), key[use])

a = have["account"]
public, secret = sodium.crypto_sign_seed_keypair(raw("account", "seed"))
same("account.public_key", raw("account", "public_key"), public)
login = b"kindred.v1.login\0" + text(a["origin"]) + raw("account", "nonce")
enroll = (b"kindred.v1.enroll\0" + text(a["origin"]) + raw("account", "nonce") + text(a["pool"]) +
          bytes([int(a["grade"])]))
bound = login + raw("account", "proof_key")
new_public, new_secret = sodium.crypto_sign_seed_keypair(raw("account", "new_seed"))
same("account.new_public_key", raw("account", "new_public_key"), new_public)
rotate = (b"kindred.v1.rotate\0" + text(a["origin"]) + raw("account", "nonce") + raw("account", "idempotency_key") +
          public + new_public)
same("account.rotate_new_signature", raw("account", "rotate_new_signature"),
     sodium.crypto_sign(rotate, new_secret)[:64])
for call, message in (("login", login), ("bound_login", bound), ("enroll", enroll), ("rotate", rotate)):
    same(f"account.{call}_message", raw("account", f"{call}_message"), message)
    same(f"account.{call}_signature", raw("account", f"{call}_signature"), sodium.crypto_sign(message, secret)[:64])
same("account.handle", raw("account", "handle"), blake(public, key=key["handle"]))

for form in ("", "json_"):
    asked = b"kindred.v1.proof\0" + text(have["proof"]["method"]) + raw("proof", form + "message")
    mac = hmac.new(raw("proof", "key"), asked, "sha512").digest()[:32]
    same(f"proof.{form}proof", have["proof"][form + "proof"], base64.urlsafe_b64encode(mac).decode().rstrip("="))

made, salt = struct.pack("<Q", number("challenge", "made_ms")), raw("challenge", "salt")
mac = blake(b"kindred.v1.challenge\0" + made + salt, 16, key["challenge"])
mask = blake(b"kindred.v1.challenge.time\0" + mac, 16, key["challenge"])
same("challenge.nonce", raw("challenge", "nonce"), mac + bytes(x ^ y for x, y in zip(made, mask)) + salt)

plain = struct.pack("<QIBQQQI", *(number("token", n) for n in (
    "member", "pool", "grade", "grade_until_ms", "until_ms", "since_ms", "generation"))) + raw("token", "proof_key")
nonce = raw("token", "nonce")
sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, b"\2", nonce, key["token"])
same("token.access_token", have["token"]["access_token"],
     base64.urlsafe_b64encode(b"\2" + nonce + sealed).decode().rstrip("="))

name = struct.pack("<BBQQ", 1, number("row", "kind"), number("row", "id"), number("row", "sub"))
nonce = raw("row", "nonce")
same("row.sealed", raw("row", "sealed"), b"\1" + nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
    raw("row", "plain"), name, nonce, key["row"]))

send = blake(b"kindred.v1.mailbox.send", key=raw("mailbox", "receive"))
same("mailbox.send", raw("mailbox", "send"), send)
same("mailbox.receive_hash", raw("mailbox", "receive_hash"), blake(raw("mailbox", "receive"), key=key["mailbox"]))
same("mailbox.send_hash", raw("mailbox", "send_hash"), blake(send, key=key["mailbox"]))

body = b"kindred.v1.request\0" + struct.pack("<I", number("request", "call")) + raw("request", "body")
same("request.hash", number("request", "hash"), int.from_bytes(blake(body, 16, key["request"])[:8], "little"))


def draw(talk, side, turn):
    h = blake(b"kindred.v1.name\0" + struct.pack("<QBB", talk, side, turn), key=key["name"])
    return ADJECTIVES[h[0]], ANIMALS[h[1]], 10 + (h[2] + 256 * h[3]) % 90


def name_of(talk, side):
    mine, theirs, turn = draw(talk, side, 0), draw(talk, 0, 0), 0
    while side and (mine[0] == theirs[0] or mine[1] == theirs[1]):
        turn += 1
        mine = draw(talk, side, turn)
    return "{} {} {}".format(*mine)


for which, said in have["names"].items():
    same(f"names.{which}", said, name_of(*map(int, which.split("/"))))

seeker, peer = raw("talk", "seeker_key"), raw("talk", "peer_key")
for side in ("seeker", "peer"):
    same(f"talk.{side}_key", raw("talk", f"{side}_key"), sodium.crypto_scalarmult_base(raw("talk", f"{side}_secret")))
shared = sodium.crypto_scalarmult(raw("talk", "seeker_secret"), peer)
to_seeker, to_peer = (lambda k: (k[:32], k[32:]))(blake(shared + seeker + peer, 64))
same("talk.shared", raw("talk", "shared"), shared)
same("talk.to_seeker_key", raw("talk", "to_seeker_key"), to_seeker)
same("talk.to_peer_key", raw("talk", "to_peer_key"), to_peer)


def stream_key(way, number):
    return blake(b"kindred.v1.talk.stream\0" + struct.pack("<I", number), key=way)


same("talk.to_peer_stream_0", raw("talk", "to_peer_stream_0"), stream_key(to_peer, 0))
same("talk.to_seeker_stream_5", raw("talk", "to_seeker_stream_5"), stream_key(to_seeker, 5))


def opened(way, message, state):
    """One message by the layout of talks.proto; the state of its stream."""
    kind, stream = struct.unpack_from("<BI", message)
    at = 5
    if kind == 1:
        state = sodium.crypto_secretstream_xchacha20poly1305_state()
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, message[5:29], stream_key(way, stream))
        at = 29
    padded, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, message[at:], message[:5])
    size, = struct.unpack_from("<H", padded)
    same("talk padding", bytes(len(padded) - 2 - size), padded[2 + size:])
    same("talk step", 0, len(padded) % 2048)
    return (stream, tag, padded[2:2 + size].decode()), state


said, state = opened(to_peer, raw("talk", "seeker_0_message"), None)
same("talk.seeker_0", (0, 0, have["talk"]["seeker_0_text"]), said)
said, state = opened(to_peer, raw("talk", "seeker_1_message"), state)
same("talk.seeker_1", (0, sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL, have["talk"]["seeker_1_text"]), said)
said, state = opened(to_seeker, raw("talk", "peer_0_message"), None)
same("talk.peer_0", (5, 0, have["talk"]["peer_0_text"]), said)

h = blake(b"kindred.v1.talk.words\0" + seeker + peer)
same("talk.words_first_hash", raw("talk", "words_first_hash"), h)
for _ in range(65535):
    h = blake(h)
same("talk.words_last_hash", raw("talk", "words_last_hash"), h)
same("talk.words", have["talk"]["words"], " ".join((ANIMALS if i % 2 else ADJECTIVES)[h[i]] for i in range(8)))

for term, token in have["terms"].items():
    same(f"terms.{term}", token, blake(b"kindred.v1.term\0" + term.encode())[:8][::-1].hex())

print(f"vectors: {count} checks, {failed} failed")
sys.exit(failed != 0)
