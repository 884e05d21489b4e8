#include "server/master.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wipe.h"
#include "net/entropy.h"
#include "server/file.h"

enum { PATH_BYTES = 512 };

/* Make the file under another name first: a key is whole or not there. */
static const char *make(const char *directory, const char *path,
                        uint8_t master[static SEAL_KEY])
{
    char fresh[PATH_BYTES + 8];
    int fd, folder;
    bool good;

    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    (void)unlink(fresh);
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return "master.key cannot be made";
    net_entropy_fill(master, SEAL_KEY);
    good = server_file_write(fd, master, SEAL_KEY) && fsync(fd) == 0;
    good = close(fd) == 0 && good && rename(fresh, path) == 0;
    folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        good = fsync(folder) == 0 && good;
        (void)close(folder);
    }
    return good ? NULL : "master.key cannot be written";
}

static const char *read_key(const char *path, uint8_t master[static SEAL_KEY])
{
    uint8_t more;
    struct stat info;
    ssize_t size;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    const char *wrong = NULL;

    if (fd < 0)
        return "master.key cannot be read";
    size = read(fd, master, SEAL_KEY);
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        wrong = "master.key is not a file";
    else if ((info.st_mode & 077) != 0)
        wrong = "master.key can be read by others: chmod 600 it";
    else if (size != SEAL_KEY || read(fd, &more, 1) != 0)
        wrong = "master.key is not a key of 32 bytes";
    (void)close(fd);
    return wrong;
}

const char *server_master_load(const char *directory, bool fresh,
                               struct seal_keys *keys)
{
    uint8_t master[SEAL_KEY];
    char path[PATH_BYTES];
    const char *wrong;
    int size = snprintf(path, sizeof path, "%s/master.key", directory);

    if (size < 0 || (size_t)size >= sizeof path)
        return "the name of the data directory is too long";
    if (access(path, F_OK) == 0)
        wrong = read_key(path, master);
    else if (fresh)
        wrong = make(directory, path, master);
    else
        wrong = "master.key is missing beside an existing database";
    if (!wrong)
        seal_keys_init(keys, master);
    wipe(master, sizeof master);
    return wrong;
}
