// kindred.mjs -- a client of Kindred in Node, small enough to read in one go.
//
// Everything here follows from the comments in proto/kindred/v1.  Three classes,
// each on top of the one before: Api makes calls, Account is somebody with a key,
// Talk is a conversation that nobody else can read.  A browser does the same with
// connect-web in place of grpc-js and crypto.subtle in place of createHmac.
import { createHmac, randomBytes } from "node:crypto";
import grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";
import sodium from "libsodium-wrappers";

await sodium.ready;

export const bytes = (...parts) => Buffer.concat(parts.map((p) => (typeof p === "string" ? Buffer.from(p) : Buffer.from(p))));
export const u16 = (n) => Buffer.from([n & 255, n >> 8]);
export const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32LE(n); return b; };
const sized = (text) => bytes(u16(Buffer.byteLength(text)), text);
export const blake2b = (size, data, key = null) => Buffer.from(sodium.crypto_generichash(size, data, key));
const idempotencyKey = () => randomBytes(16); // one for each intent, kept for each attempt

// ---- vocabulary.proto: what a term is on a card ----

export const term = (id) => blake2b(32, bytes("kindred.v1.term\0", id)).readBigUInt64LE().toString();

// ---- accounts.proto: what is signed, and what is proved ----

export const loginMessage = (origin, nonce, proofKey = "") =>
  bytes("kindred.v1.login\0", sized(origin), nonce, proofKey);
export const enrollMessage = (origin, nonce, pool, grade) =>
  bytes("kindred.v1.enroll\0", sized(origin), nonce, sized(pool), [grade]);
export const rotateMessage = (origin, nonce, key, oldKey, newKey) =>
  bytes("kindred.v1.rotate\0", sized(origin), nonce, key, oldKey, newKey);
export const proof = (proofKey, path, message) =>
  createHmac("sha512", proofKey).update(bytes("kindred.v1.proof\0", sized(path), message)).digest()
    .subarray(0, 32).toString("base64url");

// ---- calls ----

export class CallError extends Error {
  constructor(error, api) {
    const packed = error.metadata?.get("grpc-status-details-bin")[0];
    const details = packed ? api.type("google.rpc.Status").decode(packed).details : [];
    const info = details.find((d) => d.type_url.endsWith("google.rpc.ErrorInfo"));
    const reason = info ? api.type("google.rpc.ErrorInfo").decode(info.value).reason : "";
    super(`${grpc.status[error.code]} ${reason}`);
    Object.assign(this, { code: grpc.status[error.code], reason });
  }
}

export class Api {
  // protos: the directory "proto" of the repository.
  constructor(target, protos) {
    this.client = new grpc.Client(target, grpc.credentials.createInsecure());
    this.root = new protobuf.Root();
    this.root.resolvePath = (_, file) => `${protos}/${file}`;
    this.root.loadSync(["accounts", "cards", "support", "peers", "talks", "safety"].map((f) => `kindred/v1/${f}.proto`)
      .concat("google/rpc/status.proto", "google/rpc/error_details.proto"));
    this.root.resolveAll();
  }

  type(name) {
    return this.root.lookupType(name);
  }

  // The path, the bytes and the metadata of a call: token is what login() gave.
  prepare(name, request, token) {
    const [service, rpc] = name.split("/");
    const method = this.root.lookupService(`kindred.v1.${service}`).methods[rpc];
    const path = `/kindred.v1.${name}`;
    const message = Buffer.from(method.resolvedRequestType.encode(method.resolvedRequestType.fromObject(request)).finish());
    const metadata = new grpc.Metadata();
    if (token) metadata.set("authorization", `Bearer ${token.text}`);
    if (token?.proofKey) metadata.set("kindred-proof", proof(token.proofKey, path, message));
    const read = (b) => method.resolvedResponseType.toObject(method.resolvedResponseType.decode(b),
      { longs: String, enums: String, defaults: true, oneofs: true });
    return [path, (b) => b, read, message, metadata];
  }

  call(name, request = {}, token = null) {
    return new Promise((resolve, reject) => this.client.makeUnaryRequest(...this.prepare(name, request, token),
      { deadline: Date.now() + 30000 },
      (error, answer) => (error ? reject(new CallError(error, this)) : resolve(answer))));
  }

  // for await (const event of api.stream(…)): ends when the server ends it well.
  async *stream(name, request, token = null) {
    const call = this.client.makeServerStreamRequest(...this.prepare(name, request, token));
    try {
      yield* call;
    } catch (error) {
      throw new CallError(error, this);
    } finally {
      call.cancel();
    }
  }

  close() {
    this.client.close();
  }
}

// ---- an account: a key made here, and nothing else ----

export class Account {
  constructor(api, seed = randomBytes(32)) {
    this.api = api;
    this.keys = sodium.crypto_sign_seed_keypair(seed);
  }

