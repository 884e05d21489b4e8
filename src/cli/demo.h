/* cli/demo -- the main job on realistic input: everybody of it.
 *
 * Sixty peers and twenty seekers, each with a key, a card drawn from the
 * frequencies of TEDS 2019 and a connection of their own, in one process on
 * one loop.  demo.c is the stage, demo_card.c deals the cards, demo_peer.c and
 * demo_seeker.c play the two parts, demo_talk.c what both say, demo_report.c
 * counts.  Long because all that play share one stage.
 *
 * An offer does not tell a peer whose it is.  The stage lets at most one
 * ticket at a time be without an offer, so that it knows nevertheless, and
 * puts right what it guessed wrong when the talk begins (its id is told to
 * both). */
#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include "cli/args.h"
#include "cli/say.h"
#include "client/loop.h"
#include "kindred/client.h"

enum {
    CLI_DEMO_PEERS = 60,
    CLI_DEMO_SEEKERS = 20,
    CLI_DEMO_CRISIS_PEERS = 6,
    CLI_DEMO_IN_DANGER = 6, /* the seeker who is */
    CLI_DEMO_LINES = 6,     /* of one talk */
    CLI_DEMO_LOUD = 2       /* talks that are printed word for word */
};

struct cli_demo;
struct cli_demo_peer;
struct cli_demo_seeker;

struct cli_demo_person { /* what both parts have */
    struct cli_demo *demo;
    unsigned number; /* from 1 */
    struct kindred_client *client;
    struct kindred_member *member;
    struct kindred_card card;
    void (*ready)(struct cli_demo_person *person);
};

struct cli_demo_talk { /* one side of a talk */
    struct cli_demo_person *person;
    struct kindred_talk *talk;
    struct kindred_talk_start start;
    struct kindred_timer *timer; /* to say the next line, or to end it */
    unsigned script, line;       /* the next of the script, whoever says it */
    bool loud, began, over;
    void (*reflected)(struct cli_demo_talk *talk);
};

struct cli_demo_peer {
    struct cli_demo_person person;
    struct kindred_duty *duty;
    struct kindred_timer *think;
    struct cli_demo_talk talk;
    struct kindred_offer offer;       /* id 0: none */
    struct cli_demo_seeker *for_whom; /* as far as the stage knows */
    enum { CLI_DEMO_ACCEPT, CLI_DEMO_DECLINE, CLI_DEMO_IGNORE } mind;
    bool answering, on;
    bool fresh; /* whose the offer is will show in a moment */
};

struct cli_demo_seeker {
    struct cli_demo_person person;
    struct kindred_ask *ask;
    struct cli_demo_talk talk;
    uint64_t waited_ms;
    unsigned offers, messages;
    bool ready, asked, offered, matched, done, danger;
    unsigned crisis_lines;      /* entries that came before the ticket */
    struct cli_demo_peer *peer; /* whom they met; NULL: not known yet */
    char shared[200];
};

struct cli_demo {
    struct kindred_loop *loop;
    struct kindred_vocabulary *vocabulary;
    struct kindred_timer *stage, *deadline;
    const char *server;
    uint64_t began_ms, chance;
    struct cli_demo_peer peer[CLI_DEMO_PEERS];
    struct cli_demo_seeker seeker[CLI_DEMO_SEEKERS];
    unsigned enrolled, on_duty, asked, done, offers, declined, lapsed;
    unsigned leaving;
    uint64_t loud[CLI_DEMO_LOUD]; /* talks that are printed word for word */
    uint64_t asked_ms;            /* when the last one asked */
    bool finishing;
    unsigned failures;
    struct kindred_error first; /* failure of a call */
};

/* Say what happens, with the time since the beginning. */
void cli_demo_tell(struct cli_demo *demo, enum cli_colour colour,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Something went wrong; the demo goes on, and ends with 1. */
void cli_demo_failed(struct cli_demo *demo, const char *what,
                     const struct kindred_error *error);

/* A number below sides, of the demo's seed. */
unsigned cli_demo_below(struct cli_demo *demo, unsigned sides);

/* Fill person->card for this role. */
void cli_demo_card_deal(struct cli_demo_person *person, enum kindred_role role);

/* How well they fit, in percent, as the engine scores it. */
unsigned cli_demo_score(const struct kindred_card *seeker,
                        const struct kindred_card *peer);

/* Go on duty, ask: the person is enrolled and has a card. */
void cli_demo_peer_ready(struct cli_demo_person *person);
void cli_demo_seeker_ready(struct cli_demo_person *person);
void cli_demo_seeker_ask(struct cli_demo_seeker *seeker);

/* The ticket that has no open offer, oldest first; NULL: none. */
struct cli_demo_seeker *cli_demo_seeker_alone(struct cli_demo *demo);

/* Both sides of a talk were told of it: set right who met whom. */
void cli_demo_seeker_met(struct cli_demo_seeker *seeker,
                         struct cli_demo_peer *peer);

/* Begin a side of a talk, and play it until both have reflected. */
void cli_demo_talk_begin(struct cli_demo_talk *talk,
                         const struct kindred_talk_start *start);
void cli_demo_talk_close(struct cli_demo_talk *talk);

/* Everybody matched, everybody done?  Then the stage is cleared. */
void cli_demo_check(struct cli_demo *demo);

/* The table, and what the server counts if socket can be opened. */
void cli_demo_report_table(const struct cli_demo *demo);
void cli_demo_report_stats(const char *socket);

#endif
