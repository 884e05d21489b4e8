/* store/keeper -- what a keeper must do: fetch rows and write rows.
 *
 * The commands are decided once, in store/decide and its parts, for every
 * keeper; a keeper (memory, sqlite) only finds, puts and removes.  It is asked
 * within one command at a time and makes that command atomic.
 *
 * A failure is sticky: a keeper that cannot answer sets err, from then on may
 * answer anything, and undoes the whole command; so the deciding code need not
 * look after every step.  Nothing here looks at a guard.  (Long
 * because it is all that a keeper is asked.) */
#ifndef STORE_KEEPER_H
#define STORE_KEEPER_H

#include "store/store.h"

enum {
    STORE_WORK_MAX = 64,   /* rows one command touches, pairs aside */
    STORE_TALKS_MAX = 16,  /* live talks a member may have as a seeker */
    STORE_OPS_KEPT = 8192, /* results of the last commands: store/store law 2 */
    STORE_FOUND_MAX = 24,  /* ids one find() gives */
    STORE_OFFER_KNOWN_MS = 86400000 /* an offer may be blocked so long */
};

/* What only the store knows of a duty: since when its record counts. */
struct store_row {
    struct match_row row;
    uint64_t record_ms;
};

struct store_member {
    uint64_t id;
    uint8_t handle[STORE_HASH];
    uint32_t pool;
    enum match_grade grade;
    uint64_t grade_until_ms;
    bool held;
    uint32_t generation; /* how often its key was rotated, */
    uint64_t rotated_ms; /* and when it was last; 0 again after key_ms */
    uint32_t card_version[MATCH_ROLES]; /* 0 = none */
    uint32_t cards_put;                 /* since cards_since_ms, for 24 h */
    uint64_t cards_since_ms;
};

struct store_card {
    uint64_t member;
    enum match_role role;
    uint32_t version, vocabulary_version, consent_version;
    struct store_bytes sealed;
};

/* One direction of a talk.  `other` is the receive_hash of the opposite
 * mailbox: silence is of a talk, not of a direction. */
struct store_box {
    uint8_t receive_hash[STORE_HASH], send_hash[STORE_HASH], other[STORE_HASH];
    struct store_bytes link;
    uint64_t last_seq, acked_seq, expired_seq;
    uint64_t active_ms, closed_ms; /* closed_ms 0: open for sending */
    uint32_t waiting, waiting_bytes;
};

/* What an idempotency key did. */
struct store_memo {
    uint64_t scope; /* a member, a talk, or a hash folded */
    struct match_key key;
    uint32_t call; /* store_command_kind << 8 | match_command_kind */
    uint64_t reference, made_ms;
};

/* What one of our own operations did, and which rows it touched. */
struct store_done {
    uint64_t epoch, op, reference;
    enum match_outcome outcome;
    enum err err;
    uint32_t touched;
    uint8_t kind[STORE_WORK_MAX]; /* enum match_row_kind */
    uint64_t id[STORE_WORK_MAX];
};

enum store_find {                        /* ids, ascending */
                  FIND_TICKET_OF_MEMBER, /* its live ticket */
                  FIND_OFFER_OF_TICKET,  /* the open one */
                  FIND_OFFERS_OF_PEER,   /* open */
                  FIND_TALKS_OF_PEER,    /* live */
                  FIND_TALKS_OF_SEEKER,  /* live */
                  FIND_TALK_OF_TICKET,   /* live or ended */
                  FIND_TALKS_BEGUN,      /* of a peer, live or ended: the newest
                                            STORE_FOUND_MAX, in any order */
                  FIND_KINDS
};

struct store_keeper;

struct store_keeper_ops {
    /* Can this much be written?  False: nothing was, the job gets ERR_STORE. */
    bool (*room)(struct store_keeper *keeper, const struct store_job *job);

    uint64_t (*epoch)(struct store_keeper *keeper);
    void (*claim)(struct store_keeper *keeper, uint64_t epoch); /* duties off */

    bool (*member)(struct store_keeper *keeper, uint64_t id,
                   struct store_member *out);
    bool (*member_of)(struct store_keeper *keeper,
                      const uint8_t handle[STORE_HASH],
                      struct store_member *out);
    void (*put_member)(struct store_keeper *keeper,
                       const struct store_member *member);
    uint64_t (*rotated_ms)(struct store_keeper *keeper); /* the latest */
    uint64_t (*latest_ms)(struct store_keeper *keeper);  /* of what lives */