  sign(message, keys = this.keys) {
    return sodium.crypto_sign_detached(message, keys.privateKey);
  }

  async challenge() {
    this.info ??= await this.api.call("Accounts/GetServerInfo");
    return (await this.api.call("Accounts/Challenge")).nonce;
  }

  // grade: 1 member, 2 peer, 3 crisis peer.
  async enroll(pool, grade) {
    const nonce = await this.challenge();
    await this.api.call("Accounts/Enroll", {
      idempotencyKey: idempotencyKey(), publicKey: this.keys.publicKey, pool, grade, nonce,
      signature: this.sign(enrollMessage(this.info.origin, nonce, pool, grade)),
    });
  }

  // The token is bound to a key that never leaves this object.
  async login() {
    const nonce = await this.challenge(), proofKey = randomBytes(32);
    const answer = await this.api.call("Accounts/Login", {
      publicKey: this.keys.publicKey, nonce, proofKey,
      signature: this.sign(loginMessage(this.info.origin, nonce, proofKey)),
    });
    this.token = { text: answer.accessToken, proofKey };
  }

  // Whoever saw the old key is left with nothing.  Store the new one before.
  async rotate(seed) {
    const nonce = await this.challenge(), key = idempotencyKey(), fresh = sodium.crypto_sign_seed_keypair(seed);
    const message = rotateMessage(this.info.origin, nonce, key, this.keys.publicKey, fresh.publicKey);
    await this.api.call("Accounts/RotateKey", {
      idempotencyKey: key, publicKey: this.keys.publicKey, newPublicKey: fresh.publicKey, nonce,
      signature: this.sign(message), newSignature: this.sign(message, fresh),
    });
    this.keys = fresh;
    await this.login();
  }

  // role: "ROLE_SEEKER" or "ROLE_PEER"; terms by their ids, a group of one each.
  async putCard(role, { have = [], show = [], seek = [], must = [] }) {
    const { vocabularyVersion, consentVersion } = this.info;
    await this.api.call("Cards/PutCard", {
      idempotencyKey: idempotencyKey(), consentVersion, card: {
        role, version: 1, vocabularyVersion,
        have: have.map((id) => ({ token: term(id), show: show.includes(id) })),
        seek: seek.map((id) => ({ tokens: [term(id)], importance: 2 })),
        must: must.map((id) => ({ tokens: [term(id)] })),
      },
    }, this.token);
  }

  // While a stream is open the server wants to hear that somebody is there.
  async *beating(events, beat) {
    const timer = setInterval(() => beat().catch(() => {}), this.info.limits.beatMs);
    try {
      yield* events;
    } finally {
      clearInterval(timer);
    }
  }

  // Each event is { crisis } or { ticket }; ticket.talk is there once matched.
  ask(mine, options = {}) {
    let ticketId = "0";
    const account = this;
    async function* events() {
      const request = { idempotencyKey: idempotencyKey(), ...mine.offer(), ...options };
      for await (const event of account.api.stream("Support/Ask", request, account.token)) {
        ticketId = event.ticket?.ticketId ?? ticketId;
        yield event;
      }
    }
    return this.beating(events(), () => this.api.call("Support/Beat", { ticketId }, this.token));
  }

  attend(capacity = 1) {
    const request = { idempotencyKey: idempotencyKey(), capacity, restMs: 1 };
    return this.beating(this.api.stream("Peers/Attend", request, this.token),
      () => this.api.call("Peers/Beat", {}, this.token));
  }

  // With Mine: accept, and get the talk; without: decline, which nobody is told.
  async answer(offerId, mine) {
    const said = mine ? { accept: mine.offer() } : { decline: {} };
    return (await this.api.call("Peers/Answer", { idempotencyKey: idempotencyKey(), offerId, ...said }, this.token)).talk;
  }

  async leave() {
    await this.api.call("Peers/Leave", { idempotencyKey: idempotencyKey() }, this.token);
  }

  // The peer of a talk of which both said again (Talk.bond), and nobody else.
  again(mine, talkId, options = {}) {
    return this.ask(mine, { ...options, meetAgain: talkId });
  }

  // Never that person again: whom is { talkId } or { offerId }.  What unblock() takes.
  async block(whom) {
    return (await this.api.call("Safety/Block", { idempotencyKey: idempotencyKey(), ...whom }, this.token)).blockId;
  }

  async unblock(blockId) {
    await this.api.call("Safety/Unblock", { idempotencyKey: idempotencyKey(), blockId }, this.token);
  }

  async blocks() {
    const all = [];
    for (let more = true; more;) {
      const page = await this.api.call("Safety/ListBlocks", { afterBlockId: all.at(-1)?.blockId ?? "0" }, this.token);
      all.push(...page.blocks);
      more = page.more;
    }
    return all;
  }
}

