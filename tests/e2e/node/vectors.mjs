// vectors.mjs REPO -- tests/vectors/seal.json, made again in JavaScript.
//
// What a client makes comes from kindred.mjs, the very code that talks to servers;
// what only a server makes, from libsodium by the layouts in src/seal.
import { readFileSync } from "node:fs";
import sodium from "libsodium-wrappers";
import { Mine, Opener, Sealer, Talk, blake2b, bytes, enrollMessage, loginMessage, proof, rotateMessage, sendCapability,
  streamKey, term, u16, u32 } from "./kindred.mjs";

const repo = process.argv[2];
const have = JSON.parse(readFileSync(`${repo}/tests/vectors/seal.json`));
const lists = [...readFileSync(`${repo}/src/seal/name_words.c`, "utf8").matchAll(/\[SEAL_NAME_WORD\] = \{(.*?)\}/gs)]
  .map((list) => [...list[1].matchAll(/"(\w+)"/g)].map((word) => word[1]));
let passed = 0, failed = 0;

function same(what, want, made) {
  const text = (x) => (typeof x === "string" ? x : Buffer.from(x).toString("hex"));
  if (text(want) === text(made)) return passed++;
  console.log(`${what}: ${text(want)} in the file, ${text(made)} here`);
  return failed++;
}

const raw = (section, name) => Buffer.from(have[section][name], "hex");
const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64LE(BigInt(n)); return b; };

const keys = {};
["handle", "token", "row", "mailbox", "name", "challenge", "request"].forEach((use, i) => {
  keys[use] = sodium.crypto_kdf_derive_from_key(32, i + 1, "kindred1", raw("keys", "master"));
  same(`keys.${use}`, raw("keys", use), keys[use]);
});

const a = have.account, nonce = raw("account", "nonce");
const old = sodium.crypto_sign_seed_keypair(raw("account", "seed"));
const fresh = sodium.crypto_sign_seed_keypair(raw("account", "new_seed"));
const messages = {
  login: loginMessage(a.origin, nonce),
  bound_login: loginMessage(a.origin, nonce, raw("account", "proof_key")),
  enroll: enrollMessage(a.origin, nonce, a.pool, Number(a.grade)),
  rotate: rotateMessage(a.origin, nonce, raw("account", "idempotency_key"), old.publicKey, fresh.publicKey),
};
same("account.public_key", raw("account", "public_key"), old.publicKey);
same("account.new_public_key", raw("account", "new_public_key"), fresh.publicKey);
for (const [call, message] of Object.entries(messages)) {
  same(`account.${call}_message`, raw("account", `${call}_message`), message);
  same(`account.${call}_signature`, raw("account", `${call}_signature`),
    sodium.crypto_sign_detached(message, old.privateKey));
}
same("account.rotate_new_signature", raw("account", "rotate_new_signature"),
  sodium.crypto_sign_detached(messages.rotate, fresh.privateKey));
same("account.handle", raw("account", "handle"), blake2b(32, old.publicKey, keys.handle));

for (const form of ["", "json_"])
  same(`proof.${form}proof`, have.proof[`${form}proof`],
    proof(raw("proof", "key"), have.proof.method, raw("proof", `${form}message`)));

const made = u64(have.challenge.made_ms), salt = raw("challenge", "salt");
const mac = blake2b(16, bytes("kindred.v1.challenge\0", made, salt), keys.challenge);
const mask = blake2b(16, bytes("kindred.v1.challenge.time\0", mac), keys.challenge);
same("challenge.nonce", raw("challenge", "nonce"), bytes(mac, made.map((x, i) => x ^ mask[i]), salt));

const seal = (version, plain, name, at, key) => bytes([version], at,
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, name, null, at, key));
const t = have.token;
same("token.access_token", t.access_token, seal(2, bytes(u64(t.member), u32(Number(t.pool)), [Number(t.grade)],
  u64(t.grade_until_ms), u64(t.until_ms), u64(t.since_ms), u32(Number(t.generation)), raw("token", "proof_key")),
  Buffer.from([2]), raw("token", "nonce"), keys.token).toString("base64url"));
