#include "server/process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

enum { MORE = 40, BYTES = 64 << 20 };

/* What it says moves as the process does. */
static void moves(void)
{
    struct server_process process;
    struct server_process_now before, after;
    int fd[MORE];
    volatile char *memory;
    volatile uint64_t work = 0;

    server_process_open(&process, 12345);
    server_process_read(&process, &before);
    CHECK(before.born_ms == 12345);
    CHECK(before.resident_bytes > 65536 && before.resident_bytes % 4096 == 0);
    CHECK(before.descriptors >= 5 && before.descriptors < 1000);
    CHECK(before.descriptors_max >= before.descriptors);
    for (int i = 0; i < MORE; i++)
        fd[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    memory = malloc(BYTES);
    CHECK(memory != NULL);
    for (size_t i = 0; memory && i < BYTES; i += 4096)
        memory[i] = 1;
    do {
        for (int i = 0; i < 1000000; i++)
            work = work + 1;
        server_process_read(&process, &after);
    } while (after.cpu_us == before.cpu_us);
    CHECK(after.cpu_us > before.cpu_us);
    CHECK(after.descriptors == before.descriptors + MORE);
    CHECK(after.resident_bytes > before.resident_bytes + BYTES / 2);
    free((void *)(uintptr_t)memory);
    for (int i = 0; i < MORE; i++)
        (void)close(fd[i]);
    server_process_close(&process);
}

/* Law 1: closed, or where nothing could be opened. */
static void unknown(void)
{
    struct server_process process;
    struct server_process_now now;

    server_process_open(&process, 1);
    server_process_close(&process);
    server_process_close(&process); /* harmless */
    server_process_read(&process, &now);
    CHECK(now.resident_bytes == SERVER_PROCESS_UNKNOWN);
    CHECK(now.descriptors == SERVER_PROCESS_UNKNOWN);
    CHECK(now.cpu_us != SERVER_PROCESS_UNKNOWN);
}

int main(void)
{
    moves();
    unknown();
    return check_report("server/process");
}