    /* Tickets, offers, duties (id = member) and talks.  A ticket put as ended
     * loses its secrets and its PAIR_TICKET rows. */
    bool (*row)(struct store_keeper *keeper, enum match_row_kind kind,
                uint64_t id, struct store_row *out);
    void (*put_row)(struct store_keeper *keeper, const struct store_row *row,
                    bool fresh);
    uint32_t (*find)(struct store_keeper *keeper, enum store_find find,
                     uint64_t of, uint64_t id[STORE_FOUND_MAX]);
    void (*seal)(struct store_keeper *keeper, enum match_row_kind kind,
                 uint64_t id, struct store_bytes sealed);
    /* The link of a talk, into the arena. */
    struct store_bytes (*link)(struct store_keeper *keeper, uint64_t talk,
                               struct arena *arena);

    /* Pairs: by all that names one (kind, a, b, ticket).  Put with gone:
     * removed.  pairs(): those of member with members who have a live ticket
     * (role SEEKER) or are on or paused (role PEER); all PAIR_TICKET of it. */
    bool (*pair)(struct store_keeper *keeper, struct match_pair_row *pair);
    void (*put_pair)(struct store_keeper *keeper,
                     const struct match_pair_row *pair);
    uint32_t (*pairs)(struct store_keeper *keeper, uint64_t member,
                      enum match_role role, struct match_pair_row *out,
                      uint32_t most);

    /* Entries of lists of blocks: by (member, via); of a member, with via above
     * after_via, in ascending order; how many a member has. */
    bool (*block)(struct store_keeper *keeper, struct store_block *block);
    void (*put_block)(struct store_keeper *keeper,
                      const struct store_block *block);
    uint32_t (*blocks)(struct store_keeper *keeper, uint64_t member,
                       uint64_t after_via, struct store_block *out,
                       uint32_t most);
    uint32_t (*blocks_of)(struct store_keeper *keeper, uint64_t member);

    void (*rarity)(struct store_keeper *keeper,
                   const struct match_command *command);

    bool (*card)(struct store_keeper *keeper, uint64_t member,
                 enum match_role role, struct store_card *out,
                 struct arena *arena);
    void (*put_card)(struct store_keeper *keeper,
                     const struct store_card *card);

    /* arena NULL: without the link.  put_box() keeps the link it has. */
    bool (*box)(struct store_keeper *keeper, const uint8_t hash[STORE_HASH],
                bool sends, struct store_box *out, struct arena *arena);
    void (*put_box)(struct store_keeper *keeper, const struct store_box *box,
                    bool fresh);
    void (*put_message)(struct store_keeper *keeper,
                        const uint8_t receive_hash[STORE_HASH], uint64_t seq,
                        struct store_bytes ciphertext, uint64_t now_ms);
    /* Messages after a number, in order, as many as fit in the arena. */
    uint32_t (*messages)(struct store_keeper *keeper,
                         const uint8_t receive_hash[STORE_HASH],
                         uint64_t after_seq, struct store_message *out,
                         uint32_t most, struct arena *arena);
    /* Remove up to seq; how many bytes and messages went. */
    void (*drop_messages)(struct store_keeper *keeper,
                          const uint8_t receive_hash[STORE_HASH], uint64_t seq,
                          uint32_t *messages, uint32_t *bytes);

    bool (*memo)(struct store_keeper *keeper, struct store_memo *memo);
    void (*put_memo)(struct store_keeper *keeper,
                     const struct store_memo *memo);
    bool (*done)(struct store_keeper *keeper, struct store_done *done);
    void (*put_done)(struct store_keeper *keeper,
                     const struct store_done *done);

    void (*load)(struct store_keeper *keeper, struct store_job *job);
    /* result.swept.idle has room for STORE_PAGE_MAX; `most` is not 0. */
    void (*sweep)(struct store_keeper *keeper, struct store_job *job);
    void (*count)(struct store_keeper *keeper, struct store_job *job);
};

struct store_keeper {
    struct store store; /* first: a keeper is a store */
    const struct store_keeper_ops *ops;
    enum err err; /* sticky within one command */
    uint64_t seq; /* of the command executed last */
};

#endif
