/* seal/talk -- two people talk, and the relay cannot read along.
 *
 * For clients.  Each side makes a fresh X25519 pair for the talk; crypto_kx of
 * libsodium (the seeker is its client) gives a key each way, and each way is a
 * crypto_secretstream.  A sender that lost its state goes on with a stream of
 * a higher number; a receiver never goes back.  The struct is secret: close it
 * when the talk ends.
 *
 * Layout of a message (u32le, u16le: low byte first)
 *   kind     1  0x01 opens a stream, 0x02 goes on
 *   number   4  u32le, of the stream
 *   header  24  only if it opens: of the secretstream, random
 *   sealed   n  one push; additional data: kind  number.  Its tag is FINAL for
 *               the last message of a side, REKEY for every 64th of a stream,
 *               else MESSAGE; its plain text is u16le size  text  zeros, to a
 *               multiple of 2,048 bytes.
 * Key of a stream: BLAKE2b-256 keyed with the key of its way over
 *   "kindred.v1.talk.stream" 0x00  number u32le
 *
 * Laws
 *   1. Only what the other side sealed opens, once, in order, and to the same
 *      text; what fails to open changes nothing.
 *   2. The size of a message tells its text's size to 2,048 bytes and no
 *      better, and is at most SEAL_TALK_MESSAGE_MAX.
 *   3. After a final message nothing can be sealed or opened that way.
 *   4. No stream number is used twice by a sender, or accepted twice. */
#ifndef SEAL_TALK_H
#define SEAL_TALK_H

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum seal_talk_side { SEAL_TALK_SEEKER, SEAL_TALK_PEER };

enum {
    SEAL_TALK_KEY = 32,
    SEAL_TALK_HEADER = 24,
    SEAL_TALK_STEP = 2048,
    SEAL_TALK_TEXT_MAX = 15 * SEAL_TALK_STEP - 2,
    SEAL_TALK_MESSAGE_MAX = 5 + SEAL_TALK_HEADER + 15 * SEAL_TALK_STEP + 17,
    SEAL_TALK_WORDS = 8, /* safety words: four pairs as in names */
    SEAL_TALK_WORDS_TEXT = SEAL_TALK_WORDS * 13
};

/* Is it a public key that a secret can be agreed on with?  Those of low order
 * give the same to everybody (RFC 7748, 6.1). */
bool seal_talk_key_good(const uint8_t key[static SEAL_TALK_KEY]);

struct seal_talk_way { /* private */
    uint8_t key[SEAL_TALK_KEY];
    crypto_secretstream_xchacha20poly1305_state stream;
    uint32_t number;
    uint64_t count; /* in this stream */
    bool open, ended;
};

struct seal_talk { /* private; all zero is a talk in which all fails */
    struct seal_talk_way out, in;
    bool keyed;
};

struct seal_talk_message {
    const uint8_t *text; /* borrowed; may be NULL if size is 0 */
    size_t size;         /* ≤ SEAL_TALK_TEXT_MAX */
    bool final;          /* the last of its side */
};

/* The key pair of a seed. */
void seal_talk_keypair(uint8_t public_key[static SEAL_TALK_KEY],
                       uint8_t secret_key[static SEAL_TALK_KEY],
                       const uint8_t seed[static 32]);

/* number: of the first stream to send; 0 for a fresh talk, else more than any
 * used before.  ERR_INVALID: theirs is no key; *talk is closed then. */
MUST_USE enum err seal_talk_init(struct seal_talk *talk,
                                 enum seal_talk_side side,
                                 const uint8_t public_key[static SEAL_TALK_KEY],
                                 const uint8_t secret_key[static SEAL_TALK_KEY],
                                 const uint8_t theirs[static SEAL_TALK_KEY],
                                 uint32_t number);
void seal_talk_close(struct seal_talk *talk);

/* random is used only when a stream opens: fresh each time.  ERR_TALK_ENDED:
 * a final one was sealed.  ERR_TOO_LARGE.  Nothing changed then. */
MUST_USE enum err seal_talk_seal(struct seal_talk *talk,
                                 uint8_t out[static SEAL_TALK_MESSAGE_MAX],
                                 size_t *out_size,
                                 const struct seal_talk_message *message,
                                 const uint8_t random[static SEAL_TALK_HEADER]);

/* message->text is text then.  ERR_INVALID: not the next message of the other
 * side.  ERR_TALK_ENDED: their final one was opened.  Nothing changed then. */
MUST_USE enum err seal_talk_open(struct seal_talk *talk,
                                 uint8_t text[static SEAL_TALK_TEXT_MAX],
                                 struct seal_talk_message *message,
                                 const uint8_t *in, size_t in_size);

/* What two people read to each other to know that nobody sits between them:
 * words for both public keys, the same on both sides, with blanks between.
 * 64 bits of a slow hash (65,536 rounds of BLAKE2b, some 30 ms), since who
 * sits between looks for two pairs of keys that collide: 2^48 hashes before
 * the other side gives up waiting. */
void seal_talk_words(char words[static SEAL_TALK_WORDS_TEXT],
                     const uint8_t seeker_key[static SEAL_TALK_KEY],
                     const uint8_t peer_key[static SEAL_TALK_KEY]);

#endif
