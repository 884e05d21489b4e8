/* net/address -- where to listen or whom to call, and sockets bound there.
 *
 * Written HOST:PORT, [IPV6]:PORT or unix:PATH.  A name is resolved on the
 * spot, which may take seconds: for the start of a program, never on a loop.
 * An address is a person's: it is never logged. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

struct net_address { /* all private; all zero is no address */
    struct sockaddr_storage to;
    socklen_t size;
};

enum { NET_ADDRESS_TEXT = 160 };

/* ERR_ADDRESS: not of that form, PATH too long, or HOST does not resolve. */
MUST_USE enum err net_address_parse(struct net_address *address,
                                    const char *text);

/* The same form back, HOST in digits: for the operator who started us. */
void net_address_format(const struct net_address *address,
                        char text[static NET_ADDRESS_TEXT]);

/* Reached from this machine only: 127.0.0.0/8, ::1, or a path. */
bool net_address_local(const struct net_address *address);
bool net_address_is_path(const struct net_address *address);

/* 0 for a path. */
uint16_t net_address_port(const struct net_address *address);

/* Bind n sockets to one address, for n loops to listen on; the kernel spreads
 * connections over them.  Port 0 is replaced in *address by the one the
 * kernel picked.  A path takes n = 1; its file is made with mode 0600, and a
 * stale one is removed first if it is a socket nobody listens on.
 * ERR_ADDRESS_BUSY, ERR_ADDRESS_DENIED, ERR_ADDRESS (not of this machine),
 * ERR_FULL (no more descriptors), ERR_NOMEM: nothing is held. */
MUST_USE enum err net_address_bind(struct net_address *address, int fd[],
                                   uint32_t n);

/* Let the group of a bound path's file connect, too: mode 0660.
 * ERR_ADDRESS_DENIED. */
MUST_USE enum err net_address_share(const struct net_address *address);

#endif
