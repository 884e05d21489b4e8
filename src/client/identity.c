/* client/identity -- the account key and other secrets, in files that only
 * their owner can read.
 *
 * A file is written beside its place and moved there, so that it is whole or
 * not at all, and synced before. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wipe.h"
#include "client/error.h"
#include "net/entropy.h"
#include "seal/account.h"

enum { PATH_MOST = 4000, HEX = 64, LINE = 14 + HEX + 1, LINES = 2 * LINE };

/* The key file is one line of text, so that it can be kept on paper; while the
 * key is being replaced, a second line is the one to come. */
static const char MARK[] = "kindred-key-1 ", NEXT[] = "kindred-nxt-1 ";

_Static_assert(sizeof MARK == 15 && sizeof NEXT == 15, "of one size, in LINE");

static void fill_public(struct kindred_identity *identity)
{
    uint8_t secret[SEAL_ACCOUNT_SECRET];

    seal_account_keypair(identity->public_key, secret, identity->seed);
    wipe(secret, sizeof secret);
}

void kindred_identity_make(struct kindred_identity *identity)
{
    net_entropy_fill(identity->seed, sizeof identity->seed);
    fill_public(identity);
}

void kindred_identity_wipe(struct kindred_identity *identity)
{
    wipe(identity, sizeof *identity);
}

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, bytes, size);

        if (done < 0 && errno != EINTR)
            return false;
        if (done > 0) {
            bytes += done;
            size -= (size_t)done;
        }
    }
    return fsync(fd) == 0;
}

static void sync_directory(const char *path)
{
    char directory[PATH_MOST + 1];
    char *slash;
    int fd;

    (void)snprintf(directory, sizeof directory, "%s", path);
    slash = strrchr(directory, '/');
    if (slash)
        slash[slash == directory] = '\0';
    fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd); /* some file systems cannot: the file itself is synced */
    (void)close(fd);
}

/* Write path.new; move it to path, or, if path must be new, link it there. */
static enum err put_file(const char *path, const void *bytes, size_t size,
                         bool must_be_new)
{
    char fresh[PATH_MOST + 8];
    enum err err = ERR_NONE;
    int fd;

    if (strlen(path) > PATH_MOST)
        return ERR_KEY_FILE;
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    (void)unlink(fresh); /* of one who was interrupted */
    fd =
        open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return ERR_KEY_FILE;
    if (!write_all(fd, bytes, size))
        err = ERR_KEY_FILE;
    (void)close(fd);
    if (err == ERR_NONE && must_be_new) {
        if (link(fresh, path) != 0)
            err = errno == EEXIST ? ERR_KEY_FILE_EXISTS : ERR_KEY_FILE;
    } else if (err == ERR_NONE && rename(fresh, path) != 0) {
        err = ERR_KEY_FILE;
    }
    if (err != ERR_NONE || must_be_new)
        (void)unlink(fresh);
    if (err == ERR_NONE)
        sync_directory(path);
    return err;
}

/* ERR_KEY_FILE_OPEN unless the file is its owner's alone, and that is us. */
static enum err check_mode(int fd)
{
    struct stat stat;

    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode))
        return ERR_KEY_FILE;
    if ((stat.st_mode & 077) != 0 || stat.st_uid != geteuid())
        return ERR_KEY_FILE_OPEN;
    return ERR_NONE;
}

static enum err get_file(const char *path, uint8_t *bytes, size_t room,
                         size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = 1;
    enum err err;

    *size = 0;
    if (fd < 0)
        return errno == ENOENT ? ERR_KEY_FILE_MISSING : ERR_KEY_FILE;
    err = check_mode(fd);
    while (err == ERR_NONE && got != 0) {
        uint8_t extra; /* a file longer than room is not one of ours */

        got = *size < room ? read(fd, bytes + *size, room - *size)
                           : read(fd, &extra, 1);
        if ((got < 0 && errno != EINTR) || (got > 0 && *size == room))
            err = ERR_KEY_FILE;
        else if (got > 0)
            *size += (size_t)got;
    }
    (void)close(fd);
    return err;
}

bool kindred_file_save(const char *path, const void *bytes, size_t size,
                       struct kindred_error *error)
{
    enum err err = put_file(path, bytes, size, false);

    client_error_set(error, err);
    return err == ERR_NONE;
}

bool kindred_file_load(const char *path, void *bytes, size_t room, size_t *size,
                       struct kindred_error *error)
{
    enum err err = get_file(path, bytes, room, size);

