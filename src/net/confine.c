#define _GNU_SOURCE 1 /* syscall, O_PATH, CLONE_THREAD, which no standard has */
#include "net/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <openssl/crypto.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/require.h"
#include "base/wipe.h"

/* Of kernels newer than the headers may be; landlock(7). */
enum {
    LANDLOCK_1 = (1 << 13) - 1, /* all of the first version */
    LANDLOCK_REFER = 1 << 13,   /* 2: from one directory into another */
    LANDLOCK_TRUNCATE = 1 << 14,
    LANDLOCK_IOCTL = 1 << 15,      /* 5: of devices */
    LANDLOCK_TCP = 1 << 0 | 1 << 1 /* 4: bind, connect */
};

struct ruleset {
    uint64_t files, tcp;
};

enum { CAPABILITIES = 64 };

enum { SECRETS = 1 << 20, SECRET_LEAST = 32 }; /* bytes */

/* --- files --- */

static uint64_t known_rights(long version)
{
    return (uint64_t)LANDLOCK_1 | (version >= 2 ? LANDLOCK_REFER : 0) |
           (version >= 3 ? LANDLOCK_TRUNCATE : 0) |
           (version >= 5 ? LANDLOCK_IOCTL : 0);
}

static uint64_t rights(enum net_confine_use use, bool directory)
{
    const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE,
                   list = LANDLOCK_ACCESS_FS_READ_DIR,
                   write = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_TRUNCATE,
                   make = LANDLOCK_ACCESS_FS_MAKE_REG |
                          LANDLOCK_ACCESS_FS_REMOVE_FILE;

    switch (use) {
    case NET_CONFINE_READ:
        return read | (directory ? list : 0);
    case NET_CONFINE_WRITE:
        return read | write | (directory ? list | make : 0);
    case NET_CONFINE_REMOVE:
        return directory ? LANDLOCK_ACCESS_FS_REMOVE_FILE : 0;
    }
    REQUIRE(!"a use");
    return 0;
}

static bool open_place(int ruleset, const struct net_confine_place *place,
                       uint64_t known)
{
    struct landlock_path_beneath_attr rule = {
        .parent_fd = open(place->path, O_PATH | O_CLOEXEC)};
    struct stat info;
    bool good = true;

    if (rule.parent_fd < 0)
        return true;
    good = fstat(rule.parent_fd, &info) == 0;
    if (good) {
        rule.allowed_access = rights(place->use, S_ISDIR(info.st_mode)) & known;
        good = rule.allowed_access == 0 ||
               syscall(SYS_landlock_add_rule, ruleset,
                       LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    }
    (void)close(rule.parent_fd);
    return good;
}

/* Law 2 */
static bool hold_files(const struct net_confine_place place[], uint32_t places)
{
    const long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
                                 LANDLOCK_CREATE_RULESET_VERSION);
    const struct ruleset rules = {.files = known_rights(version),
                                  .tcp = version >= 4 ? LANDLOCK_TCP : 0};
    bool good = true;
    int ruleset;

    if (version < 1)
        return false;
    ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (ruleset < 0)
        return false;
    for (uint32_t i = 0; i < places; i++)
        good = open_place(ruleset, &place[i], rules.files) && good;
    good = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 && good;
    (void)close(ruleset);
    return good;
}

/* --- system calls --- */

/* Whole families: what memory, files that are open or may be, sockets that are
 * there, waiting, threads and the clock take. */
