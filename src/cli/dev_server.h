/* cli/dev_server -- a kindredd of one's own, as a child.
 *
 * It owns the process and, if no directory was given, one for its data that it
 * removes.  The child dies with its parent, however that ends; a Ctrl-C of the
 * terminal does not reach it.  Who starts it blocks SIGINT and SIGTERM until
 * somebody listens to them, so that nothing is left behind.
 *
 * Laws
 *   1. Who started it closes it: after close no process is left, and no
 *      directory that it made. */
#ifndef CLI_DEV_SERVER_H
#define CLI_DEV_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { CLI_DEV_SERVER_ARGS = 96 };

struct cli_dev_server { /* all zero is closed */
    pid_t pid;
    int log; /* what it writes from then on; read-only outside */
    uint32_t port;
    bool temporary;
    char data[240];
    char text[CLI_DEV_SERVER_ARGS][280]; /* its arguments */
    unsigned count;
};

/* Another argument, as printf.  False: one too many, or too long. */
bool cli_dev_server_put(struct cli_dev_server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Start the kindredd beside this program, else the one of $PATH, with those
 * arguments, and wait until it serves.  data may be NULL.  False: what it, or
 * we, had to say is on standard error; nothing is left. */
bool cli_dev_server_start(struct cli_dev_server *server, const char *data);

/* Ask it to go, wait, insist; its temporary data goes with it. */
void cli_dev_server_close(struct cli_dev_server *server);

#endif
