/* trial -- a whole program of ours, run in a child with one call failed, and
 * how it ended.  Long because it is inline.
 *
 * Laws
 *   1. However it fails, it ends by itself, in time, with a status of its own
 *      and a sentence on standard error; none leaks.  No signal ends it but the
 *      one that tells it to stop, if that comes while it ends by itself.
 *   2. A sweep ends with a run in which nothing was failed.
 *
 * Its includer defines _DEFAULT_SOURCE (MAP_ANONYMOUS). */
#ifndef TRIAL_H
#define TRIAL_H

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "fail_calls.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

enum { TRIAL_TEXT = 1 << 18, TRIAL_ARGS = 24, TRIAL_S = 60, TRIAL_WORKERS = 8 };

struct trial {
    int (*main)(int argc, char **argv);
    const char *argv[TRIAL_ARGS]; /* NULL-ended */
    const char *input;            /* NULL: none */
    const char *until; /* once it has said that, it is told to stop */
    /* how it went; read-only */
    int status; /* below 0: by that signal */
    bool ready; /* it said `until` */
    size_t seen;
    char out[TRIAL_TEXT], err[TRIAL_TEXT];
};

/* Zeroes that all who are forked later share, and no leak checker reads; not
 * freed. */
static inline void *trial_shared(size_t size)
{
    void *made = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (made == MAP_FAILED)
        abort();
    return made;
}

static inline int trial_file(void)
{
    FILE *file = tmpfile();

    if (!file)
        abort();
    return fileno(file); /* closed with the process: there are three */
}

static inline void trial_read(int fd, char text[TRIAL_TEXT])
{
    ssize_t size = pread(fd, text, TRIAL_TEXT - 1, 0);

    text[size > 0 ? size : 0] = '\0';
}

static inline void trial_empty(int fd)
{
    if (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0)
        abort();
}

static inline void trial_child(struct trial *trial, const int fd[3],
                               enum fail_calls what, size_t at)
{
    int argc = 0;
    int status;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)alarm(TRIAL_S);
    for (int i = 0; i < 3; i++)
        if (dup2(fd[i], i) < 0)
            abort();
    while (trial->argv[argc])
        argc++;
    fail_calls_start(what, at);
    status = trial->main(argc, (char **)(void *)trial->argv);
    fail_calls_stop();
    exit(status);
}

/* Run it once, with call number at of that kind failed. */
static inline void trial_run(struct trial *trial, enum fail_calls what,
                             size_t at)
{
    static int fd[3];
    static pid_t owner; /* whose files they are, and whose count */
    const struct timespec moment = {.tv_nsec = 500000};
    int status;
    pid_t pid;

    for (int i = 0; i < 3 && owner != getpid(); i++)
        fd[i] = trial_file();
    if (owner != getpid()) {
        fail_calls_apart();
#ifdef __SANITIZE_ADDRESS__ /* what it looks through is there in each child */
        (void)__lsan_do_recoverable_leak_check();
#endif
    }
    owner = getpid();
    for (int i = 0; i < 3; i++)
        trial_empty(fd[i]);
    if (trial->input && (write(fd[0], trial->input, strlen(trial->input)) < 0 ||
                         lseek(fd[0], 0, SEEK_SET) != 0))
        abort();
    fail_calls_start(FAIL_NONE, 0); /* what the child shares is there */
    (void)fflush(NULL);
    trial->ready = false;
    pid = fork();
    if (pid == 0)
        trial_child(trial, fd, what, at);
    while (waitpid(pid, &status, trial->until && !trial->ready ? WNOHANG : 0) ==
           0) {
        trial_read(fd[1], trial->out);
        trial_read(fd[2], trial->err);
        trial->ready = strstr(trial->err, trial->until) != NULL ||
                       strstr(trial->out, trial->until) != NULL;
        if (trial->ready)
            (void)kill(pid, SIGTERM);
        else
            (void)nanosleep(&moment, NULL);
    }
    trial->seen = fail_calls_seen();
    trial->status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    trial_read(fd[1], trial->out);
    trial_read(fd[2], trial->err);
}

/* Has it said on standard error why it ends, besides what it was waited for? */
static inline bool trial_says_why(const struct trial *trial)
{
    const char *until = trial->until ? strstr(trial->err, trial->until) : NULL;
    const char *why = until ? until + strlen(trial->until) : trial->err;

    return why[strspn(why, ".\n")] != '\0';
}

/* Law 1: of a run that may have been failed. */
static inline void trial_check(const struct trial *trial)
{
    bool told =
        trial->ready && trial->status == -SIGTERM && trial_says_why(trial);
    bool good = (told || (trial->status >= 0 && trial->status <= 3)) &&
                (trial->status == 0 || trial->err[0] != '\0') &&
                !strstr(trial->err, "Sanitizer") &&
                !strstr(trial->err, "runtime error") &&
                !strstr(trial->err, "broken promise") &&
                !strstr(trial->err, "(null)");

    CHECK(good);
    if (!good)
        (void)fprintf(stderr, "%s %s: ended with %d after call %zu: %.2000s\n",
                      trial->argv[0], trial->argv[1] ? trial->argv[1] : "",
                      trial->status, trial->seen, trial->err);
}

/* ---- several processes share a sweep ---- */

/* The numbers that they share out. */
struct trial_numbers { /* all zero is the start; where all see it */
    _Atomic size_t next;
    _Atomic bool over; /* one was past the last call */
};

/* Which calls of many: the first `whole`, then one of each `stride`, not always
 * at the same place in it.  A stride of 0: all. */
struct trial_sample {
    size_t whole, stride;
};

static inline size_t trial_number(const struct trial_sample *sample, size_t i)
{
    size_t past = i - sample->whole - 1;

    if (sample->stride < 2 || i <= sample->whole)
        return i;
    return sample->whole + 1 + past * sample->stride +
           past * 5 % sample->stride;
}

/* try_one(n) for one n after another, until it says that there was no call n,
 * or somebody found a fault. */
static inline void trial_share(struct trial_numbers *numbers,
                               const struct trial_sample *sample, size_t most,
                               bool (*try_one)(size_t n))
{
    size_t n = 0;

    while (!numbers->over && check_failed == 0 && n < most) {
        n = trial_number(sample, ++numbers->next);
        if (!try_one(n))
            numbers->over = true;
    }
    if (check_failed > 0)
        numbers->over = true;
    CHECK(n < most); /* law 2 */
}

/* work() in each of n, whose checks are ours. */
static inline void trial_workers(int n, void (*work)(int worker))
{
    pid_t pid[TRIAL_WORKERS];
    int status;

    (void)fflush(NULL);
    for (int i = 0; i < n; i++) {
        pid[i] = fork();
        if (pid[i] == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            work(i);
            _exit(check_failed > 0);
        }
    }
    for (int i = 0; i < n; i++)
        CHECK(waitpid(pid[i], &status, 0) == pid[i] && status == 0);
}

/* A file, or a folder with all in it. */
static inline void trial_remove(const char *path)
{
    char name[512];
    struct dirent *entry;
    DIR *dir = unlink(path) == 0 ? NULL : opendir(path);

    while (dir && (entry = readdir(dir)) != NULL) {
        (void)snprintf(name, sizeof name, "%.255s/%.255s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            trial_remove(name);
    }
    if (dir && closedir(dir) == 0)
        (void)rmdir(path);
}

#endif