static const int allowed[] = {SCMP_SYS(accept),
                              SCMP_SYS(accept4),
                              SCMP_SYS(access),
                              SCMP_SYS(brk),
                              SCMP_SYS(clock_getres),
                              SCMP_SYS(clock_gettime),
                              SCMP_SYS(clock_nanosleep),
                              SCMP_SYS(close),
                              SCMP_SYS(dup),
                              SCMP_SYS(epoll_create1),
                              SCMP_SYS(epoll_ctl),
                              SCMP_SYS(epoll_pwait),
                              SCMP_SYS(epoll_wait),
                              SCMP_SYS(eventfd2),
                              SCMP_SYS(exit),
                              SCMP_SYS(exit_group),
                              SCMP_SYS(faccessat),
                              SCMP_SYS(faccessat2),
                              SCMP_SYS(fallocate),
                              SCMP_SYS(fchmod),
                              SCMP_SYS(fchown),
                              SCMP_SYS(fcntl),
                              SCMP_SYS(fdatasync),
                              SCMP_SYS(fstat),
                              SCMP_SYS(fstatfs),
                              SCMP_SYS(fsync),
                              SCMP_SYS(ftruncate),
                              SCMP_SYS(futex),
                              SCMP_SYS(getcwd),
                              SCMP_SYS(getdents64),
                              SCMP_SYS(getegid),
                              SCMP_SYS(geteuid),
                              SCMP_SYS(getgid),
                              SCMP_SYS(getpeername),
                              SCMP_SYS(getpid),
                              SCMP_SYS(getppid),
                              SCMP_SYS(getrandom),
                              SCMP_SYS(getrlimit),
                              SCMP_SYS(getrusage),
                              SCMP_SYS(getsockname),
                              SCMP_SYS(getsockopt),
                              SCMP_SYS(gettid),
                              SCMP_SYS(gettimeofday),
                              SCMP_SYS(getuid),
                              SCMP_SYS(lseek),
                              SCMP_SYS(lstat),
                              SCMP_SYS(madvise),
                              SCMP_SYS(membarrier),
                              SCMP_SYS(mlock),
                              SCMP_SYS(mremap),
                              SCMP_SYS(munlock),
                              SCMP_SYS(munmap),
                              SCMP_SYS(nanosleep),
                              SCMP_SYS(newfstatat),
                              SCMP_SYS(open),
                              SCMP_SYS(openat),
                              SCMP_SYS(pipe2),
                              SCMP_SYS(poll),
                              SCMP_SYS(ppoll),
                              SCMP_SYS(pread64),
                              SCMP_SYS(preadv),
                              SCMP_SYS(pwrite64),
                              SCMP_SYS(pwritev),
                              SCMP_SYS(read),
                              SCMP_SYS(readlink),
                              SCMP_SYS(readlinkat),
                              SCMP_SYS(readv),
                              SCMP_SYS(recvfrom),
                              SCMP_SYS(recvmsg),
                              SCMP_SYS(restart_syscall),
                              SCMP_SYS(rseq),
                              SCMP_SYS(rt_sigaction),
                              SCMP_SYS(rt_sigprocmask),
                              SCMP_SYS(rt_sigreturn),
                              SCMP_SYS(sched_getaffinity),
                              SCMP_SYS(sched_yield),
                              SCMP_SYS(sendmsg),
                              SCMP_SYS(sendto),
                              SCMP_SYS(set_robust_list),
                              SCMP_SYS(setsockopt),
                              SCMP_SYS(shutdown),
                              SCMP_SYS(sigaltstack),
                              SCMP_SYS(stat),
                              SCMP_SYS(statx),
                              SCMP_SYS(sysinfo),
                              SCMP_SYS(uname),
                              SCMP_SYS(unlink),
                              SCMP_SYS(unlinkat),
                              SCMP_SYS(write),
                              SCMP_SYS(writev)};

/* What no part of a server ever tries: who does is an intruder. */
static const int deadly[] = {SCMP_SYS(execve),
                             SCMP_SYS(execveat),
                             SCMP_SYS(ptrace),
                             SCMP_SYS(process_vm_readv),
                             SCMP_SYS(process_vm_writev),
                             SCMP_SYS(bpf),
                             SCMP_SYS(perf_event_open),
                             SCMP_SYS(init_module),
                             SCMP_SYS(finit_module),
                             SCMP_SYS(mount),
                             SCMP_SYS(pivot_root),
                             SCMP_SYS(setns),
                             SCMP_SYS(unshare),
                             SCMP_SYS(kexec_load)};

/* A call that is allowed where argument `at`, as masked, is `value`. */
struct narrow {
    int call;
    unsigned at;
    uint64_t mask, value;
};

