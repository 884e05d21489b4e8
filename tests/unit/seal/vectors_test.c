/* The byte strings that others must be able to make, as examples: this writes
 * tests/vectors/seal.json from fixed inputs and compares it with the one that
 * is there.  With --write it puts it there: to change a vector is to break
 * every client.  tests/e2e/vectors_test.py and tests/e2e/node/vectors.mjs make
 * the same without our code. */
#include <sodium.h>
#include <stdarg.h>
#include <string.h>

#include "seal.h"
#include "seal/account.h"
#include "seal/challenge.h"
#include "seal/mailbox.h"
#include "seal/name.h"
#include "seal/proof.h"
#include "seal/request.h"
#include "seal/row.h"
#include "seal/talk.h"
#include "seal/token.h"

enum { MOST = 1 << 16 };

static char json[MOST];
static size_t json_size;
static bool fresh = true; /* nothing in this object yet */

__attribute__((format(printf, 1, 2))) static void put(const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(json + json_size, MOST - json_size, format, args);
    va_end(args);
    CHECK(n >= 0 && (size_t)n < MOST - json_size);
    json_size += (size_t)n;
}

static void put_key(const char *key)
{
    put(fresh ? "\n" : ",\n");
    put("    \"%s\": ", key);
    fresh = false;
}

static void put_hex(const char *key, const void *bytes, size_t size)
{
    put_key(key);
    put("\"");
    for (size_t i = 0; i < size; i++)
        put("%02x", ((const uint8_t *)bytes)[i]);
    put("\"");
}

static void put_text(const char *key, const char *text)
{
    put_key(key);
    put("\"%s\"", text);
}

/* As text: beyond 2^53 a JSON number is not the same everywhere. */
static void put_number(const char *key, uint64_t number)
{
    put_key(key);
    put("\"%llu\"", (unsigned long long)number);
}

static void open_object(const char *name)
{
    put("%s  \"%s\": {", json_size > 1 ? ",\n" : "\n", name);
    fresh = true;
}

static void close_object(void)
{
    put("\n  }");
}

/* Inputs that can be told apart by eye: first, first + 1 ... */
static void count_up(uint8_t *bytes, size_t size, unsigned first)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(first + i);
}

static struct seal_keys keys;

static void put_keys(void)
{
    uint8_t master[SEAL_KEY];

    count_up(master, sizeof master, 0);
    seal_keys_init(&keys, master);
    open_object("keys");
    put_hex("master", master, SEAL_KEY);
    put_hex("handle", keys.handle, SEAL_KEY);
    put_hex("token", keys.token, SEAL_KEY);
    put_hex("row", keys.row, SEAL_KEY);
    put_hex("mailbox", keys.mailbox, SEAL_KEY);
    put_hex("name", keys.name, SEAL_KEY);
    put_hex("challenge", keys.challenge, SEAL_KEY);
    put_hex("request", keys.request, SEAL_KEY);
    close_object();
}

static void put_claim(const char *call, const struct seal_account_claim *claim,
                      const uint8_t *secret_key)
{
    uint8_t message[SEAL_ACCOUNT_MESSAGE_MAX], signature[64];
    char key[32];

    (void)snprintf(key, sizeof key, "%s_message", call);
    put_hex(key, message, seal_account_message(message, claim));
    CHECK(seal_account_sign(signature, claim, secret_key) == ERR_NONE);
    (void)snprintf(key, sizeof key, "%s_signature", call);
    put_hex(key, signature, sizeof signature);
}

/* Both keys sign the same. */
static void put_rotation(struct seal_account_claim *claim,
                         const uint8_t *public_key, const uint8_t *secret_key)
{
    uint8_t seed[32], new_key[32], new_secret[64], once[16], signature[64];

    count_up(seed, sizeof seed, 0x90);
    count_up(once, sizeof once, 0xb0);
    seal_account_keypair(new_key, new_secret, seed);
    claim->call = SEAL_ACCOUNT_ROTATE;
    claim->rotate.idempotency_key = once;
    claim->rotate.old_key = public_key;
    claim->rotate.new_key = new_key;
    put_hex("new_seed", seed, sizeof seed);
    put_hex("new_public_key", new_key, sizeof new_key);
    put_hex("idempotency_key", once, sizeof once);
    put_claim("rotate", claim, secret_key);
    CHECK(seal_account_sign(signature, claim, new_secret) == ERR_NONE);
    put_hex("rotate_new_signature", signature, sizeof signature);
}

