/* Law by law, then a random history over a relay that repeats, drops, swaps
 * and tampers, against the plain list of what was said. */
#include "seal/talk.h"

#include <string.h>

#include "seal.h"

enum { MESSAGE = SEAL_TALK_MESSAGE_MAX, TEXT = SEAL_TALK_TEXT_MAX };

struct pair {
    struct seal_talk seeker, peer;
};

struct sealed {
    uint8_t bytes[MESSAGE];
    size_t size;
};

static uint8_t text[TEXT + 1], got_text[TEXT];
static uint8_t public_key[2][SEAL_TALK_KEY], secret_key[2][SEAL_TALK_KEY];

static void start(struct pair *pair)
{
    CHECK(seal_talk_init(&pair->seeker, SEAL_TALK_SEEKER, public_key[0],
                         secret_key[0], public_key[1], 0) == ERR_NONE);
    CHECK(seal_talk_init(&pair->peer, SEAL_TALK_PEER, public_key[1],
                         secret_key[1], public_key[0], 0) == ERR_NONE);
}

static enum err say(struct seal_talk *talk, struct sealed *out, size_t size,
                    bool final)
{
    static uint64_t draws;
    struct seal_talk_message message = {
        .text = text, .size = size, .final = final};
    uint8_t random[SEAL_TALK_HEADER];

    fill(random, sizeof random, draws++);
    return seal_talk_seal(talk, out->bytes, &out->size, &message, random);
}

static enum err hear(struct seal_talk *talk, const struct sealed *in,
                     struct seal_talk_message *message)
{
    return seal_talk_open(talk, got_text, message, in->bytes, in->size);
}

/* Laws 1, 2 at every size around the steps. */
static void sizes(void)
{
    static const size_t size[] = {0,    1,    2045, 2046,     2047,
                                  4094, 4095, 6142, TEXT - 1, TEXT};
    struct seal_talk_message message;
    static struct sealed a;
    struct pair pair;

    start(&pair);
    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++) {
        size_t steps = (size[i] + 2 + 2047) / 2048;

        CHECK(say(&pair.seeker, &a, size[i], false) == ERR_NONE);
        CHECK(a.size == 5 + (i ? 0u : 24u) + steps * 2048 + 17); /* Law 2 */
        CHECK(hear(&pair.peer, &a, &message) == ERR_NONE);
        CHECK(message.size == size[i] && !message.final);
        CHECK(memcmp(message.text, text, size[i]) == 0);
    }
    CHECK(say(&pair.seeker, &a, TEXT + 1, false) == ERR_TOO_LARGE);
    CHECK(say(&pair.peer, &a, TEXT, true) == ERR_NONE);
    CHECK(a.size == MESSAGE);
    CHECK(hear(&pair.seeker, &a, &message) == ERR_NONE);
    CHECK(message.size == TEXT && message.final);
}

/* Law 1: not a bit changed, of an opening and of a following message; and
 * what failed changed nothing. */
static void tampered(void)
{
    struct seal_talk_message message;
    static struct sealed a;
    struct pair pair;

    start(&pair);
    for (int i = 0; i < 2; i++) {
        CHECK(say(&pair.seeker, &a, 10, false) == ERR_NONE);
        EACH_BIT(a.bytes, a.size,
                 CHECK(hear(&pair.peer, &a, &message) == ERR_INVALID));
        CHECK(hear(&pair.peer, &a, &message) == ERR_NONE);
    }
    CHECK(say(&pair.seeker, &a, 10, false) == ERR_NONE);
    for (size_t size = a.size; size-- > 0;) {
        struct sealed cut = a;

        cut.size = size;
        CHECK(hear(&pair.peer, &cut, &message) == ERR_INVALID);
    }
    CHECK(seal_talk_open(&pair.peer, got_text, &message, text, sizeof text) ==
          ERR_INVALID);
    CHECK(hear(&pair.seeker, &a, &message) == ERR_INVALID); /* its own */
    CHECK(hear(&pair.peer, &a, &message) == ERR_NONE);
}

