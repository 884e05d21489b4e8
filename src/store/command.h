/* store/command -- every question the store answers, as plain types.
 *
 * Two families.  Matching facts: a match_command as the engine proposed it,
 * plus what the engine must never see (keys, mailboxes), joined by the turn.
 * Everything else (accounts, cards, relayed messages): asked by service/
 * through its narrow port.  Types only: service/ may include this header and
 * nothing else of store/; it is long because that header is one.
 *
 * A job owns its command's bytes and its result's bytes in one arena, and is
 * handed from thread to thread as a pointer; whoever made it frees it.
 *
 * Everything that says who met whom or how to reach them arrives sealed: the
 * store cannot open a blob. */
#ifndef STORE_COMMAND_H
#define STORE_COMMAND_H

#include "base/arena.h"
#include "match/command.h"

enum {
    STORE_HASH = 32,       /* handles and mailbox hashes, bytes */
    STORE_CARD_MAX = 4096, /* a sealed card */
    STORE_CIPHERTEXT_MAX = 32768,
    STORE_MESSAGES_MAX = 256, /* waiting in one mailbox */
    STORE_MAILBOX_BYTES_MAX = 1 << 20,
    STORE_BLOCKS_MAX = 256, /* listed, per member */
    STORE_PAGE_MAX =
        64, /* messages, load rows, swept talks, blocks per answer */
    STORE_BATCH_MAX = 256 /* jobs in one durable commit */
};

struct store_bytes { /* in the job's arena */
    uint8_t *data;
    uint32_t size;
};

/* One direction of a talk.  hash[] are keyed hashes of capabilities. */
struct store_mailbox {
    uint8_t receive_hash[STORE_HASH], send_hash[STORE_HASH];
    struct store_bytes link; /* sealed {talk, side} */
};

struct store_cursor { /* where a load goes on; all zero: at the beginning */
    uint64_t after;
    uint32_t phase;
};

enum store_command_kind {
    STORE_MATCH,
    STORE_CLAIM, /* take the pools: epoch + 1, all duties OFF */
    STORE_LOAD,  /* a page of live rows, in recovery order */
    STORE_ENROL,
    STORE_FIND_ACCOUNT,
    STORE_ROTATE, /* another key, the same member */
    STORE_PUT_CARD,
    STORE_GET_CARD,
    STORE_FIND_TALK,
    STORE_FIND_OTHER,
    STORE_LIST_BLOCKS,
    STORE_FIND_MAILBOX,
    STORE_SEND,
    STORE_RECEIVE,
    STORE_ACKNOWLEDGE,
    STORE_SWEEP,
    STORE_COUNT,
    STORE_COMMAND_KINDS
};

struct store_command {
    enum store_command_kind kind;
    uint64_t epoch, now_ms;
    struct match_key key; /* of changing calls; of STORE_MATCH: inside match */
    union {
        struct {
            struct match_command command;
            struct store_bytes ticket_sealed;          /* of open_ticket */
            struct store_mailbox mailbox[MATCH_ROLES]; /* of accept, by who
                                                          receives there */
            struct store_bytes link_sealed;            /* of accept */
            uint8_t (*close)[STORE_HASH]; /* of end_talk and block: the
                      receive_hash of every mailbox that closes with it */
            uint32_t closes;
        } match;
        struct {
            struct store_cursor from; /* what the page before said */
        } load;
        struct { /* member: a fresh random id */
            uint64_t member;
            uint8_t handle[STORE_HASH];
            uint32_t pool;
            enum match_grade grade;
            uint64_t grade_until_ms;
        } enrol;
        struct {
            uint8_t handle[STORE_HASH];
        } find_account;
        struct {
            uint8_t old_handle[STORE_HASH], new_handle[STORE_HASH];
        } rotate;
        struct { /* version must be the stored one + 1; at most per_day of a
                    member in the 24 h from the first (0: any number) */
            uint64_t member;
            enum match_role role;
            uint32_t version, vocabulary_version, consent_version, per_day;
            struct store_bytes sealed;
        } put_card;
        struct {
            uint64_t member;
            enum match_role role;
        } get_card;
        struct { /* member must be one of the two; 0: the caller's right was
                    shown by a capability */
            uint64_t talk, member;
        } find_talk;
        struct { /* whom member knows by this talk or offer; the key: of the
                    block it is for, which may have been made already */
            uint64_t member, via;
        } find_other;
        struct { /* those with via above after_via; most ≤ STORE_PAGE_MAX */
            uint64_t member, after_via;
            uint32_t most;
        } list_blocks;
        struct { /* by the receive capability, or by the send one */
            uint8_t hash[STORE_HASH];
            bool sends;
        } find_mailbox;
        struct { /* the key is scoped to this mailbox */
            uint8_t send_hash[STORE_HASH];
            struct store_bytes ciphertext;
        } send;
        struct {
            uint8_t receive_hash[STORE_HASH];
            uint64_t after_seq;
            uint32_t most; /* ≤ STORE_PAGE_MAX */
        } receive;
        struct {
            uint8_t receive_hash[STORE_HASH];
            uint64_t up_to_seq;
        } acknowledge;
        struct { /* limits of the sweep; at most `most` of each kind */
            uint64_t idle_ms, message_ms, mailbox_ms, link_ms, key_ms;
            uint32_t most;
        } sweep;
    };
};