static void put_account(void)
{
    uint8_t seed[32], public_key[32], secret_key[64], nonce[32], handle[32];
    uint8_t proof_key[SEAL_ACCOUNT_PROOF];
    struct seal_account_claim claim = {.call = SEAL_ACCOUNT_LOGIN,
                                       .origin = "kindred.example:443",
                                       .nonce = nonce};

    count_up(seed, sizeof seed, 0x20);
    count_up(nonce, sizeof nonce, 0x40);
    seal_account_keypair(public_key, secret_key, seed);
    open_object("account");
    put_hex("seed", seed, sizeof seed);
    put_hex("public_key", public_key, sizeof public_key);
    put_text("origin", claim.origin);
    put_hex("nonce", nonce, sizeof nonce);
    put_claim("login", &claim, secret_key);
    count_up(proof_key, sizeof proof_key, 0x70);
    put_hex("proof_key", proof_key, sizeof proof_key);
    claim.proof_key = proof_key;
    put_claim("bound_login", &claim, secret_key);
    claim.call = SEAL_ACCOUNT_ENROLL;
    claim.enroll.pool = "adult";
    claim.enroll.grade = 2;
    put_text("pool", claim.enroll.pool);
    put_number("grade", claim.enroll.grade);
    put_claim("enroll", &claim, secret_key);
    put_rotation(&claim, public_key, secret_key);
    seal_account_handle(handle, keys.handle, public_key);
    put_hex("handle", handle, sizeof handle);
    close_object();
}

/* A request as protobuf and as JSON: other bytes, another proof. */
static void put_proof(void)
{
    static const char json_body[] = "{\"role\":\"ROLE_SEEKER\"}";
    static const uint8_t proto_body[] = {0x08, 0x01};
    struct seal_proof_call call = {"/kindred.v1.Cards/GetCard", proto_body,
                                   sizeof proto_body};
    uint8_t key[SEAL_PROOF_KEY];
    char text[SEAL_PROOF_TEXT + 1];

    count_up(key, sizeof key, 0x70);
    open_object("proof");
    put_hex("key", key, sizeof key);
    put_text("method", call.method);
    put_hex("message", call.message, call.size);
    seal_proof_make(text, &call, key);
    put_text("proof", text);
    call.message = (const uint8_t *)json_body;
    call.size = sizeof json_body - 1;
    put_hex("json_message", call.message, call.size);
    seal_proof_make(text, &call, key);
    put_text("json_proof", text);
    close_object();
}

static void put_challenge(void)
{
    uint8_t salt[SEAL_CHALLENGE_SALT], nonce[SEAL_CHALLENGE];
    uint64_t now_ms = 1700000000123;

    count_up(salt, sizeof salt, 0x60);
    seal_challenge_make(nonce, keys.challenge, now_ms, salt);
    open_object("challenge");
    put_number("made_ms", now_ms);
    put_hex("salt", salt, sizeof salt);
    put_hex("nonce", nonce, sizeof nonce);
    close_object();
}

static void put_token(void)
{
    struct seal_token token = {.member = 0x0123456789abcdef,
                               .pool = 7,
                               .grade = 2,
                               .grade_until_ms = 1800000000000,
                               .until_ms = 1700000900000,
                               .since_ms = 1700000000000,
                               .generation = 3};
    char text[SEAL_TOKEN_TEXT + 1];
    uint8_t nonce[SEAL_TOKEN_NONCE];

    count_up(nonce, sizeof nonce, 0x80);
    count_up(token.proof_key, sizeof token.proof_key, 0x70);
    seal_token_seal(text, &token, keys.token, nonce);
    open_object("token");
    put_number("member", token.member);
    put_number("pool", token.pool);
    put_number("grade", token.grade);
    put_number("grade_until_ms", token.grade_until_ms);
    put_number("until_ms", token.until_ms);
    put_number("since_ms", token.since_ms);
    put_number("generation", token.generation);
    put_hex("proof_key", token.proof_key, sizeof token.proof_key);
    put_hex("nonce", nonce, sizeof nonce);
    put_text("access_token", text);
    close_object();
}

