#include "server/process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void server_process_open(struct server_process *process, uint64_t born_ms)
{
    process->born_ms = born_ms;
    process->memory = 1 + open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    process->descriptors = opendir("/proc/self/fd");
}

void server_process_close(struct server_process *process)
{
    if (process->descriptors)
        (void)closedir(process->descriptors);
    if (process->memory > 0)
        (void)close(process->memory - 1);
    *process = (struct server_process){0};
}

/* proc(5): total and resident size, in pages. */
static uint64_t resident_bytes(int memory)
{
    long page = sysconf(_SC_PAGESIZE);
    char text[128] = {0}, *second, *end;
    unsigned long long pages;

    if (memory == 0 || page <= 0 ||
        pread(memory - 1, text, sizeof text - 1, 0) <= 0 ||
        !(second = strchr(text, ' ')))
        return SERVER_PROCESS_UNKNOWN; /* Law 1 */
    pages = strtoull(second, &end, 10);
    return end > second ? pages * (uint64_t)page : SERVER_PROCESS_UNKNOWN;
}

/* Since Linux 6.2 the folder's size is their number; before it is 0, and each
 * is looked at: a few ms where there are ten thousand. */
static uint64_t descriptors(DIR *folder)
{
    struct stat about;
    uint64_t n = 0;

    if (!folder)
        return SERVER_PROCESS_UNKNOWN; /* Law 1 */
    if (fstat(dirfd(folder), &about) == 0 && about.st_size > 0)
        return (uint64_t)about.st_size;
    rewinddir(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        n += entry->d_name[0] != '.';
    return n > 0 ? n : SERVER_PROCESS_UNKNOWN;
}

static uint64_t us(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

void server_process_read(struct server_process *process,
                         struct server_process_now *now)
{
    struct rusage used;
    struct rlimit limit;

    *now = (struct server_process_now){
        .born_ms = process->born_ms,
        .cpu_us = SERVER_PROCESS_UNKNOWN,
        .resident_bytes = resident_bytes(process->memory),
        .descriptors = descriptors(process->descriptors),
        .descriptors_max = SERVER_PROCESS_UNKNOWN};
    if (getrusage(RUSAGE_SELF, &used) == 0)
        now->cpu_us = us(used.ru_utime) + us(used.ru_stime);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        limit.rlim_cur != RLIM_INFINITY)
        now->descriptors_max = limit.rlim_cur;
}