/* One entry of a member's list of blocks: whom they block, under what they
 * knew them by.  The pair is blocked while one of its entries stands. */
enum store_known { KNOWN_BY_OFFER, KNOWN_AS_SEEKER, KNOWN_AS_PEER };
struct store_block {
    uint64_t member, via, other;
    enum store_known known;
    uint32_t day; /* since 1970; no finer */
    bool gone;    /* put: removed */
};

struct store_message {
    uint64_t seq;
    struct store_bytes ciphertext;
};

/* A live row at load, with what only the turn can open. */
struct store_loaded {
    struct match_row row;
    struct store_bytes sealed; /* ticket: its secrets; talk: its link */
    struct store_bytes card;   /* ticket: the seeker's sealed card */
    uint32_t card_version;
};

struct store_result {
    enum match_outcome outcome; /* of reads: OK or REFUSED */
    enum err err;               /* of REFUSED; ERR_STORE: nothing was done */
    union {
        struct match_result match; /* rows in the arena */
        struct {                   /* claim */
            uint64_t epoch;
            uint64_t rotated_ms; /* the last rotation of any key; 0: none */
            uint64_t latest_ms;  /* the latest moment that a live ticket, offer
                                    or talk began; 0: none lives */
        };
        struct {
            struct store_loaded *row; /* ≤ STORE_PAGE_MAX */
            uint32_t rows;
            struct store_cursor next;
            bool more; /* another page waits */
        } load;
        struct {
            uint64_t member;
            uint32_t pool;
            enum match_grade grade;
            uint64_t grade_until_ms;
            uint32_t generation; /* how often its key was rotated, */
            uint64_t
                rotated_ms; /* and when it was last; 0: a day ago, or never */
            bool active;
        } account; /* enrol, find_account and rotate */
        struct {
            uint32_t version, vocabulary_version, consent_version;
            struct store_bytes sealed;
        } card; /* get_card; put_card: the version only */
        struct {
            struct match_talk_row row;
            struct store_bytes link;
            bool bond; /* by this talk */
        } talk;
        uint64_t other; /* find_other */
        struct {        /* in ascending order of via */
            struct store_block *block;
            uint32_t blocks;
            bool more; /* another page waits */
        } listed;
        struct {
            struct store_bytes link;
            uint8_t receive_hash[STORE_HASH];
            uint64_t last_seq, acked_seq;
            uint64_t closed_ms; /* 0 = open for sending */
        } mailbox;
        struct { /* link: whose mailbox it went to, to wake the receiver */
            uint64_t seq;
            struct store_bytes link;
            uint8_t receive_hash[STORE_HASH];
        } sent;
        struct {
            struct store_message *message;
            uint32_t messages;
            bool more;            /* another page waits */
            uint64_t expired_seq; /* up to here messages expired unread */
        } received;
        struct { /* receive_hash of one mailbox of each talk that is idle, or
                    that lost a message to its expiry */
            uint8_t (*idle)[STORE_HASH];
            uint32_t idles;
            uint64_t deleted;
            bool more;
        } swept;
        struct {
            uint64_t members, cards, tickets_live, duties_on, offers_open;
            uint64_t talks_live, messages_waiting, matches;
        } count;
    };
};

struct store_job {
    struct store_command command;
    struct store_result result;
    struct arena arena; /* the bytes of both */
};

#endif
