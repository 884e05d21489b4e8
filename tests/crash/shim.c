#include "shim.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/require.h"

enum { NAME_MAX_BYTES = 300, UNDO_MAX = 1 << 15, TORN = 512 };

struct shim_file {
    sqlite3_file base;
    char name[NAME_MAX_BYTES];
    sqlite3_file *real; /* behind this struct */
};

struct undo { /* one write that no sync covered yet */
    char name[NAME_MAX_BYTES];
    int64_t offset, size_before; /* of the file */
    int amount, kept;            /* kept: bytes of old[] */
    uint8_t *old, *new;          /* new NULL: a truncation */
};

static struct {
    sqlite3_vfs vfs, *real;
    sqlite3_io_methods methods;
    uint64_t count[SHIM_KINDS], at[SHIM_KINDS], more[SHIM_KINDS];
    int code[SHIM_KINDS];
    bool remember;
    struct undo undo[UNDO_MAX];
    uint32_t undos;
} shim;

static struct shim_file *of(sqlite3_file *file)
{
    return (struct shim_file *)(void *)file;
}

static bool fails(enum shim_kind kind)
{
    uint64_t n = ++shim.count[kind], at = shim.at[kind];

    return at != 0 && n >= at && n <= at + shim.more[kind];
}

static int64_t size_of(sqlite3_file *real)
{
    sqlite3_int64 size = 0;

    (void)real->pMethods->xFileSize(real, &size);
    return size;
}

static void note(struct shim_file *file, const void *data, int amount,
                 int64_t offset)
{
    struct undo *u = &shim.undo[shim.undos];
    int64_t size = size_of(file->real), old;

    if (!shim.remember)
        return;
    REQUIRE(shim.undos < UNDO_MAX);
    shim.undos++;
    old = size > offset ? size - offset : 0;
    if (data && old > amount)
        old = amount;
    memcpy(u->name, file->name, sizeof u->name);
    u->offset = offset;
    u->size_before = size;
    u->amount = amount;
    u->kept = (int)old;
    u->old = calloc(1, (size_t)old + 1);
    u->new = data ? calloc(1, (size_t)amount + 1) : NULL;
    REQUIRE(u->old != NULL);
    if (u->new)
        memcpy(u->new, data, (size_t)amount);
    if (old > 0)
        (void)file->real->pMethods->xRead(file->real, u->old, (int)old, offset);
}

static void forget(struct undo *u)
{
    free(u->old);
    free(u->new);
}

static int do_close(sqlite3_file *file)
{
    return of(file)->real->pMethods->xClose(of(file)->real);
}

static int do_read(sqlite3_file *file, void *out, int amount,
                   sqlite3_int64 offset)
{
    sqlite3_file *real = of(file)->real;

    return real->pMethods->xRead(real, out, amount, offset);
}

static int do_write(sqlite3_file *file, const void *data, int amount,
                    sqlite3_int64 offset)
{
    sqlite3_file *real = of(file)->real;

    if (fails(SHIM_WRITE))
        return shim.code[SHIM_WRITE];
    note(of(file), data, amount, offset);
    return real->pMethods->xWrite(real, data, amount, offset);
}

static int do_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    sqlite3_file *real = of(file)->real;

    if (fails(SHIM_WRITE))
        return SQLITE_IOERR_TRUNCATE;
    note(of(file), NULL, 0, size);
    return real->pMethods->xTruncate(real, size);
}

static int do_sync(sqlite3_file *file, int flags)
{
    uint32_t kept = 0;

    if (fails(SHIM_SYNC))
        return shim.code[SHIM_SYNC];
    for (uint32_t i = 0; i < shim.undos; i++) {
        if (strcmp(shim.undo[i].name, of(file)->name) == 0)
            forget(&shim.undo[i]);
        else
            shim.undo[kept++] = shim.undo[i];
    }
    shim.undos = kept;
    (void)flags; /* the disk is this list: the real one need not spin */
    return SQLITE_OK;
}

static int do_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return of(file)->real->pMethods->xFileSize(of(file)->real, size);
}

