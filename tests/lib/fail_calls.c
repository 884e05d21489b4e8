#define _GNU_SOURCE 1  /* MAP_ANONYMOUS, fopencookie() */
#undef _FORTIFY_SOURCE /* its headers make pread64() an inline function */

/* The names are the linker's (--wrap).
 * NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming) */
#include "fail_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct shared {
    _Atomic int what;
    atomic_size_t at, seen;
} * shared;

enum { HELD = -1 };

static FILE *broken; /* a stream of which something could not be read */

void fail_calls_start(enum fail_calls what, size_t at)
{
    if (!shared)
        shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        abort();
    shared->at = at;
    shared->seen = 0;
    shared->what = (int)what;
}

void fail_calls_stop(void)
{
    if (shared)
        shared->what = FAIL_NONE;
}

void fail_calls_apart(void)
{
    shared = NULL;
}

size_t fail_calls_seen(void)
{
    return shared ? shared->seen : 0;
}

static bool fails(enum fail_calls what, int why)
{
    if (!shared || shared->what != (int)what ||
        atomic_fetch_add(&shared->seen, 1) + 1 != shared->at)
        return false;
    errno = why;
    return true;
}

bool fail_calls_begin_one(enum fail_calls what)
{
    bool failed = fails(what, ENOMEM);

    if (!failed && shared && shared->what == (int)what)
        shared->what = HELD;
    return failed;
}

void fail_calls_end_one(enum fail_calls what)
{
    if (shared && shared->what == HELD)
        shared->what = (int)what;
}

#define WRAP(result, name, parameters)                                         \
    result __real_##name parameters;                                           \
    result __wrap_##name parameters;                                           \
    result __wrap_##name parameters

/* ---- memory ---- */

WRAP(void *, malloc, (size_t size))
{
    return fails(FAIL_MEMORY, ENOMEM) ? NULL : __real_malloc(size);
}

WRAP(void *, calloc, (size_t n, size_t size))
{
    return fails(FAIL_MEMORY, ENOMEM) ? NULL : __real_calloc(n, size);
}

WRAP(void *, realloc, (void *old, size_t size))
{
    return fails(FAIL_MEMORY, ENOMEM) ? NULL : __real_realloc(old, size);
}

WRAP(char *, strdup, (const char *text))
{
    return fails(FAIL_MEMORY, ENOMEM) ? NULL : __real_strdup(text);
}

WRAP(FILE *, open_memstream, (char **text, size_t *size))
{
    return fails(FAIL_MEMORY, ENOMEM) ? NULL
                                      : __real_open_memstream(text, size);
}

WRAP(FILE *, fdopen, (int fd, const char *mode))
{
    return fails(FAIL_MEMORY, ENOMEM) ? NULL : __real_fdopen(fd, mode);
}

/* Through us OpenSSL would ask for its own: let it go to libc by itself. */
int __wrap_CRYPTO_set_mem_functions(void *take, void *more, void *give);
int __wrap_CRYPTO_set_mem_functions(void *take, void *more, void *give)
{
    (void)take, (void)more, (void)give;
    return 1;
}

/* ---- files ---- */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list list;
    int mode;

    va_start(list, flags);
    mode = (flags & O_CREAT) ? va_arg(list, int) : 0;
    va_end(list);
    return fails(FAIL_FILES, EIO) ? -1 : __real_open(path, flags, mode);
}

WRAP(ssize_t, read, (int fd, void *bytes, size_t size))
{
    bool typed = fd == STDIN_FILENO; /* a failure is its end */

    return !typed && fails(FAIL_FILES, EIO) ? -1 : __real_read(fd, bytes, size);
}

WRAP(ssize_t, write, (int fd, const void *bytes, size_t size))
{
    bool said = fd == STDERR_FILENO; /* a word lost, and nothing else */

    return !said && fails(FAIL_FILES, ENOSPC) ? -1
                                              : __real_write(fd, bytes, size);
}

