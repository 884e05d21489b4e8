#include "seal/talk.h"

#include <string.h>

#include "base/require.h"
#include "seal/bytes.h"
#include "seal/name_words.h"

enum {
    OPENS = 1,
    GOES_ON = 2,
    HEAD = 5, /* kind, number */
    TAG = crypto_secretstream_xchacha20poly1305_ABYTES,
    REKEY_EVERY = 64,
    PADDED_MAX = 15 * SEAL_TALK_STEP,
    ROUNDS = 65536
};

_Static_assert(SEAL_TALK_HEADER ==
                   crypto_secretstream_xchacha20poly1305_HEADERBYTES,
               "of libsodium");
_Static_assert(SEAL_TALK_MESSAGE_MAX ==
                   HEAD + SEAL_TALK_HEADER + PADDED_MAX + TAG,
               "the layout in the header"); /* Law 2 */
_Static_assert(SEAL_TALK_MESSAGE_MAX <= 32768, "what the relay takes");

static const char label_stream[] = "kindred.v1.talk.stream"; /* with its zero */
static const char label_words[] = "kindred.v1.talk.words";

void seal_talk_keypair(uint8_t public_key[static SEAL_TALK_KEY],
                       uint8_t secret_key[static SEAL_TALK_KEY],
                       const uint8_t seed[static 32])
{
    REQUIRE(crypto_kx_seed_keypair(public_key, secret_key, seed) == 0);
}

bool seal_talk_key_good(const uint8_t key[static SEAL_TALK_KEY])
{
    static const uint8_t any[SEAL_TALK_KEY] = {1};
    uint8_t shared[SEAL_TALK_KEY];

    return crypto_scalarmult(shared, any, key) == 0;
}

enum err seal_talk_init(struct seal_talk *talk, enum seal_talk_side side,
                        const uint8_t public_key[static SEAL_TALK_KEY],
                        const uint8_t secret_key[static SEAL_TALK_KEY],
                        const uint8_t theirs[static SEAL_TALK_KEY],
                        uint32_t number)
{
    int bad;

    *talk = (struct seal_talk){.out.number = number};
    if (side == SEAL_TALK_SEEKER)
        bad = crypto_kx_client_session_keys(talk->in.key, talk->out.key,
                                            public_key, secret_key, theirs);
    else
        bad = crypto_kx_server_session_keys(talk->in.key, talk->out.key,
                                            public_key, secret_key, theirs);
    if (bad) {
        seal_talk_close(talk);
        return ERR_INVALID;
    }
    talk->keyed = true;
    return ERR_NONE;
}

void seal_talk_close(struct seal_talk *talk)
{
    sodium_memzero(talk, sizeof *talk);
}

/* Start a stream.  What a sender and a receiver need to know of it is the
 * same, so both start by init_pull: init_push is that with a header of its
 * own drawing, and this layer draws nothing. */
static void start_stream(crypto_secretstream_xchacha20poly1305_state *stream,
                         const uint8_t way_key[static SEAL_TALK_KEY],
                         uint32_t number,
                         const uint8_t header[static SEAL_TALK_HEADER])
{
    uint8_t in[sizeof label_stream + 4], key[SEAL_TALK_KEY];

    memcpy(in, label_stream, sizeof label_stream);
    (void)seal_bytes_put(in + sizeof label_stream, number, 4);
    REQUIRE(crypto_generichash(key, sizeof key, in, sizeof in, way_key,
                               SEAL_TALK_KEY) == 0);
    REQUIRE(crypto_secretstream_xchacha20poly1305_init_pull(stream, header,
                                                            key) == 0);
    sodium_memzero(key, sizeof key);
}

static size_t padded_size(size_t text_size)
{
    return (text_size + 2 + SEAL_TALK_STEP - 1) / SEAL_TALK_STEP *
           SEAL_TALK_STEP;
}

static uint8_t tag_of(uint64_t count, bool final)
{
    if (final)
        return crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    if (count % REKEY_EVERY == REKEY_EVERY - 1)
        return crypto_secretstream_xchacha20poly1305_TAG_REKEY;
    return crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
}

enum err seal_talk_seal(struct seal_talk *talk,
                        uint8_t out[static SEAL_TALK_MESSAGE_MAX],
                        size_t *out_size,
                        const struct seal_talk_message *message,
                        const uint8_t random[static SEAL_TALK_HEADER])
{
    uint8_t plain[PADDED_MAX], *at = out;
    struct seal_talk_way *way = &talk->out;
    size_t padded;

    if (!talk->keyed || way->ended)
        return ERR_TALK_ENDED; /* Law 3 */
    if (message->size > SEAL_TALK_TEXT_MAX)
        return ERR_TOO_LARGE;
    padded = padded_size(message->size); /* Law 2 */
    memset(plain, 0, padded);
    (void)seal_bytes_put(plain, message->size, 2);
    if (message->size)
        memcpy(plain + 2, message->text, message->size);
    *at++ = way->open ? GOES_ON : OPENS;
    at = seal_bytes_put(at, way->number, 4);
    if (!way->open) {
        start_stream(&way->stream, way->key, way->number, random);
        way->open = true; /* Law 4: a way opens one stream in its life */
        memcpy(at, random, SEAL_TALK_HEADER);
        at += SEAL_TALK_HEADER;
    }
    REQUIRE(crypto_secretstream_xchacha20poly1305_push(
                &way->stream, at, NULL, plain, padded, out, HEAD,
                tag_of(way->count, message->final)) == 0);
    sodium_memzero(plain, padded);
    way->count++;
    way->ended = message->final;
    *out_size = (size_t)(at - out) + padded + TAG;
    return ERR_NONE;
}

