/* server/process -- what the system says of this process.
 *
 * It opens what it reads at the start, so that nothing need be opened once the
 * process may open nothing more; what cannot be read is left out, not 0.
 *
 * Laws
 *   1. What is not known says so. */
#ifndef SERVER_PROCESS_H
#define SERVER_PROCESS_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

struct server_process { /* all private; all zero is closed */
    DIR *descriptors;
    int memory;       /* 1 + its descriptor; 0: none */
    uint64_t born_ms; /* since the Unix epoch */
};

#define SERVER_PROCESS_UNKNOWN UINT64_MAX

struct server_process_now { /* SERVER_PROCESS_UNKNOWN: not known */
    uint64_t born_ms, cpu_us, resident_bytes, descriptors, descriptors_max;
};

/* Cannot fail: see Law 1. */
void server_process_open(struct server_process *process, uint64_t born_ms);
void server_process_close(struct server_process *process);

void server_process_read(struct server_process *process,
                         struct server_process_now *now);

#endif
