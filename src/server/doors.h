/* server/doors -- where the server is reached, through what, and by whom.
 *
 * Members come to each address of `listen`: by TCP through TLS where there is
 * a certificate; by a path, in plain text, if they may open it.  Operators come
 * to DATA/operations.sock, whose opener is one, or to operations_listen, where
 * the certificate names the role.  Owns the credentials of all; workers own
 * the listeners.
 *
 * Laws
 *   1. Plain text is spoken only on paths, on this machine's own addresses,
 *      and where `plaintext` asks for it; with a certificate never by TCP.
 *   2. Who reaches the operations by TCP has shown a certificate of
 *      operations_client_ca.
 *   3. On SIGHUP, and when a file has changed and settled, certificates are
 *      read again: whoever connects from then on sees the new; if they are not
 *      usable, the old, and the log says so. */
#ifndef SERVER_DOORS_H
#define SERVER_DOORS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/role.h"
#include "net/address.h"
#include "net/credentials.h"

struct server_node; /* server/node */

struct server_doors { /* all private; all zero is closed */
    struct net_credentials members, operations;
    uint64_t look_ms; /* at the files; monotonic */
};

struct server_door {
    struct net_address address;
    struct net_credentials *credentials; /* NULL: plain text */
    enum role caller; /* who comes in without a certificate's word */
    bool operations;
};

/* Read the certificates, bind all addresses, let the node's workers listen.
 * The process's exit status; what is wrong is said on standard error. */
int server_doors_open(struct server_doors *doors, struct server_node *node);

/* Once privileges are given up: can the certificates be read again, as they will
 * have to be?  The process's exit status. */
int server_doors_confined(struct server_doors *doors);

/* After the workers. */
void server_doors_close(struct server_doors *doors);

/* --- on the thread of worker 0 --- */

/* Read all files again (Law 3). */
void server_doors_reload(struct server_doors *doors);

/* When to look whether a file has changed, and to do so. */
uint64_t server_doors_deadline_ms(const struct server_doors *doors);
void server_doors_tick(struct server_doors *doors, uint64_t now_ms);

#endif