const r = have.row;
same("row.sealed", raw("row", "sealed"), seal(1, raw("row", "plain"),
  bytes([1, Number(r.kind)], u64(r.id), u64(r.sub)), raw("row", "nonce"), keys.row));

const send = sendCapability(raw("mailbox", "receive"));
same("mailbox.send", raw("mailbox", "send"), send);
same("mailbox.receive_hash", raw("mailbox", "receive_hash"), blake2b(32, raw("mailbox", "receive"), keys.mailbox));
same("mailbox.send_hash", raw("mailbox", "send_hash"), blake2b(32, send, keys.mailbox));
same("request.hash", have.request.hash, blake2b(16, bytes("kindred.v1.request\0", u32(Number(have.request.call)),
  raw("request", "body")), keys.request).readBigUInt64LE().toString());

function draw(talk, side, turn) {
  const h = blake2b(32, bytes("kindred.v1.name\0", u64(talk), [side, turn]), keys.name);
  return [lists[0][h[0]], lists[1][h[1]], 10 + ((h[2] + 256 * h[3]) % 90)];
}
for (const [which, said] of Object.entries(have.names)) {
  const [talk, side] = which.split("/").map(Number), other = draw(talk, 0, 0);
  let mine = draw(talk, side, 0);
  for (let turn = 1; side && (mine[0] === other[0] || mine[1] === other[1]); turn++) mine = draw(talk, side, turn);
  same(`names.${which}`, said, mine.join(" "));
}

const seeker = new Mine(raw("talk", "seeker_secret")), peer = new Mine(raw("talk", "peer_secret"));
same("talk.seeker_key", raw("talk", "seeker_key"), seeker.public);
same("talk.peer_key", raw("talk", "peer_key"), peer.public);
const one = new Talk(null, seeker, { side: "TALK_SIDE_SEEKER", theirKey: peer.public });
const two = new Talk(null, peer, { side: "TALK_SIDE_PEER", theirKey: seeker.public });
same("talk.shared", raw("talk", "shared"), sodium.crypto_scalarmult(seeker.secret, peer.public));
for (const [side, talk, there] of [["seeker", one, two], ["peer", two, one]]) {
  const way = side === "seeker" ? "to_peer" : "to_seeker";
  same(`talk.${way}_key`, raw("talk", `${way}_key`), talk.out.way);
  same(`talk.${way}_key there`, raw("talk", `${way}_key`), there.in.way);
}
same("talk.to_peer_stream_0", raw("talk", "to_peer_stream_0"), streamKey(one.out.way, 0));
same("talk.to_seeker_stream_5", raw("talk", "to_seeker_stream_5"), streamKey(two.out.way, 5));
for (const [name, reader, number, final] of [["seeker_0", two.in, 0, false], ["seeker_1", two.in, 0, true],
  ["peer_0", one.in, 5, false]]) {
  const got = reader.open(raw("talk", `${name}_message`));
  same(`talk.${name}`, JSON.stringify([have.talk[`${name}_text`], final, number]),
    JSON.stringify([got.text, got.final, reader.number]));
}
same("talk.words_first_hash", raw("talk", "words_first_hash"),
  blake2b(32, bytes("kindred.v1.talk.words\0", seeker.public, peer.public)));
const safety = one.safety();
same("talk.words_last_hash", raw("talk", "words_last_hash"), safety);
same("talk.words", have.talk.words, [...safety.subarray(0, 8)].map((n, i) => lists[i % 2][n]).join(" "));

// What this client seals has the sizes and the tags of the layout, past a rekey.
const out = new Sealer(one.out.way, 1), there = new Opener(one.out.way);
for (let i = 0; i < 130; i++) {
  const text = "x".repeat([0, 1, 2045, 2046, 2047, 30718][i % 6]), message = out.seal(text);
  same(`talk size ${i}`, String(5 + (i ? 0 : 24) + Math.ceil((2 + text.length) / 2048) * 2048 + 17),
    String(message.length));
  same(`talk text ${i}`, text, there.open(message).text);
}
const u = u16(513);
same("u16le", "0102", u.toString("hex"));
for (const [id, token] of Object.entries(have.terms)) same(`terms.${id}`, token, BigInt(term(id)).toString(16).padStart(16, "0"));

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