    client_error_set(error, err);
    return err == ERR_NONE;
}

static void make_directory(const char *path)
{
    char directory[PATH_MOST + 1];
    char *slash;

    (void)snprintf(directory, sizeof directory, "%s", path);
    slash = strrchr(directory, '/');
    if (!slash || slash == directory)
        return;
    *slash = '\0';
    (void)mkdir(directory, 0700); /* if it fails, the file will say so */
}

static char *write_key(char line[static LINE], const char *mark,
                       const struct kindred_identity *identity)
{
    static const char digits[] = "0123456789abcdef";

    memcpy(line, mark, sizeof MARK - 1);
    line += sizeof MARK - 1;
    for (size_t i = 0; i < sizeof identity->seed; i++) {
        *line++ = digits[identity->seed[i] >> 4];
        *line++ = digits[identity->seed[i] & 15];
    }
    *line++ = '\n';
    return line;
}

/* The file of a key, and of the next if there is one. */
static enum err put_keys(const char *path,
                         const struct kindred_identity *identity,
                         const struct kindred_identity *next, bool must_be_new)
{
    char text[LINES], *end = write_key(text, MARK, identity);
    enum err err;

    if (next)
        end = write_key(end, NEXT, next);
    err = put_file(path, text, (size_t)(end - text), must_be_new);
    wipe(text, sizeof text);
    return err;
}

bool kindred_identity_create(struct kindred_identity *identity,
                             const char *path, struct kindred_error *error)
{
    enum err err;

    kindred_identity_make(identity);
    make_directory(path);
    err = put_keys(path, identity, NULL, true);
    if (err != ERR_NONE)
        kindred_identity_wipe(identity);
    client_error_set(error, err);
    return err == ERR_NONE;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One line, with or without its end. */
static bool parse_key(struct kindred_identity *identity, const char *mark,
                      const char *text, size_t size)
{
    size_t marked = sizeof MARK - 1;

    if (size > 0 && text[size - 1] == '\n')
        size--;
    if (size != marked + HEX || memcmp(text, mark, marked) != 0)
        return false;
    for (size_t i = 0; i < sizeof identity->seed; i++) {
        int high = hex(text[marked + 2 * i]);
        int low = hex(text[marked + 2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        identity->seed[i] = (uint8_t)(high << 4 | low);
    }
    fill_public(identity);
    return true;
}

/* Both keys of a file; *has_next: there is a second. */
static enum err get_keys(const char *path, struct kindred_identity *identity,
                         struct kindred_identity *next, bool *has_next)
{
    char text[LINES];
    size_t size, first;
    enum err err = get_file(path, (uint8_t *)text, sizeof text, &size);

    *has_next = err == ERR_NONE && size > LINE;
    first = *has_next ? LINE : size;
    if (err == ERR_NONE &&
        (!parse_key(identity, MARK, text, first) ||
         (*has_next && !parse_key(next, NEXT, text + LINE, size - LINE))))
        err = ERR_KEY_FILE;
    if (err != ERR_NONE) {
        kindred_identity_wipe(identity);
        kindred_identity_wipe(next);
    }
    wipe(text, sizeof text);
    return err;
}

bool kindred_identity_load(struct kindred_identity *identity, const char *path,
                           struct kindred_error *error)
{
    struct kindred_identity next;
    bool has_next;
    enum err err = get_keys(path, identity, &next, &has_next);

    kindred_identity_wipe(&next);
    client_error_set(error, err);
    return err == ERR_NONE;
}

bool kindred_identity_next(struct kindred_identity *next, const char *path,
                           struct kindred_error *error)
{
    struct kindred_identity current;
    bool has_next;
    enum err err = get_keys(path, &current, next, &has_next);

    if (err == ERR_NONE && !has_next) {
        kindred_identity_make(next);
        err = put_keys(path, &current, next, false);
        if (err != ERR_NONE)
            kindred_identity_wipe(next);
    }
    kindred_identity_wipe(&current);
    client_error_set(error, err);
    return err == ERR_NONE;
}

bool kindred_identity_promote(const char *path, struct kindred_error *error)
{
    struct kindred_identity current, next;
    bool has_next;
    enum err err = get_keys(path, &current, &next, &has_next);

    if (err == ERR_NONE)
        err = has_next ? put_keys(path, &next, NULL, false) : ERR_KEY_FILE;
    kindred_identity_wipe(&current);
    kindred_identity_wipe(&next);
    client_error_set(error, err);
    return err == ERR_NONE;
}
