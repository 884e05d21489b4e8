/* What a confined process may still do, and what ends it (net/confine laws 1
 * to 3).  Each deed is tried by a child of its own. */
#define _GNU_SOURCE 1 /* MAP_ANONYMOUS, which no standard has */
#include "net/confine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { DONE = 0, FAILED = 100, PATH_BYTES = 256 };

static char home[PATH_BYTES], elsewhere[PATH_BYTES], readable[PATH_BYTES];
static int listener;

/* --- deeds: DONE, or FAILED + errno --- */

static int by(bool good)
{
    return good ? DONE : FAILED + errno;
}

static int open_in(const char *directory, const char *name, int flags)
{
    char path[2 * PATH_BYTES];
    int fd;

    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    fd = open(path, flags | O_CLOEXEC, 0600);
    return by(fd >= 0 && close(fd) == 0);
}

static int make_at_home(void)
{
    return open_in(home, "made", O_CREAT | O_RDWR);
}

static int remove_at_home(void)
{
    char path[2 * PATH_BYTES];

    (void)snprintf(path, sizeof path, "%s/there", home);
    return by(unlink(path) == 0);
}

static int truncate_at_home(void)
{
    return open_in(home, "there", O_RDWR | O_TRUNC);
}

static int read_readable(void)
{
    return open_in(readable, "there", O_RDONLY);
}

static int write_readable(void)
{
    return open_in(readable, "there", O_WRONLY);
}

static int make_readable(void)
{
    return open_in(readable, "made", O_CREAT | O_RDWR);
}

static int read_elsewhere(void)
{
    return open_in(elsewhere, "there", O_RDONLY);
}

static int make_elsewhere(void)
{
    return open_in(elsewhere, "made", O_CREAT | O_RDWR);
}

static void *thread(void *arg)
{
    *(int *)arg = 1;
    return NULL;
}

static int start_thread(void)
{
    pthread_t id;
    int ran = 0;

    return by(pthread_create(&id, NULL, thread, &ran) == 0 &&
              pthread_join(id, NULL) == 0 && ran == 1);
}

static int take_memory(void)
{
    const size_t size = (size_t)1 << 22;
    char *bytes = malloc(size);

    if (!bytes)
        return FAILED;
    memset(bytes, 1, size);
    free(bytes);
    return DONE;
}

static int accept_none(void)
{
    return by(accept(listener, NULL, NULL) < 0 && errno == EAGAIN);
}