static bool allow_narrow(scmp_filter_ctx filter)
{
    const uint64_t all = UINT64_MAX;
    /* clone3 has its flags in memory, where a filter cannot look: it is not
     * there, and libc takes clone. */
    const struct narrow narrow[] = {
        {SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD},
        {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
        {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
        {SCMP_SYS(prctl), 0, all, PR_SET_NAME},
        {SCMP_SYS(prlimit64), 2, all, 0}, /* to ask, not to set */
        {SCMP_SYS(ioctl), 1, all, FIONBIO},
        {SCMP_SYS(ioctl), 1, all, FIONREAD},
        {SCMP_SYS(tgkill), 0, all, (uint64_t)getpid()}}; /* abort() */
    int failed = 0;

    for (size_t i = 0; i < sizeof narrow / sizeof narrow[0]; i++) {
        const struct scmp_arg_cmp only = {.arg = narrow[i].at,
                                          .op = SCMP_CMP_MASKED_EQ,
                                          .datum_a = narrow[i].mask,
                                          .datum_b = narrow[i].value};

        failed |= seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, narrow[i].call,
                                         1, &only);
    }
    return failed == 0;
}

/* Law 1.  No call of ours runs what others wrote, so the kernel need not slow
 * the processor down as it does for those who do (SSB). */
static bool hold_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int failed = 0;
    bool good;

    if (!filter)
        return false;
    failed |= seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
                               SCMP_ACT_KILL_PROCESS);
    failed |= seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    failed |= seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    failed |= seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    /* A processor that has not one of them has no need of its rule. */
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
    good = allow_narrow(filter) && failed == 0 && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return good;
}

/* --- capabilities --- */

static bool hold_capabilities(void)
{
    struct __user_cap_header_struct who = {.version =
                                               _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

    for (unsigned long i = 0; i < CAPABILITIES; i++)
        (void)prctl(PR_CAPBSET_DROP, i); /* who may not has none to lose */
    return syscall(SYS_capset, &who, none) == 0;
}

/* --- memory --- */

static void *take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(size);
}

static void *take_more(void *piece, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return piece ? wipe_realloc(piece, size) : malloc(size);
}

static void give(void *piece, const char *file, int line)
{
    (void)file;
    (void)line;
    wipe_free(piece);
}

/* OpenSSL wipes what it frees: while it reads a key there are copies that it
 * forgets to.  The keys, and those of handshakes, lie in pages that are
 * locked and in no core dump; once these are used up handshakes fail, so there
 * are many.  For the process, at its start. */
static void keep_secrets(void)
{
    CRYPTO_malloc_fn has_take;
    CRYPTO_realloc_fn has_more;
    CRYPTO_free_fn has_give;

    CRYPTO_get_mem_functions(&has_take, &has_more, &has_give);
    if (has_give == CRYPTO_free) /* nobody else's */
        (void)CRYPTO_set_mem_functions(take, take_more, give);
    if (!CRYPTO_secure_malloc_initialized())
        (void)CRYPTO_secure_malloc_init(SECRETS, SECRET_LEAST);
}

/* libuv from 1.45 on gives each loop a ring of io_uring(7), and cannot do without
 * once it has one.  What is put into a ring is no system call that a filter
 * sees: so there never is one, and libuv does without. */
static void refuse_rings(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    if (!filter)
        return;
    if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1) == 0 &&
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
                         SCMP_SYS(io_uring_setup), 0) == 0)
        (void)seccomp_load(filter);
    seccomp_release(filter);
}

void net_confine_memory(void)
{
    /* 1, not 0: with 0 a core still goes to a core_pattern that is a pipe. */
    const struct rlimit none = {.rlim_cur = 1, .rlim_max = 1};

    (void)setrlimit(RLIMIT_CORE, &none);
#ifndef KINDRED_SANITIZED
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

void net_confine_start(void)
{
    net_confine_memory();
    keep_secrets();
#ifndef KINDRED_SANITIZED
    refuse_rings();
#else
    (void)refuse_rings;
#endif
}

struct net_confined net_confine(const struct net_confine_place place[],
                                uint32_t places)
{
    struct net_confined held = {0}; /* Law 3 */

#ifndef KINDRED_SANITIZED
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
        held.files = hold_files(place, places);
        held.capabilities = hold_capabilities();
        held.calls = hold_calls(); /* last: it takes the others away */
    }
#else
    (void)place;
    (void)places;
    (void)hold_files;
    (void)hold_capabilities;
    (void)hold_calls;
#endif
    return held;
}
