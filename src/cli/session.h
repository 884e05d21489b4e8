/* cli/session -- what a command needs of the library: a loop, a server, an
 * account; and how to wait for one answer.
 *
 * Owns all of it; close gives it back.  Secrets of a running ask, duty or talk
 * are kept in files beside the key: KEY.ask, KEY.duty, KEY.talk-ID. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "cli/args.h"
#include "client/loop.h"
#include "kindred/client.h"

enum { CLI_PATH_MAX = 1024 };

struct cli_session { /* all zero is closed */
    const struct cli_args *args;
    struct kindred_loop *loop;
    struct kindred_client *client;
    struct kindred_member *member;         /* NULL: opened without a key */
    struct kindred_vocabulary *vocabulary; /* NULL until loaded */
    char key_path[CLI_PATH_MAX];
    struct kindred_error error; /* of the last wait */
    bool done;
    bool quiet; /* --json prints nothing of what comes by itself */
    /* --json prints an answer to this call only when cli_session_show() is
     * called: once what it says is on disk.  NULL: each as it comes. */
    const char *later;
    uint8_t *held; /* private: that answer */
    size_t held_size;
};

/* with_key: load it and be that member.  The exit status; not 0: a sentence is
 * on standard error and nothing is held. */
int cli_session_open(struct cli_session *session, const struct cli_args *args,
                     bool with_key);
void cli_session_close(struct cli_session *session);

/* Print the answer that is held, if there is one. */
void cli_session_show(struct cli_session *session);

/* Where the key is; makes the directories above the default place. */
bool cli_session_key_path(const struct cli_args *args, char *path);

/* A kindred_done whose arg is the session, and the waiting for it: the exit
 * status, after a sentence if it failed, or has not even begun. */
void cli_session_done(void *arg, const struct kindred_error *error);
int cli_session_wait(struct cli_session *session, bool begun);

/* Make a call, as the member or as nobody, whose `ended` gives its arg's session
 * to cli_session_done(), and wait for it: as cli_session_wait(). */
int cli_session_begin(struct cli_session *session, bool with_token,
                      const struct kindred_call_options *options,
                      const struct kindred_call_handler *handler);

/* One unary call, waited for.  NULL: it failed, a sentence was said and *status
 * is the exit status.  Free with protobuf_c_message_free_unpacked(). */
struct cli_call {
    const char *path;
    const void *request;
    const ProtobufCMessageDescriptor *answer;
    bool with_token;
};
ProtobufCMessage *cli_session_call(struct cli_session *session,
                                   const struct cli_call *call, int *status);

/* Fetch the vocabulary into session->vocabulary; the exit status. */
int cli_session_vocabulary(struct cli_session *session);

/* KEY.suffix.  False: too long. */
bool cli_session_path(const struct cli_session *session, const char *suffix,
                      char path[CLI_PATH_MAX]);

/* The file of a talk, KEY.talk-ID. */
bool cli_session_talk_path(const struct cli_session *session, uint64_t id,
                           char path[CLI_PATH_MAX]);

/* The newest saved talk, or the one whose name or id begins with `which` (NULL:
 * any): its path.  False, after a sentence, if there is none. */
bool cli_session_find_talk(const struct cli_session *session, const char *which,
                           char path[CLI_PATH_MAX]);
/* The same, and how it began; a secret. */
bool cli_session_load_talk(const struct cli_session *session, const char *which,
                           char path[CLI_PATH_MAX],
                           struct kindred_talk_start *start);

#endif