// ---- a talk ----

// What one side draws for one talk: keys for the other, a mailbox for the server.
export class Mine {
  constructor(secret = randomBytes(32), mailbox = randomBytes(32)) {
    this.secret = secret;
    this.public = Buffer.from(sodium.crypto_scalarmult_base(secret));
    this.mailbox = mailbox;
  }

  offer() {
    return { talkKey: this.public, mailbox: this.mailbox };
  }
}

export const sendCapability = (mailbox) => blake2b(32, "kindred.v1.mailbox.send", mailbox);
export const streamKey = (way, number) => blake2b(32, bytes("kindred.v1.talk.stream\0", u32(number)), way);

// One way of a talk: a secretstream, padded so that sizes tell little.
export class Sealer {
  constructor(way, number = 0) {
    Object.assign(this, { way, number, count: 0 });
  }

  seal(text, final = false) {
    const plain = Buffer.alloc(Math.ceil((2 + Buffer.byteLength(text)) / 2048) * 2048);
    plain.writeUInt16LE(Buffer.byteLength(text));
    plain.write(text, 2);
    const opens = this.count === 0, head = bytes([opens ? 1 : 2], u32(this.number));
    if (opens) this.stream = sodium.crypto_secretstream_xchacha20poly1305_init_push(streamKey(this.way, this.number));
    const tag = final ? sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
      : ++this.count % 64 === 0 ? sodium.crypto_secretstream_xchacha20poly1305_TAG_REKEY
      : sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
    return bytes(head, opens ? this.stream.header : "",
      sodium.crypto_secretstream_xchacha20poly1305_push(this.stream.state, plain, head, tag));
  }
}

export class Opener {
  constructor(way) {
    Object.assign(this, { way, number: -1 });
  }

  // { text, final }; throws if it was not sealed by the other, or not in order.
  open(message) {
    const head = message.subarray(0, 5), opens = head[0] === 1, number = message.readUInt32LE(1);
    if (opens ? number <= this.number : number !== this.number) throw new Error("an old stream");
    const state = opens
      ? sodium.crypto_secretstream_xchacha20poly1305_init_pull(message.subarray(5, 29), streamKey(this.way, number))
      : this.state;
    const got = sodium.crypto_secretstream_xchacha20poly1305_pull(state, message.subarray(opens ? 29 : 5), head);
    if (!got) throw new Error("not from the other side");
    Object.assign(this, { state, number });
    const plain = Buffer.from(got.message);
    return { text: plain.toString("utf8", 2, 2 + plain.readUInt16LE()),
      final: got.tag === sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL };
  }
}

export class Talk {
  constructor(api, mine, talk) {
    const seeker = talk.side === "TALK_SIDE_SEEKER";
    const session = seeker ? sodium.crypto_kx_client_session_keys : sodium.crypto_kx_server_session_keys;
    const { sharedRx, sharedTx } = session(mine.public, mine.secret, talk.theirKey);
    Object.assign(this, { api, mine, talk, out: new Sealer(sharedTx), in: new Opener(sharedRx) });
    this.keys = seeker ? [mine.public, talk.theirKey] : [talk.theirKey, mine.public];
  }

  // Two people compare its first eight bytes as words: h[0] an adjective, h[1] an animal …
  safety() {
    let h = blake2b(32, bytes("kindred.v1.talk.words\0", ...this.keys));
    for (let i = 0; i < 65535; i++) h = sodium.crypto_generichash(32, h);
    return h;
  }

  async say(text) {
    return (await this.api.call("Talks/Send", {
      idempotencyKey: idempotencyKey(), capability: this.talk.sendCapability, ciphertext: this.out.seal(text),
    })).seq;
  }

  // Each event is { state } or { message: { text, final } }; what was handled is
  // acknowledged when the next one is asked for.
  async *receive(afterSeq = 0) {
    const capability = this.mine.mailbox;
    for await (const event of this.api.stream("Talks/Receive", { capability, afterSeq })) {
      if (event.event === "state") yield { state: event.state };
      if (event.event !== "message") continue;
      yield { message: this.in.open(event.message.ciphertext) };
      await this.api.call("Talks/Acknowledge", { capability, upToSeq: event.message.seq });
    }
  }

  async end() {
    await this.api.call("Talks/End", { idempotencyKey: idempotencyKey(), capability: this.mine.mailbox });
  }

  async reflect(understood, again) {
    await this.api.call("Talks/Reflect", {
      idempotencyKey: idempotencyKey(), capability: this.mine.mailbox, understood, again,
    });
  }

  // Of a talk that is over: whether both said again, as of now.
  async bond() {
    for await (const { state } of this.api.stream("Talks/Receive", { capability: this.mine.mailbox }))
      if (state?.phase === "TALK_PHASE_ENDED") return state.bond;
  }
}