static int open_socket(void)
{
    return by(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static int make_process(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    return by(child > 0);
}

static int make_code(void)
{
    return by(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static int turn_into_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return FAILED;
    return by(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
}

static int end_another(void)
{
    return by(kill(getppid(), 0) == 0);
}

static int become_root(void)
{
    return by(setuid(0) == 0);
}

static int raise_limits(void)
{
    const struct rlimit more = {.rlim_cur = 4096, .rlim_max = 4096};

    return by(setrlimit(RLIMIT_CORE, &more) == 0);
}

static int start_program(void)
{
    char name[] = "/bin/true", *argv[] = {name, NULL};

    return by(execv(name, argv) == 0);
}

/* What a ring is made with does not matter: there is no such call. */
static int make_ring(void)
{
    return by(syscall(SYS_io_uring_setup, 1, NULL) >= 0);
}

static int fail_an_assertion(void)
{
    abort();
}

struct told { /* by the child, before its deed */
    struct net_confined held;
    int dumpable, ring;
};

/* How a confined child ended that did it: its exit status, or 1000 and the
 * signal. */
static int how(int (*deed)(void), struct told *told)
{
    const struct net_confine_place place[] = {
        {home, NET_CONFINE_WRITE},
        {readable, NET_CONFINE_READ},
        {"/nowhere/at/all", NET_CONFINE_WRITE}};
    int status, ends[2];
    pid_t child;
    bool made = pipe(ends) == 0;

    if (!made)
        return -1;
    child = fork();
    if (child == 0) {
        net_confine_start();
        told->dumpable = prctl(PR_GET_DUMPABLE);
        told->ring = make_ring();
        told->held = net_confine(place, sizeof place / sizeof place[0]);
        if (write(ends[1], told, sizeof *told) != sizeof *told)
            _exit(99);
        _exit(deed());
    }
    CHECK(read(ends[0], told, sizeof *told) == sizeof *told);
    (void)close(ends[0]);
    (void)close(ends[1]);
    if (waitpid(child, &status, 0) != child)
        return -1;
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

struct row {
    const char *what;
    int (*deed)(void);
    int ends; /* as how() says it */
};

static const struct row of_calls[] = {
    {"start a thread", start_thread, DONE},
    {"take memory", take_memory, DONE},
    {"accept a connection", accept_none, DONE},
    {"fail an assertion", fail_an_assertion, 1000 + SIGABRT},
    {"open a socket", open_socket, FAILED + ENOSYS},
    {"make a process", make_process, FAILED + ENOSYS},
    {"map memory to execute", make_code, FAILED + ENOSYS},
    {"make memory executable", turn_into_code, FAILED + ENOSYS},
    {"signal another process", end_another, FAILED + ENOSYS},
    {"become another user", become_root, FAILED + ENOSYS},
    {"make a ring", make_ring, FAILED + ENOSYS},
    {"raise a limit", raise_limits, FAILED + ENOSYS},
    {"start a program", start_program, 1000 + SIGSYS}};

static const struct row of_files[] = {
    {"make a file at home", make_at_home, DONE},
    {"cut a file at home", truncate_at_home, DONE},
    {"remove a file at home", remove_at_home, DONE},
    {"read where one may read", read_readable, DONE},
    {"write where one may read", write_readable, FAILED + EACCES},
    {"make a file where one may read", make_readable, FAILED + EACCES},
    {"read elsewhere", read_elsewhere, FAILED + EACCES},
    {"make a file elsewhere", make_elsewhere, FAILED + EACCES}};

/* Laws 1 and 2, where the system holds them. */
static void try_rows(const struct row row[], size_t rows, bool files)
{
    for (size_t i = 0; i < rows; i++) {
        struct told told = {0};
        int ended = how(row[i].deed, &told);

        if (!(files ? told.held.files : told.held.calls))
            continue;
        if (ended != row[i].ends)
            (void)fprintf(stderr, "%s: %d, not %d\n", row[i].what, ended,
                          row[i].ends);
        CHECK(ended == row[i].ends);
    }
}

static int no_deed(void)
{
    return DONE;
}

/* Law 3: any kernel that we support holds the calls and no capability. */
static void test_held(void)
{
    struct told told = {0};

    CHECK(how(no_deed, &told) == DONE);
#ifdef KINDRED_SANITIZED
    CHECK(!told.held.calls && !told.held.files && !told.held.capabilities);
#else
    CHECK(told.held.calls);
    CHECK(told.held.capabilities);
    CHECK(told.dumpable == 0);
    CHECK(told.ring == FAILED + ENOSYS); /* before the rest is confined, too */
    if (!told.held.files)
        (void)printf("this kernel has no Landlock: files are not tried\n");
#endif
}

static void make_place(char path[PATH_BYTES], const char *root,
                       const char *name)
{
    (void)snprintf(path, PATH_BYTES, "%s/%s", root, name);
    CHECK(mkdir(path, 0700) == 0);
    CHECK(open_in(path, "there", O_CREAT | O_RDWR) == DONE);
}

static void remove_place(const char *path)
{
    char file[2 * PATH_BYTES];

    (void)snprintf(file, sizeof file, "%s/there", path);
    (void)unlink(file);
    (void)snprintf(file, sizeof file, "%s/made", path);
    (void)unlink(file);
    CHECK(rmdir(path) == 0);
}

int main(void)
{
    char root[] = "/tmp/confine.XXXXXX";
    struct sockaddr_in any = {.sin_family = AF_INET,
                              .sin_addr = {htonl(INADDR_LOOPBACK)}};

    CHECK(mkdtemp(root) != NULL);
    make_place(home, root, "home");
    make_place(readable, root, "readable");
    make_place(elsewhere, root, "elsewhere");
    listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(listener, (struct sockaddr *)&any, sizeof any) == 0);
    CHECK(listen(listener, 1) == 0);
    CHECK(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
    test_held();
    try_rows(of_calls, sizeof of_calls / sizeof of_calls[0], false);
    try_rows(of_files, sizeof of_files / sizeof of_files[0], true);
    (void)close(listener);
    remove_place(home);
    remove_place(readable);
    remove_place(elsewhere);
    CHECK(rmdir(root) == 0);
    return check_report("net/confine");
}