/* Law 1: once and in order. */
static void once_in_order(void)
{
    struct seal_talk_message message;
    static struct sealed a, b, c;
    struct pair pair;

    start(&pair);
    CHECK(say(&pair.seeker, &a, 1, false) == ERR_NONE);
    CHECK(say(&pair.seeker, &b, 2, false) == ERR_NONE);
    CHECK(say(&pair.seeker, &c, 3, false) == ERR_NONE);
    CHECK(hear(&pair.peer, &b, &message) == ERR_INVALID);
    CHECK(hear(&pair.peer, &a, &message) == ERR_NONE);
    CHECK(hear(&pair.peer, &a, &message) == ERR_INVALID);
    CHECK(hear(&pair.peer, &c, &message) == ERR_INVALID);
    CHECK(hear(&pair.peer, &b, &message) == ERR_NONE);
    CHECK(hear(&pair.peer, &c, &message) == ERR_NONE);
    CHECK(message.size == 3);
}

/* Law 3 */
static void final_is_final(void)
{
    struct seal_talk_message message;
    static struct sealed a, b;
    struct pair pair;
    struct seal_talk again;

    start(&pair);
    CHECK(say(&pair.seeker, &a, 5, false) == ERR_NONE);
    CHECK(hear(&pair.peer, &a, &message) == ERR_NONE);
    CHECK(say(&pair.seeker, &b, 0, true) == ERR_NONE);
    CHECK(hear(&pair.peer, &b, &message) == ERR_NONE);
    CHECK(message.final && message.size == 0);
    CHECK(say(&pair.seeker, &b, 0, false) == ERR_TALK_ENDED);
    CHECK(hear(&pair.peer, &b, &message) == ERR_TALK_ENDED);
    CHECK(seal_talk_init(&again, SEAL_TALK_SEEKER, public_key[0], secret_key[0],
                         public_key[1], 9) == ERR_NONE);
    CHECK(say(&again, &a, 1, false) == ERR_NONE);
    CHECK(hear(&pair.peer, &a, &message) == ERR_TALK_ENDED);
    CHECK(say(&pair.peer, &a, 1, false) == ERR_NONE); /* the other way */
    CHECK(hear(&pair.seeker, &a, &message) == ERR_NONE);
}

/* Law 4: a sender that lost its state goes on; nothing old opens again. */
static void streams(void)
{
    struct seal_talk_message message;
    static struct sealed a, b, old;
    struct seal_talk later;
    struct pair pair;

    start(&pair);
    CHECK(say(&pair.seeker, &old, 1, false) == ERR_NONE);
    CHECK(hear(&pair.peer, &old, &message) == ERR_NONE);
    CHECK(seal_talk_init(&later, SEAL_TALK_SEEKER, public_key[0], secret_key[0],
                         public_key[1], 1) == ERR_NONE);
    CHECK(say(&pair.seeker, &a, 2, false) == ERR_NONE);
    CHECK(say(&later, &b, 3, false) == ERR_NONE);
    CHECK(hear(&pair.peer, &b, &message) == ERR_NONE);
    CHECK(message.size == 3);
    CHECK(hear(&pair.peer, &a, &message) == ERR_INVALID);
    CHECK(hear(&pair.peer, &old, &message) == ERR_INVALID);
    CHECK(hear(&pair.peer, &b, &message) == ERR_INVALID);
    CHECK(seal_talk_init(&later, SEAL_TALK_SEEKER, public_key[0], secret_key[0],
                         public_key[1], 1) == ERR_NONE);
    CHECK(say(&later, &b, 4, false) == ERR_NONE);
    CHECK(hear(&pair.peer, &b, &message) == ERR_INVALID); /* number used */
    CHECK(seal_talk_init(&later, SEAL_TALK_SEEKER, public_key[0], secret_key[0],
                         public_key[1], UINT32_MAX) == ERR_NONE);
    CHECK(say(&later, &b, 4, false) == ERR_NONE);
    CHECK(hear(&pair.peer, &b, &message) == ERR_NONE);
}

/* The streams are those of libsodium: what we seal, it opens; the 64th of a
 * stream rekeys. */