static void put_row(void)
{
    struct seal_row row = {.kind = SEAL_ROW_CARD, .id = 258, .sub = 1};
    uint8_t nonce[SEAL_ROW_NONCE], out[5 + SEAL_ROW_OVERHEAD];
    static const uint8_t plain[] = {'h', 'e', 'l', 'l', 'o'};

    count_up(nonce, sizeof nonce, 0xa0);
    seal_row_seal(out, &row, plain, sizeof plain, keys.row, nonce);
    open_object("row");
    put_number("kind", (uint64_t)row.kind);
    put_number("id", row.id);
    put_number("sub", row.sub);
    put_hex("plain", plain, sizeof plain);
    put_hex("nonce", nonce, sizeof nonce);
    put_hex("sealed", out, sizeof out);
    close_object();
}

static void put_mailbox(void)
{
    uint8_t receive[32], send[32], hash[32];

    count_up(receive, sizeof receive, 0xc0);
    seal_mailbox_send(send, receive);
    open_object("mailbox");
    put_hex("receive", receive, sizeof receive);
    put_hex("send", send, sizeof send);
    seal_mailbox_hash(hash, keys.mailbox, receive);
    put_hex("receive_hash", hash, sizeof hash);
    seal_mailbox_hash(hash, keys.mailbox, send);
    put_hex("send_hash", hash, sizeof hash);
    close_object();
}

static void put_request(void)
{
    static const uint8_t body[] = {'b', 'o', 'd', 'y'};

    open_object("request");
    put_number("call", 7);
    put_hex("body", body, sizeof body);
    put_number("hash", seal_request_hash(keys.request, 7, body, sizeof body));
    close_object();
}

static void put_names(void)
{
    char name[SEAL_NAME], key[32];
    uint64_t talk = 41;

    open_object("names");
    for (int i = 0; i < 200; i++, talk++)
        for (unsigned side = 0; side < 2; side++) {
            seal_name(name, keys.name, talk, side);
            (void)snprintf(key, sizeof key, "%u/%u", (unsigned)talk, side);
            put_text(key, name);
        }
    close_object();
}

static void put_said(const char *name, struct seal_talk *talk, const char *text,
                     bool final)
{
    struct seal_talk_message message = {
        .text = (const uint8_t *)text, .size = strlen(text), .final = final};
    static uint8_t out[SEAL_TALK_MESSAGE_MAX];
    uint8_t header[SEAL_TALK_HEADER];
    char key[32];
    size_t size;

    count_up(header, sizeof header, 0xe0);
    CHECK(seal_talk_seal(talk, out, &size, &message, header) == ERR_NONE);
    (void)snprintf(key, sizeof key, "%s_text", name);
    put_text(key, text);
    (void)snprintf(key, sizeof key, "%s_message", name);
    put_hex(key, out, size);
}

static void put_stream_key(const char *name, const uint8_t *way,
                           uint32_t number)
{
    uint8_t in[sizeof "kindred.v1.talk.stream" + 4] = "kindred.v1.talk.stream";
    uint8_t key[32];

    in[sizeof in - 4] = (uint8_t)number; /* a small one */
    CHECK(crypto_generichash(key, sizeof key, in, sizeof in, way, 32) == 0);
    put_hex(name, key, sizeof key);
}

/* What both sides have on the way to their messages, by libsodium alone. */
static void put_talk_keys(const uint8_t *seeker, const uint8_t *seeker_secret,
                          const uint8_t *peer, const uint8_t *peer_secret)
{
    uint8_t shared[32], to_seeker[32], to_peer[32], rx[32], tx[32];

    CHECK(crypto_scalarmult(shared, seeker_secret, peer) == 0);
    CHECK(crypto_kx_client_session_keys(to_seeker, to_peer, seeker,
                                        seeker_secret, peer) == 0);
    CHECK(crypto_kx_server_session_keys(rx, tx, peer, peer_secret, seeker) ==
          0);
    CHECK(memcmp(rx, to_peer, 32) == 0 && memcmp(tx, to_seeker, 32) == 0);
    put_hex("shared", shared, 32);
    put_hex("to_seeker_key", to_seeker, 32);
    put_hex("to_peer_key", to_peer, 32);
    put_stream_key("to_peer_stream_0", to_peer, 0);
    put_stream_key("to_seeker_stream_5", to_seeker, 5);
}

