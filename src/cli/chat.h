/* cli/chat -- one talk on a terminal or in a pipe.
 *
 * Lines that begin with "/" are for the program, all others for the other
 * person.  What is needed to go on later is kept in a file after every
 * message; nothing that was typed is lost while the program lives, or it is
 * said and the exit status is not 0. */
#ifndef CLI_CHAT_H
#define CLI_CHAT_H

#include "cli/session.h"

struct cli_chat { /* all private; all zero is closed */
    struct cli_session *session;
    struct kindred_talk *talk;
    struct kindred_talk_start start; /* secret */
    char path[CLI_PATH_MAX];
    bool kept;       /* its file has the newest of it */
    bool open;       /* both are there */
    bool ending;     /* /end was typed: when all is sent */
    bool asked;      /* the server was asked to end it: the answer comes here */
    bool leaving;    /* input is over: when all is sent */
    bool named;      /* several talks: say who says what */
    uint32_t unsent; /* lines that are not known to be on the server's disk */
    int status;      /* read-only outside: how it went, for the exit status */
    /* It is over here: ended, left, or failed.  Close it then or later. */
    void (*over)(void *arg, struct cli_chat *chat);
    void *arg;
};

/* Set session, over and arg; then begin a talk, or go on with a saved one: true
 * or the exit status, after a sentence if it failed. */
bool cli_chat_begin(struct cli_chat *chat,
                    const struct kindred_talk_start *start);
int cli_chat_resume(struct cli_chat *chat, const char *path);

/* A line somebody typed. */
void cli_chat_line(struct cli_chat *chat, const char *line, size_t size);

/* Can it take another line now? */
bool cli_chat_ready(const struct cli_chat *chat);

/* No more lines: leave when all is sent. */
void cli_chat_leave(struct cli_chat *chat);

/* Let go; the talk stays open, its file too.  Says what was not sent.  Not to be
 * used for another talk while it is busy. */
void cli_chat_close(struct cli_chat *chat);
bool cli_chat_is_busy(const struct cli_chat *chat);

#endif