static int do_lock(sqlite3_file *file, int lock)
{
    return of(file)->real->pMethods->xLock(of(file)->real, lock);
}

static int do_unlock(sqlite3_file *file, int lock)
{
    return of(file)->real->pMethods->xUnlock(of(file)->real, lock);
}

static int do_check(sqlite3_file *file, int *out)
{
    return of(file)->real->pMethods->xCheckReservedLock(of(file)->real, out);
}

static int do_control(sqlite3_file *file, int op, void *arg)
{
    return of(file)->real->pMethods->xFileControl(of(file)->real, op, arg);
}

static int do_sector(sqlite3_file *file)
{
    return of(file)->real->pMethods->xSectorSize(of(file)->real);
}

static int do_traits(sqlite3_file *file)
{
    (void)file;
    return 0; /* a plain disk: no promise beyond the sector */
}

static int do_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file,
                   int flags, int *out)
{
    struct shim_file *ours = of(file);
    int code;

    (void)vfs;
    memset(ours, 0, sizeof *ours);
    ours->real = (sqlite3_file *)(void *)(ours + 1);
    if (name)
        strncpy(ours->name, name, sizeof ours->name - 1);
    code = shim.real->xOpen(shim.real, name, ours->real, flags, out);
    if (ours->real->pMethods)
        ours->base.pMethods = &shim.methods;
    return code;
}

void shim_install(void)
{
    shim.real = sqlite3_vfs_find(NULL);
    shim.vfs = *shim.real;
    shim.vfs.zName = "shim";
    shim.vfs.szOsFile = (int)sizeof(struct shim_file) + shim.real->szOsFile;
    shim.vfs.xOpen = do_open;
    shim.methods = (sqlite3_io_methods){.iVersion = 1,
                                        .xClose = do_close,
                                        .xRead = do_read,
                                        .xWrite = do_write,
                                        .xTruncate = do_truncate,
                                        .xSync = do_sync,
                                        .xFileSize = do_size,
                                        .xLock = do_lock,
                                        .xUnlock = do_unlock,
                                        .xCheckReservedLock = do_check,
                                        .xFileControl = do_control,
                                        .xSectorSize = do_sector,
                                        .xDeviceCharacteristics = do_traits};
    REQUIRE(sqlite3_vfs_register(&shim.vfs, 1) == SQLITE_OK);
}

void shim_fail(enum shim_kind kind, uint64_t at, uint64_t more, int code)
{
    shim.count[kind] = 0;
    shim.at[kind] = at;
    shim.more[kind] = more;
    shim.code[kind] = code;
}

uint64_t shim_count(enum shim_kind kind)
{
    return shim.count[kind];
}

void shim_remember(bool on)
{
    for (uint32_t i = 0; i < shim.undos; i++)
        forget(&shim.undo[i]);
    shim.undos = 0;
    shim.remember = on;
}

/* Back to the state before the oldest of them, newest first; then those that
 * are to stay are made again, oldest first. */
void shim_power_cut(uint64_t seed)
{
    for (uint32_t i = shim.undos; i-- > 0;) {
        struct undo *u = &shim.undo[i];
        int fd = open(u->name, O_RDWR | O_CLOEXEC);

        if (fd < 0)
            continue; /* deleted since */
        REQUIRE(pwrite(fd, u->old, (size_t)u->kept, u->offset) == u->kept);
        REQUIRE(ftruncate(fd, u->size_before) == 0);
        (void)close(fd);
    }
    for (uint32_t i = 0; i < shim.undos; i++) {
        struct undo *u = &shim.undo[i];
        int fd = open(u->name, O_RDWR | O_CLOEXEC), amount = u->amount;
        uint64_t dice = chance_below(&seed, 4);

        if (fd >= 0 && u->new &&dice < 2) {
            if (dice == 1 && amount > TORN)
                amount = TORN;
            REQUIRE(pwrite(fd, u->new, (size_t)amount, u->offset) == amount);
        }
        if (fd >= 0)
            (void)close(fd);
        forget(u);
    }
    shim.undos = 0;
}