/* The first hash on the way to the safety words, and the last. */
static void put_words_hashes(const uint8_t *seeker, const uint8_t *peer)
{
    uint8_t in[sizeof "kindred.v1.talk.words" + 64] = "kindred.v1.talk.words";
    uint8_t hash[32];

    memcpy(in + sizeof in - 64, seeker, 32);
    memcpy(in + sizeof in - 32, peer, 32);
    CHECK(crypto_generichash(hash, 32, in, sizeof in, NULL, 0) == 0);
    put_hex("words_first_hash", hash, 32);
    for (int i = 0; i < 65535; i++)
        CHECK(crypto_generichash(hash, 32, hash, 32, NULL, 0) == 0);
    put_hex("words_last_hash", hash, 32);
}

static void put_talk(void)
{
    uint8_t seed[32], seeker[32], peer[32], seeker_secret[32], peer_secret[32];
    char words[SEAL_TALK_WORDS_TEXT];
    struct seal_talk talk;

    open_object("talk");
    count_up(seed, sizeof seed, 0x11);
    seal_talk_keypair(seeker, seeker_secret, seed);
    count_up(seed, sizeof seed, 0x77);
    seal_talk_keypair(peer, peer_secret, seed);
    put_hex("seeker_secret", seeker_secret, 32);
    put_hex("seeker_key", seeker, 32);
    put_hex("peer_secret", peer_secret, 32);
    put_hex("peer_key", peer, 32);
    put_talk_keys(seeker, seeker_secret, peer, peer_secret);
    seal_talk_words(words, seeker, peer);
    put_words_hashes(seeker, peer);
    put_text("words", words);
    CHECK(seal_talk_init(&talk, SEAL_TALK_SEEKER, seeker, seeker_secret, peer,
                         0) == ERR_NONE);
    put_said("seeker_0", &talk, "I am here.", false);
    put_said("seeker_1", &talk, "", true);
    CHECK(seal_talk_init(&talk, SEAL_TALK_PEER, peer, peer_secret, seeker, 5) ==
          ERR_NONE);
    put_said("peer_0", &talk, "So am I.", false);
    close_object();
}

/* Tokens as integers are read. */
static void put_terms(void)
{
    static const char *const ids[] = {"alcohol", "heroin", "opioids", "veteran",
                                      "lang:en"};
    static const char label[] = "kindred.v1.term";

    open_object("terms");
    for (size_t n = 0; n < sizeof ids / sizeof ids[0]; n++) {
        uint8_t in[sizeof label + 16], hash[32], token[8];
        size_t size = strlen(ids[n]);

        memcpy(in, label, sizeof label);
        memcpy(in + sizeof label, ids[n], size);
        CHECK(crypto_generichash(hash, 32, in, sizeof label + size, NULL, 0) ==
              0);
        for (int i = 0; i < 8; i++)
            token[i] = hash[7 - i];
        put_hex(ids[n], token, 8);
    }
    close_object();
}

int main(int argc, char **argv)
{
    static char path[4096], there[MOST];
    const char *slash = strrchr(__FILE__, '/');
    bool writes = argc == 2 && !strcmp(argv[1], "--write");
    size_t size;
    FILE *file;

    CHECK(sodium_init() >= 0);
    put("{");
    put_keys();
    put_account();
    put_proof();
    put_challenge();
    put_token();
    put_row();
    put_mailbox();
    put_request();
    put_names();
    put_talk();
    put_terms();
    put("\n}\n");
    (void)snprintf(path, sizeof path, "%.*s/../../vectors/seal.json",
                   (int)(slash - __FILE__), __FILE__);
    file = fopen(path, writes ? "w" : "r");
    CHECK(file != NULL);
    if (file && writes) {
        CHECK(fwrite(json, 1, json_size, file) == json_size);
        CHECK(fclose(file) == 0);
    } else if (file) {
        size = fread(there, 1, sizeof there, file);
        CHECK(size == json_size && memcmp(there, json, size) == 0);
        (void)fclose(file);
    }
    return check_report("seal/vectors");
}