/* The text within what was pushed.  The other side sealed it: a break here is
 * theirs, not the relay's. */
static enum err read_padded(const uint8_t *plain, size_t padded,
                            uint8_t text[static SEAL_TALK_TEXT_MAX],
                            size_t *size)
{
    *size = (size_t)seal_bytes_get(plain, 2);
    if (padded_size(*size) != padded)
        return ERR_INVALID;
    if (!sodium_is_zero(plain + 2 + *size, padded - 2 - *size))
        return ERR_INVALID;
    memcpy(text, plain + 2, *size);
    return ERR_NONE;
}

/* A copy of the stream that in[] goes on with, or opens. */
static enum err next_stream(const struct seal_talk_way *way, const uint8_t *in,
                            struct seal_talk_way *next)
{
    uint32_t number = (uint32_t)seal_bytes_get(in + 1, 4);

    *next = *way;
    if (in[0] == GOES_ON)
        return way->open && number == way->number ? ERR_NONE : ERR_INVALID;
    if (way->open && number <= way->number)
        return ERR_INVALID; /* Law 4 */
    start_stream(&next->stream, way->key, number, in + HEAD);
    next->open = true;
    next->number = number;
    next->count = 0;
    return ERR_NONE;
}

/* Pull in[] from the stream next, which moves on. */
static enum err pull(struct seal_talk_way *next, const uint8_t *in, size_t head,
                     size_t padded, uint8_t *plain)
{
    uint8_t tag;

    if (crypto_secretstream_xchacha20poly1305_pull(&next->stream, plain, NULL,
                                                   &tag, in + head,
                                                   padded + TAG, in, HEAD))
        return ERR_INVALID; /* Law 1 */
    next->ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return tag == tag_of(next->count++, next->ended) ? ERR_NONE : ERR_INVALID;
}

enum err seal_talk_open(struct seal_talk *talk,
                        uint8_t text[static SEAL_TALK_TEXT_MAX],
                        struct seal_talk_message *message, const uint8_t *in,
                        size_t in_size)
{
    uint8_t plain[PADDED_MAX];
    struct seal_talk_way next;
    size_t head, padded, size;
    enum err err;

    if (!talk->keyed || talk->in.ended)
        return ERR_TALK_ENDED; /* Law 3 */
    if (in_size < HEAD || (in[0] != OPENS && in[0] != GOES_ON))
        return ERR_INVALID;
    head = HEAD + (in[0] == OPENS ? SEAL_TALK_HEADER : 0);
    if (in_size < head + SEAL_TALK_STEP + TAG ||
        in_size > head + PADDED_MAX + TAG ||
        (in_size - head - TAG) % SEAL_TALK_STEP)
        return ERR_INVALID; /* Law 2 */
    padded = in_size - head - TAG;
    err = next_stream(&talk->in, in, &next);
    if (!err)
        err = pull(&next, in, head, padded, plain);
    if (!err)
        err = read_padded(plain, padded, text, &size);
    if (!err) {
        talk->in = next;
        *message = (struct seal_talk_message){
            .text = text, .size = size, .final = next.ended};
    }
    sodium_memzero(plain, sizeof plain);
    sodium_memzero(&next, sizeof next);
    return err;
}

void seal_talk_words(char words[static SEAL_TALK_WORDS_TEXT],
                     const uint8_t seeker_key[static SEAL_TALK_KEY],
                     const uint8_t peer_key[static SEAL_TALK_KEY])
{
    uint8_t in[sizeof label_words + SEAL_TALK_KEY + SEAL_TALK_KEY], hash[32];
    char *out = words;

    memcpy(in, label_words, sizeof label_words);
    memcpy(in + sizeof label_words, seeker_key, SEAL_TALK_KEY);
    memcpy(in + sizeof label_words + SEAL_TALK_KEY, peer_key, SEAL_TALK_KEY);
    REQUIRE(crypto_generichash(hash, 32, in, sizeof in, NULL, 0) == 0);
    for (unsigned round = 1; round < ROUNDS; round++) {
        uint8_t from[32];

        memcpy(from, hash, sizeof from);
        REQUIRE(crypto_generichash(hash, 32, from, sizeof from, NULL, 0) == 0);
    }
    for (unsigned i = 0; i < SEAL_TALK_WORDS; i++) {
        const char *word = i % 2 ? seal_name_words_animal[hash[i]]
                                 : seal_name_words_adjective[hash[i]];
        size_t size = strlen(word);

        memcpy(out, word, size);
        out[size] = ' ';
        out += size + 1;
    }
    out[-1] = 0;
}
