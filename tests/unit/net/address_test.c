/* What is an address and what is not; sockets that share one, and do not. */
#include "net/address.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"

enum { CALLERS = 4 };

static void round_trip(const char *text, const char *want, bool local)
{
    char got[NET_ADDRESS_TEXT];
    struct net_address address;

    CHECK(net_address_parse(&address, text) == ERR_NONE);
    net_address_format(&address, got);
    CHECK(strcmp(got, want) == 0);
    CHECK(net_address_local(&address) == local);
}

static void refused(const char *text)
{
    struct net_address address;

    CHECK(net_address_parse(&address, text) == ERR_ADDRESS);
}

static void forms(void)
{
    char longest[256] = "unix:/";

    round_trip("127.0.0.1:50051", "127.0.0.1:50051", true);
    round_trip("127.9.9.9:0", "127.9.9.9:0", true);
    round_trip("0.0.0.0:65535", "0.0.0.0:65535", false);
    round_trip("[::1]:80", "[::1]:80", true);
    round_trip("[::]:80", "[::]:80", false);
    round_trip("unix:/run/x.sock", "unix:/run/x.sock", true);
    refused("");
    refused("127.0.0.1");
    refused("127.0.0.1:");
    refused(":50051");
    refused("127.0.0.1:65536");
    refused("127.0.0.1:100000");
    refused("127.0.0.1:-1");
    refused("127.0.0.1:0x50");
    refused("127.0.0.1: 80");
    refused("::1:80");
    refused("[::1]");
    refused("[]:80");
    refused("[::1:80");
    refused("999.0.0.1:80");
    refused("unix:");
    memset(longest + 6, 'x', 120);
    refused(longest);
    memset(longest, '1', sizeof longest - 1);
    refused(longest);
}

static void close_all(const int *fd, int n)
{
    while (n-- > 0)
        CHECK(close(fd[n]) == 0);
}

/* Our own loops share a port; a second program finds it busy, whether the
 * first shares or not. */
static void sharing(void)
{
    struct net_address address, again;
    int fd[3], other[2];

    CHECK(net_address_parse(&address, "127.0.0.1:0") == ERR_NONE);
    CHECK(net_address_bind(&address, fd, 3) == ERR_NONE);
    CHECK(net_address_port(&address) != 0);
    for (int i = 0; i < 3; i++)
        CHECK(listen(fd[i], 1) == 0);
    again = address;
    CHECK(net_address_bind(&again, other, 1) == ERR_ADDRESS_BUSY);
    CHECK(net_address_bind(&again, other, 2) == ERR_ADDRESS_BUSY);
    close_all(fd, 3);
    CHECK(net_address_bind(&again, other, 2) == ERR_NONE);
    CHECK(net_address_port(&again) == net_address_port(&address));
    close_all(other, 2);
    CHECK(net_address_parse(&address, "192.0.2.1:0") == ERR_NONE);
    CHECK(net_address_bind(&address, fd, 1) == ERR_ADDRESS); /* not ours */
}

/* A path: private, busy while somebody listens, mended when nobody does, and
 * never taken from a file that is something else. */
static void paths(void)
{
    char folder[] = "/tmp/kindred_net_XXXXXX", text[64];
    struct net_address address;
    struct stat file;
    int fd, other, caller[CALLERS];
    FILE *plain;

    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(text, sizeof text, "unix:%s/s", folder);
    CHECK(net_address_parse(&address, text) == ERR_NONE);
    CHECK(net_address_bind(&address, &fd, 1) == ERR_NONE);
    CHECK(stat(text + 5, &file) == 0);
    CHECK((file.st_mode & 0777) == 0600);
    CHECK(!net_address_share(&address));
    CHECK(stat(text + 5, &file) == 0 && (file.st_mode & 0777) == 0660);
    CHECK(listen(fd, 1) == 0);
    CHECK(net_address_bind(&address, &other, 1) == ERR_ADDRESS_BUSY);
    for (int i = 0; i < CALLERS; i++) { /* too busy to answer is not gone */
        caller[i] = socket(AF_UNIX, SOCK_STREAM, 0);
        (void)fcntl(caller[i], F_SETFL, O_NONBLOCK);
        (void)connect(caller[i], (const void *)&address.to, address.size);
    }
    CHECK(errno == EAGAIN);
    CHECK(net_address_bind(&address, &other, 1) == ERR_ADDRESS_BUSY);
    close_all(caller, CALLERS);
    CHECK(close(fd) == 0); /* as after a crash: the file stays */
    CHECK(net_address_bind(&address, &other, 1) == ERR_NONE);
    CHECK(close(other) == 0);
    CHECK(unlink(text + 5) == 0);
    plain = fopen(text + 5, "w");
    CHECK(plain && fclose(plain) == 0);
    CHECK(net_address_bind(&address, &fd, 1) == ERR_ADDRESS_BUSY);
    CHECK(stat(text + 5, &file) == 0 && S_ISREG(file.st_mode));
    CHECK(unlink(text + 5) == 0);
    CHECK(rmdir(folder) == 0);
    CHECK(net_address_bind(&address, &fd, 1) == ERR_ADDRESS);
}

int main(void)
{
    forms();
    sharing();
    paths();
    return check_report("net/address");
}