WRAP(int, fsync, (int fd))
{
    return fails(FAIL_FILES, EIO) ? -1 : __real_fsync(fd);
}

WRAP(int, fstat, (int fd, struct stat *about))
{
    return fails(FAIL_FILES, EIO) ? -1 : __real_fstat(fd, about);
}

WRAP(int, ftruncate, (int fd, off_t size))
{
    return fails(FAIL_FILES, EIO) ? -1 : __real_ftruncate(fd, size);
}

WRAP(int, rename, (const char *from, const char *to))
{
    return fails(FAIL_FILES, EIO) ? -1 : __real_rename(from, to);
}

WRAP(int, link, (const char *from, const char *to))
{
    return fails(FAIL_FILES, EIO) ? -1 : __real_link(from, to);
}

WRAP(int, mkdir, (const char *path, mode_t mode))
{
    return fails(FAIL_FILES, ENOSPC) ? -1 : __real_mkdir(path, mode);
}

WRAP(FILE *, fopen, (const char *path, const char *mode))
{
    return fails(FAIL_FILES, EIO) ? NULL : __real_fopen(path, mode);
}

WRAP(char *, fgets, (char *text, int size, FILE *file))
{
    if (!fails(FAIL_FILES, EIO))
        return __real_fgets(text, size, file);
    broken = file;
    return NULL;
}

WRAP(size_t, fread, (void *to, size_t size, size_t n, FILE *file))
{
    if (!fails(FAIL_FILES, EIO))
        return __real_fread(to, size, n, file);
    broken = file;
    return 0;
}

WRAP(int, ferror, (FILE * file))
{
    return file == broken || __real_ferror(file);
}

WRAP(int, fclose, (FILE * file))
{
    bool failed = fails(FAIL_FILES, ENOSPC);
    int result;

    if (file == broken) /* another may come to be at its address */
        broken = NULL;
    result = __real_fclose(file);
    return failed ? EOF : result;
}

WRAP(int, fflush, (FILE * file))
{
    return fails(FAIL_FILES, ENOSPC) ? EOF : __real_fflush(file);
}

/* ---- threads ---- */

WRAP(int, pthread_create,
     (pthread_t * thread, const pthread_attr_t *attr, void *(*run)(void *arg),
      void *arg))
{
    return fails(FAIL_THREADS, EAGAIN)
               ? EAGAIN
               : __real_pthread_create(thread, attr, run, arg);
}
/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */

/* ---- the disk of libraries: in place of libc's own ---- */

/* Their headers' names of parameters are libc's.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

ssize_t pread64(int fd, void *bytes, size_t size, off64_t at)
{
    return fails(FAIL_DISK, EIO) ? -1
                                 : syscall(SYS_pread64, fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    return fails(FAIL_DISK, ENOSPC)
               ? -1
               : syscall(SYS_pwrite64, fd, bytes, size, at);
}

int fdatasync(int fd)
{
    return fails(FAIL_DISK, EIO) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static ssize_t cookie_read(void *cookie, char *bytes, size_t size)
{
    return fails(FAIL_DISK, EIO) ? -1 : read(*(int *)cookie, bytes, size);
}

static int cookie_close(void *cookie)
{
    int result = close(*(int *)cookie);

    free(cookie);
    return result;
}

/* Read only: it is certificates and keys. */
FILE *fopen64(const char *path, const char *mode)
{
    const cookie_io_functions_t how = {.read = cookie_read,
                                       .close = cookie_close};
    int *fd = fails(FAIL_DISK, EIO) ? NULL : malloc(sizeof *fd);
    FILE *file = NULL;

    if (!fd)
        return NULL;
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd >= 0)
        file = fopencookie(fd, mode, how);
    if (file)
        return file;
    if (*fd >= 0)
        (void)close(*fd);
    free(fd);
    return NULL;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
