#include "server/master.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static char folder[64], path[96];

static void put_key(const void *bytes, size_t size, mode_t mode)
{
    int fd;

    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
    CHECK(fd >= 0);
    CHECK(write(fd, bytes, size) == (ssize_t)size);
    CHECK(fchmod(fd, mode) == 0);
    (void)close(fd);
}

static void made_once(void)
{
    struct seal_keys one, two;
    struct stat info;

    CHECK(server_master_load(folder, false, &one) != NULL); /* never anew */
    CHECK(access(path, F_OK) != 0);
    CHECK(server_master_load(folder, true, &one) == NULL);
    CHECK(stat(path, &info) == 0);
    CHECK((info.st_mode & 0777) == 0600 && info.st_size == SEAL_KEY);
    CHECK(server_master_load(folder, true, &two) == NULL);
    CHECK(memcmp(&one, &two, sizeof one) == 0);
    CHECK(server_master_load(folder, false, &two) == NULL);
    CHECK(memcmp(&one, &two, sizeof one) == 0);
    (void)unlink(path);
    CHECK(server_master_load(folder, true, &two) == NULL);
    CHECK(memcmp(&one, &two, sizeof one) != 0);
    seal_keys_close(&one);
    seal_keys_close(&two);
}

static void refused(void)
{
    static const mode_t open_modes[] = {0640, 0604, 0660, 0666, 0610, 0601};
    uint8_t bytes[SEAL_KEY + 1] = {1};
    struct seal_keys keys;
    char other[128], leftover[128];

    for (size_t size = 0; size <= sizeof bytes; size++) {
        const char *wrong;

        put_key(bytes, size, 0600);
        wrong = server_master_load(folder, false, &keys);
        CHECK((wrong == NULL) == (size == SEAL_KEY));
    }
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        put_key(bytes, SEAL_KEY, open_modes[i]);
        CHECK(server_master_load(folder, false, &keys) != NULL);
    }
    put_key(bytes, SEAL_KEY, 0400);
    CHECK(server_master_load(folder, false, &keys) == NULL);
    (void)snprintf(other, sizeof other, "%s/elsewhere", folder);
    CHECK(rename(path, other) == 0);
    CHECK(symlink(other, path) == 0);
    CHECK(server_master_load(folder, false, &keys) != NULL); /* a link */
    (void)unlink(path);
    CHECK(mkdir(path, 0700) == 0);
    CHECK(server_master_load(folder, false, &keys) != NULL); /* a folder */
    (void)rmdir(path);
    (void)unlink(other);
    /* A start that was cut short left its half behind. */
    (void)snprintf(leftover, sizeof leftover, "%s.new", path);
    CHECK(rename(path, leftover) != 0);
    put_key(bytes, 5, 0600);
    CHECK(rename(path, leftover) == 0);
    CHECK(server_master_load(folder, true, &keys) == NULL);
    CHECK(access(leftover, F_OK) != 0);
    CHECK(server_master_load("/nowhere/at/all", true, &keys) != NULL);
    seal_keys_close(&keys);
}

int main(void)
{
    static char far[700];
    struct seal_keys keys;

    CHECK(sodium_init() >= 0);
    (void)snprintf(folder, sizeof folder, "/tmp/kindred-master-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/master.key", folder);
    made_once();
    refused();
    memset(far, 'x', sizeof far - 1);
    CHECK(server_master_load(far, true, &keys) != NULL);
    (void)unlink(path);
    CHECK(rmdir(folder) == 0);
    return check_report("server/master");
}