static void stock_receiver(void)
{
    static const char label[] = "kindred.v1.talk.stream\0\0\0\0";
    crypto_secretstream_xchacha20poly1305_state stream;
    uint8_t rx[32], tx[32], key[32], plain[2048], tag;
    static struct sealed a;
    struct pair pair;

    start(&pair);
    CHECK(crypto_kx_server_session_keys(rx, tx, public_key[1], secret_key[1],
                                        public_key[0]) == 0);
    CHECK(crypto_generichash(key, 32, (const uint8_t *)label, sizeof label, rx,
                             32) == 0);
    for (int i = 0; i < 200; i++) {
        size_t at = i ? 5 : 29;

        CHECK(say(&pair.seeker, &a, 9, i == 199) == ERR_NONE);
        if (i == 0)
            CHECK(crypto_secretstream_xchacha20poly1305_init_pull(
                      &stream, a.bytes + 5, key) == 0);
        CHECK(crypto_secretstream_xchacha20poly1305_pull(
                  &stream, plain, NULL, &tag, a.bytes + at, a.size - at,
                  a.bytes, 5) == 0);
        CHECK(plain[0] == 9 && plain[1] == 0 && !memcmp(plain + 2, text, 9));
        CHECK(tag == (i == 199 ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                      : i % 64 == 63
                          ? crypto_secretstream_xchacha20poly1305_TAG_REKEY
                          : 0));
    }
}

/* And what it seals, we open; but not what breaks the layout. */
static void stock_streams(void)
{
    static const char label[] = "kindred.v1.talk.stream\0\0\0\0";
    crypto_secretstream_xchacha20poly1305_state stream;
    uint8_t rx[32], tx[32], key[32], plain[2048] = {3, 0, 'y', 'e', 's'};
    struct seal_talk_message message;
    static struct sealed a;
    struct pair pair;

    start(&pair);
    CHECK(crypto_kx_client_session_keys(rx, tx, public_key[0], secret_key[0],
                                        public_key[1]) == 0);
    CHECK(crypto_generichash(key, 32, (const uint8_t *)label, sizeof label, tx,
                             32) == 0);
    memset(a.bytes, 0, 5);
    a.bytes[0] = 1;
    CHECK(crypto_secretstream_xchacha20poly1305_init_push(&stream, a.bytes + 5,
                                                          key) == 0);
    CHECK(crypto_secretstream_xchacha20poly1305_push(&stream, a.bytes + 29,
                                                     NULL, plain, sizeof plain,
                                                     a.bytes, 5, 0) == 0);
    a.size = 29 + 2048 + 17;
    CHECK(hear(&pair.peer, &a, &message) == ERR_NONE);
    CHECK(message.size == 3 && memcmp(message.text, "yes", 3) == 0);
    for (int i = 0; i < 3; i++) { /* what the other side may get wrong */
        uint8_t tag =
            i == 2 ? crypto_secretstream_xchacha20poly1305_TAG_REKEY : 0;
        crypto_secretstream_xchacha20poly1305_state branch = stream;

        memset(plain, 0, sizeof plain);
        plain[1] = i == 0 ? 8 : 0; /* a size beyond the message */
        plain[9] = i == 1;         /* padding that says something */
        a.bytes[0] = 2;
        CHECK(crypto_secretstream_xchacha20poly1305_push(
                  &branch, a.bytes + 5, NULL, plain, sizeof plain, a.bytes, 5,
                  tag) == 0);
        a.size = 5 + 2048 + 17;
        CHECK(hear(&pair.peer, &a, &message) == ERR_INVALID);
    }
    memset(plain, 0, sizeof plain); /* which changed nothing */
    CHECK(crypto_secretstream_xchacha20poly1305_push(&stream, a.bytes + 5, NULL,
                                                     plain, sizeof plain,
                                                     a.bytes, 5, 0) == 0);
    CHECK(hear(&pair.peer, &a, &message) == ERR_NONE);
}

/* One step too many, from someone who has the key. */
static void oversized(void)
{
    static const char label[] = "kindred.v1.talk.stream\0\0\0\0";
    static uint8_t plain[16 * 2048], bytes[29 + 16 * 2048 + 17];
    crypto_secretstream_xchacha20poly1305_state stream;
    struct seal_talk_message message;
    uint8_t key[32];
    struct pair pair;

    start(&pair);
    CHECK(crypto_generichash(key, 32, (const uint8_t *)label, sizeof label,
                             pair.peer.in.key, 32) == 0);
    bytes[0] = 1;
    plain[0] = 0xff;
    plain[1] = 0x77; /* the size that it would take to fill 15 steps and more */
    CHECK(crypto_secretstream_xchacha20poly1305_init_push(&stream, bytes + 5,
                                                          key) == 0);
    CHECK(crypto_secretstream_xchacha20poly1305_push(&stream, bytes + 29, NULL,
                                                     plain, sizeof plain, bytes,
                                                     5, 0) == 0);
    CHECK(seal_talk_open(&pair.peer, got_text, &message, bytes, sizeof bytes) ==
          ERR_INVALID);
}

