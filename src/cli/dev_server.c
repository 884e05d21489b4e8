#include "cli/dev_server.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/require.h"

enum {
    START_MS = 30000,
    STOP_TENTHS = 50, /* then it is insisted */
    SAID_MAX = 8192
};

bool cli_dev_server_put(struct cli_dev_server *server, const char *format, ...)
{
    va_list list;
    int size;

    if (server->count == CLI_DEV_SERVER_ARGS)
        return false;
    va_start(list, format);
    size = vsnprintf(server->text[server->count], sizeof *server->text, format,
                     list);
    va_end(list);
    if (size < 0 || (size_t)size >= sizeof *server->text)
        return false;
    server->count++;
    return true;
}

/* ---- the child ---- */

static void beside_us(char path[static 1024])
{
    static const char name[] = "kindredd";
    ssize_t size = readlink("/proc/self/exe", path, 1024 - sizeof name);
    char *slash;

    path[size > 0 ? size : 0] = '\0';
    slash = strrchr(path, '/');
    memcpy(slash ? slash + 1 : path, name, sizeof name);
}

/* Only what is safe between fork and exec. */
static void become(char *const argv[], const char *path, int log, pid_t parent)
{
    static const char missing[] = "kindred dev: there is no kindredd, neither "
                                  "beside this program nor in $PATH\n";
    sigset_t none;

    (void)setpgid(0, 0); /* Law 1: Ctrl-C is ours to hear */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
        _exit(1);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
        _exit(1);
    (void)execv(path, argv);
    (void)execvp("kindredd", argv);
    if (write(STDERR_FILENO, missing, sizeof missing - 1) < 0)
        _exit(1);
    _exit(127);
}

static bool spawn(struct cli_dev_server *server)
{
    char path[1024], name[] = "kindredd";
    char *argv[CLI_DEV_SERVER_ARGS + 2] = {name};
    pid_t parent = getpid();
    int log[2];

    for (unsigned i = 0; i < server->count; i++)
        argv[i + 1] = server->text[i];
    beside_us(path);
    if (pipe(log) != 0)
        return false;
    server->pid = fork();
    if (server->pid == 0) {
        (void)close(log[0]);
        become(argv, path, log[1], parent);
    }
    (void)close(log[1]);
    server->log = log[0];
    if (server->pid > 0)
        return true;
    (void)close(log[0]);
    server->pid = 0;
    return false;
}

/* "info: listening on port 50051", then "info: ready 1". */
static bool is_ready(struct cli_dev_server *server, const char *said)
{
    static const char port[] = "listening on port ";
    const char *at = strstr(said, port);

    if (!at || !strstr(at, "ready"))
        return false;
    server->port = (uint32_t)strtoul(at + sizeof port - 1, NULL, 10);
    return server->port > 0;
}

/* False: it ended, or takes too long; what it said is on standard error. */
static bool wait_ready(struct cli_dev_server *server)
{
    struct pollfd wait = {.fd = server->log, .events = POLLIN};
    char said[SAID_MAX + 1];
    size_t size = 0;

    said[0] = '\0';
    while (!is_ready(server, said)) {
        ssize_t got = 0;

        if (poll(&wait, 1, START_MS) > 0 && size < SAID_MAX)
            got = read(server->log, said + size, SAID_MAX - size);
        if (got <= 0) {
            (void)fputs(size > 0 ? said
                                 : "kindred dev: nothing was heard of the "
                                   "server\n",
                        stderr);
            return false;
        }
        size += (size_t)got;
        said[size] = '\0';
    }
    return true;
}

/* ---- its data ---- */

static bool choose_data(struct cli_dev_server *server, const char *data)
{
    const char *above = getenv("TMPDIR");
    int size;

    server->temporary = !data;
    size = data ? snprintf(server->data, sizeof server->data, "%s", data)
                : snprintf(server->data, sizeof server->data,
                           "%s/kindred-dev-XXXXXX",
                           above && *above ? above : "/tmp");
    if (size < 0 || (size_t)size >= sizeof server->data ||
        (server->temporary && !mkdtemp(server->data))) {
        server->temporary = false;
        return false;
    }
    return true;
}

/* The data directory of a server has files and no directories. */
static void remove_data(const char *path)
{
    struct dirent *entry;
    DIR *dir = opendir(path);

    while (dir && (entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        (void)closedir(dir);
    if (rmdir(path) != 0)
        (void)fprintf(stderr, "kindred dev: %s could not be removed\n", path);
}

/* ---- from outside ---- */

bool cli_dev_server_start(struct cli_dev_server *server, const char *data)
{
    bool ready;

    REQUIRE(server->pid == 0);
    ready = choose_data(server, data) &&
            cli_dev_server_put(server, "--data=%s", server->data) &&
            spawn(server);
    if (!ready)
        (void)fputs("kindred dev: a server cannot be started here\n", stderr);
    ready = ready && wait_ready(server);
    if (!ready)
        cli_dev_server_close(server);
    return ready;
}

/* Law 1. */
void cli_dev_server_close(struct cli_dev_server *server)
{
    struct timespec tenth = {.tv_nsec = 100000000};

    if (server->pid > 0) {
        (void)kill(server->pid, SIGTERM);
        for (int i = 0; i <= STOP_TENTHS; i++) {
            if (i == STOP_TENTHS)
                (void)kill(server->pid, SIGKILL);
            if (waitpid(server->pid, NULL, i == STOP_TENTHS ? 0 : WNOHANG) != 0)
                break;
            (void)nanosleep(&tenth, NULL);
        }
    }
    if (server->temporary)
        remove_data(server->data);
    server->pid = 0;
    server->temporary = false;
}
