/* client/loop -- the loop that clients live on, and what a program of people
 * needs beside them: lines somebody types, and Ctrl-C.
 *
 * The public part is in kindred/client.h.  A loop owns the http host that all
 * its connections share, and the heap that all its timers are on.
 *
 * Laws
 *   1. Lines come in order; none is lost; while they are held, at most
 *      CLIENT_LOOP_LINES wait and no more are read.
 *   2. What was typed is wiped here once it was handed out. */
#ifndef CLIENT_LOOP_H
#define CLIENT_LOOP_H

#include <stdbool.h>
#include <stddef.h>

#include "client/timer.h"
#include "http/session.h"
#include "kindred/client.h"
#include "net/credentials.h"
#include "net/loop.h"
#include "net/signal.h"
#include "net/thread.h"

enum {
    CLIENT_LOOP_LINES = 64,
    CLIENT_LOOP_LINE_MAX = 32768,
    CLIENT_LOOP_PIECE = 4096 /* bytes of one read */
};

/* A line without its end, and with a zero byte; NULL at the end of input. */
typedef void client_loop_line(void *arg, const char *line, size_t size);

struct kindred_loop { /* private */
    struct net_loop net;
    struct http_host host;
    struct heap timers;
    struct net_credentials credentials; /* closed until first wanted */
    struct net_signal signal;
    struct net_thread reader;
    client_loop_line *line;
    void (*interrupted)(void *arg);
    void (*changed)(void *arg);
    void *line_arg, *interrupted_arg, *changed_arg;
    struct client_timer hand_out; /* of lines that were held */
    struct list lines;
    bool held, uncut; /* uncut: pieces of lines, as they are read */
    int fd;
    atomic_uint unread; /* lines read and not handed out */
    atomic_bool closed, stopped;
    atomic_bool left; /* by one of the two threads: the other frees it */
    char text[CLIENT_LOOP_LINE_MAX + CLIENT_LOOP_PIECE]; /* the reader's */
};

/* Read lines of fd on a thread of its own until the end of input.  Once per
 * loop; a thread that still waits for input when the loop is freed ends with
 * the process, and keeps the memory of the loop until then.
 * A line longer than CLIENT_LOOP_LINE_MAX comes in pieces.  False: no thread. */
bool client_loop_lines(struct kindred_loop *loop, int fd,
                       client_loop_line *line, void *arg);

/* The same, but what is read comes as it is read, not cut into lines: keys that
 * somebody presses.  One of the two. */
bool client_loop_bytes(struct kindred_loop *loop, int fd,
                       client_loop_line *bytes, void *arg);

/* Those of kindred_loop_trust(), or the system's.  Errors as of
 * net_credentials_init(). */
MUST_USE enum err client_loop_credentials(struct kindred_loop *loop,
                                          struct net_credentials **credentials);

/* Tell the timer after so many ms; KINDRED_NEVER: not any more. */
void client_loop_after(struct kindred_loop *loop, struct client_timer *timer,
                       uint64_t after_ms);

/* Hold lines back, from the next on, or let them come again. */
void client_loop_hold(struct kindred_loop *loop, bool held);

/* Be told of SIGINT and SIGTERM in place of dying of them. */
bool client_loop_interrupts(struct kindred_loop *loop, void (*came)(void *arg),
                            void *arg);

/* Be told, after that, that the terminal has another size, or is ours again
 * after a stop. */
bool client_loop_changes(struct kindred_loop *loop, void (*changed)(void *arg),
                         void *arg);

/* What this process holds is for nobody else (net_confine_memory()): first thing
 * in a program. */
void client_loop_confine(void);

#endif
