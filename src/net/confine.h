/* net/confine -- what a server gives up once it has all that it needs.
 *
 * A bug in it then cannot start a program, look into another process, call
 * anybody, or open a file that is not its business: seccomp(2) says which
 * system calls there are, Landlock (landlock(7)) which files, and no
 * capability is left.  For the whole process and for good; before there are
 * other threads, which inherit it.
 *
 * Sanitizers do not live within it: a build with them holds nothing.
 *
 * Laws
 *   1. A system call that is not on the list fails with ENOSYS; one that only
 *      an intruder makes ends the process; no memory becomes executable.
 *   2. Outside the places no file can be opened, made or removed, and no
 *      connection begun or port bound by TCP (Linux 6.7).
 *   3. What is not held is told; all else is held nevertheless. */
#ifndef NET_CONFINE_H
#define NET_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

enum net_confine_use {
    NET_CONFINE_READ,
    NET_CONFINE_WRITE, /* and read, make, remove */
    NET_CONFINE_REMOVE /* and nothing else */
};

struct net_confine_place {
    const char *path; /* a file, or a directory with all below; one that is not
                         there is passed over */
    enum net_confine_use use;
};

struct net_confined {
    bool calls, files, capabilities;
};

/* No core dump and no debugger but root's; also for programs of people. */
void net_confine_memory(void);

/* That, an OpenSSL that wipes what it frees and keeps private keys in locked
 * pages, and no io_uring: at the very start, before any loop is made. */
void net_confine_start(void);

struct net_confined net_confine(const struct net_confine_place place[],
                                uint32_t places);

#endif
