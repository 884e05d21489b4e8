/* cli/dev -- somebody to talk to while one writes a frontend.
 *
 * A server of one's own (dev_server) with two people who follow a script: a
 * peer who accepts every offer, and a seeker who asks again and again.  dev.c
 * is the command, dev_people.c the two, dev_talk.c what they say.
 *
 * Laws
 *   1. The two never meet each other: what the seeker rules out, the peer
 *      has. */
#ifndef CLI_DEV_H
#define CLI_DEV_H

#include "cli/say.h"
#include "client/loop.h"
#include "kindred/client.h"

enum {
    CLI_DEV_TALKS = 8, /* of each at once: the most that a peer can have */
    CLI_DEV_MANY = 20  /* messages that "/many" brings */
};

struct cli_dev;

struct cli_dev_talk { /* all zero is free */
    struct cli_dev *dev;
    const char *who; /* "peer", "seeker" */
    struct kindred_client *client;
    struct kindred_talk *talk;
    struct kindred_talk_start start;
    bool greeted, silent;
};

struct cli_dev_person {
    struct cli_dev *dev;
    const char *who;
    struct kindred_client *client;
    struct kindred_member *member;
    struct kindred_timer *timer; /* to answer; to ask */
    struct kindred_card card;
    struct cli_dev_talk talk[CLI_DEV_TALKS];
    void (*ready)(struct cli_dev_person *person); /* enrolled, with a card */
};

struct cli_dev_peer {
    struct cli_dev_person person;
    struct kindred_duty *duty;
    struct kindred_duty_state state; /* the newest */
    uint64_t answered[CLI_DEV_TALKS];
    unsigned next; /* of answered */
    bool thinking, told;
};

struct cli_dev_seeker {
    struct cli_dev_person person;
    struct kindred_ask *ask;
    bool waiting; /* a ticket is open */
};

struct cli_dev {
    struct kindred_loop *loop;
    const struct kindred_vocabulary *vocabulary;
    const char *server;
    uint32_t pause_ms, every_ms; /* before an answer; between two asks */
    struct cli_dev_peer peer;
    struct cli_dev_seeker seeker;
    int status; /* how the command will end */
};

/* They come, enrol and do as they are to; false: *error says why not.  What
 * fails later ends the loop, with dev->status. */
bool cli_dev_people_peer(struct cli_dev *dev, struct kindred_error *error);
bool cli_dev_people_seeker(struct cli_dev *dev, struct kindred_error *error);
void cli_dev_people_close(struct cli_dev *dev);

/* Begin a talk in a free slot of the person; or say why not. */
void cli_dev_talk_begin(struct cli_dev_person *person,
                        const struct kindred_talk_start *start);
void cli_dev_talk_close(struct cli_dev_talk *talk);

/* The commands that a script obeys, a line each. */
void cli_dev_talk_help(void);

#endif