/* Keys that are none: every one leads to the zero secret. */
static void small_order(void)
{
    uint8_t theirs[SEAL_TALK_KEY] = {0};
    struct seal_talk talk = {0};
    static struct sealed a;
    struct seal_talk_message message;

    for (int first = 0; first < 2; first++) {
        theirs[0] = (uint8_t)first;
        CHECK(!seal_talk_key_good(theirs));
        CHECK(seal_talk_key_good(public_key[first]));
        for (int side = 0; side < 2; side++)
            CHECK(seal_talk_init(&talk, (enum seal_talk_side)side,
                                 public_key[0], secret_key[0], theirs,
                                 0) == ERR_INVALID);
    }
    CHECK(sodium_is_zero((const uint8_t *)&talk, sizeof talk));
    CHECK(say(&talk, &a, 1, false) == ERR_TALK_ENDED);
    CHECK(hear(&talk, &a, &message) == ERR_TALK_ENDED);
    seal_talk_close(&talk);
    seal_talk_close(&talk);
}

/* Safety words: the same for both, others for any other key. */
static void words(void)
{
    char a[SEAL_TALK_WORDS_TEXT], b[SEAL_TALK_WORDS_TEXT];
    int blanks = 0;

    seal_talk_words(a, public_key[0], public_key[1]);
    seal_talk_words(b, public_key[0], public_key[1]);
    CHECK(strcmp(a, b) == 0);
    for (const char *c = a; *c; c++)
        blanks += *c == ' ';
    CHECK(blanks == SEAL_TALK_WORDS - 1);
    CHECK(strlen(a) < sizeof a);
    seal_talk_words(b, public_key[1], public_key[0]);
    CHECK(strcmp(a, b) != 0);
    for (size_t i = 0; i < 4; i++) {
        uint8_t *byte = &public_key[i / 2][i % 2 * 31];

        *byte ^= 1;
        seal_talk_words(b, public_key[0], public_key[1]);
        CHECK(strcmp(a, b) != 0);
        *byte ^= 1;
    }
}

/* Laws 1, 4 in a random history of one way: whatever the relay hands over,
 * what opens is the next that was said on the newest stream. */
static void laws_hold_for(uint64_t seed)
{
    enum { SAID = 200, STEPS = 600 };
    static struct sealed said[SAID];
    uint32_t stream[SAID], number = 0;
    struct seal_talk_message message;
    struct pair pair;
    int n = 0, next = 0;

    start(&pair);
    for (int step = 0; step < STEPS; step++) {
        uint64_t act = chance_below(&seed, 10);

        if (act < 4 && n < SAID) {
            memset(text, n, 3);
            CHECK(say(&pair.seeker, &said[n], 3, false) == ERR_NONE);
            stream[n++] = number;
        } else if (act == 4 && n < SAID && chance_below(&seed, 8) == 0) {
            CHECK(seal_talk_init(&pair.seeker, SEAL_TALK_SEEKER, public_key[0],
                                 secret_key[0], public_key[1],
                                 ++number) == ERR_NONE);
        } else if (n > 0) {
            int which = act < 8 ? next : (int)chance_below(&seed, (uint64_t)n);
            bool fits, opens;
            enum err err;

            if (which >= n)
                continue;
            opens = which == 0 || stream[which] != stream[which - 1];
            fits = which == next ||
                   (opens && next > 0 && stream[which] > stream[next - 1]) ||
                   (opens && next == 0);
            err = hear(&pair.peer, &said[which], &message);
            CHECK((err == ERR_NONE) == fits);
            if (!err)
                CHECK(message.size == 3 && message.text[0] == (uint8_t)which);
            if (!err)
                next = which + 1;
        }
    }
    CHECK(next > 60); /* past a rekey */
}

int main(void)
{
    uint8_t seed[32];

    CHECK(sodium_init() >= 0);
    fill(text, sizeof text, 1);
    for (int side = 0; side < 2; side++) {
        fill(seed, sizeof seed, 10 + (uint64_t)side);
        seal_talk_keypair(public_key[side], secret_key[side], seed);
    }
    sizes();
    tampered();
    once_in_order();
    final_is_final();
    streams();
    stock_receiver();
    stock_streams();
    oversized();
    small_order();
    words();
    for (uint64_t i = 1; i <= 30; i++)
        laws_hold_for(i);
    return check_report("seal/talk");
}
