#define _DEFAULT_SOURCE 1 /* SO_REUSEPORT, which no standard has */
#include "net/address.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/require.h"

static const char path_mark[] = "unix:";
enum {
    PATH_MARK = sizeof path_mark - 1,
    HOST_MAX = 255,
    PORT_DIGITS = 5,
    DIGITS_MAX = 96
};

static enum err parse_path(struct net_address *address, const char *path)
{
    struct sockaddr_un *to = (void *)&address->to;
    size_t size = strlen(path);

    if (size == 0 || size >= sizeof to->sun_path)
        return ERR_ADDRESS;
    to->sun_family = AF_UNIX;
    memcpy(to->sun_path, path, size + 1);
    address->size = sizeof *to;
    return ERR_NONE;
}

static bool port_valid(const char *port)
{
    size_t digits = strspn(port, "0123456789");
    uint32_t value = 0;

    if (digits == 0 || digits > PORT_DIGITS || port[digits] != '\0')
        return false;
    while (*port)
        value = value * 10 + (uint32_t)(*port++ - '0');
    return value <= UINT16_MAX;
}

static enum err resolve(struct net_address *address, const char *host,
                        const char *port)
{
    struct addrinfo hint = {.ai_socktype = SOCK_STREAM,
                            .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found;

    if (getaddrinfo(host, port, &hint, &found))
        return ERR_ADDRESS;
    REQUIRE(found->ai_addrlen <= sizeof address->to);
    memcpy(&address->to, found->ai_addr, found->ai_addrlen);
    address->size = found->ai_addrlen;
    freeaddrinfo(found);
    return ERR_NONE;
}

enum err net_address_parse(struct net_address *address, const char *text)
{
    const char *colon = strrchr(text, ':');
    char host[HOST_MAX + 1];
    size_t size;

    *address = (struct net_address){0};
    if (strncmp(text, path_mark, PATH_MARK) == 0)
        return parse_path(address, text + PATH_MARK);
    if (!colon || !port_valid(colon + 1))
        return ERR_ADDRESS;
    size = (size_t)(colon - text);
    if (size >= 2 && text[0] == '[' && text[size - 1] == ']') {
        text++;
        size -= 2;
    } else if (memchr(text, ':', size)) {
        return ERR_ADDRESS; /* an IPv6 address without brackets */
    }
    if (size == 0 || size > HOST_MAX)
        return ERR_ADDRESS;
    memcpy(host, text, size);
    host[size] = '\0';
    return resolve(address, host, colon + 1);
}

void net_address_format(const struct net_address *address,
                        char text[static NET_ADDRESS_TEXT])
{
    const struct sockaddr_un *path = (const void *)&address->to;
    char host[DIGITS_MAX];
    bool v6 = address->to.ss_family == AF_INET6;
    int size;

    if (net_address_is_path(address)) {
        size =
            snprintf(text, NET_ADDRESS_TEXT, "%s%s", path_mark, path->sun_path);
    } else if (getnameinfo((const void *)&address->to, address->size, host,
                           sizeof host, NULL, 0, NI_NUMERICHOST)) {
        size = snprintf(text, NET_ADDRESS_TEXT, "?");
    } else {
        size =
            snprintf(text, NET_ADDRESS_TEXT, "%s%s%s:%u", v6 ? "[" : "", host,
                     v6 ? "]" : "", (unsigned)net_address_port(address));
    }
    REQUIRE(size > 0);
    REQUIRE(size < NET_ADDRESS_TEXT);
}

bool net_address_is_path(const struct net_address *address)
{
    return address->to.ss_family == AF_UNIX;
}

bool net_address_local(const struct net_address *address)
{
    const struct sockaddr_in *v4 = (const void *)&address->to;
    const struct sockaddr_in6 *v6 = (const void *)&address->to;

    if (address->to.ss_family == AF_INET)
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    if (address->to.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    return net_address_is_path(address);
}

uint16_t net_address_port(const struct net_address *address)
{
    const struct sockaddr_in *v4 = (const void *)&address->to;
    const struct sockaddr_in6 *v6 = (const void *)&address->to;

    if (address->to.ss_family == AF_INET)
        return ntohs(v4->sin_port);
    return address->to.ss_family == AF_INET6 ? ntohs(v6->sin6_port) : 0;
}

static enum err bind_failed(void)
{
    switch (errno) {
    case EADDRINUSE:
        return ERR_ADDRESS_BUSY;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_ADDRESS_DENIED;
    case EMFILE:
    case ENFILE:
        return ERR_FULL;
    case ENOBUFS:
    case ENOMEM:
        return ERR_NOMEM;
    default:
        return ERR_ADDRESS;
    }
}

/* A socket bound to *address, or -1 and errno.  Sharing a port must be said
 * by every socket that does. */
static int bound(const struct net_address *address, bool shared)
{
    int fd = socket(address->to.ss_family, SOCK_STREAM, 0);
    int yes = 1, saved;

    if (fd < 0)
        return -1;
    if (!net_address_is_path(address) &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes))
        goto failed;
    if (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes))
        goto failed;
    if (bind(fd, (const void *)&address->to, address->size) == 0)
        return fd;
failed:
    saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

/* A socket file that refuses a caller has nobody behind it. */
static bool stale(const struct net_address *address)
{
    const struct sockaddr_un *path = (const void *)&address->to;
    struct stat file;
    bool refused;
    int fd;

    if (lstat(path->sun_path, &file) || !S_ISSOCK(file.st_mode))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return false;
    (void)fcntl(fd, F_SETFL, O_NONBLOCK); /* somebody may be slow to accept */
    refused = connect(fd, (const void *)&address->to, address->size) != 0 &&
              errno == ECONNREFUSED;
    (void)close(fd);
    return refused;
}

/* Nobody gets in between bind and chmod: the socket does not listen yet. */
static enum err bind_path(const struct net_address *address, int *fd)
{
    const struct sockaddr_un *path = (const void *)&address->to;
    enum err err;

    *fd = bound(address, false);
    if (*fd < 0 && errno == EADDRINUSE) {
        if (!stale(address))
            return ERR_ADDRESS_BUSY;
        if (unlink(path->sun_path))
            return bind_failed();
        *fd = bound(address, false);
    }
    if (*fd < 0)
        return bind_failed();
    if (chmod(path->sun_path, S_IRUSR | S_IWUSR)) {
        err = bind_failed();
        (void)close(*fd);
        (void)unlink(path->sun_path);
        return err;
    }
    return ERR_NONE;
}

enum err net_address_bind(struct net_address *address, int fd[], uint32_t n)
{
    uint32_t held = 0;
    enum err err;
    int probe;

    REQUIRE(n > 0);
    if (net_address_is_path(address)) {
        REQUIRE(n == 1);
        return bind_path(address, fd);
    }
    /* Sockets that share would also share with those of another process of
     * the same user: one that does not share finds out first. */
    probe = bound(address, false);
    if (probe < 0)
        return bind_failed();
    (void)close(probe);
    while (held < n) {
        fd[held] = bound(address, true);
        if (fd[held] < 0)
            goto failed;
        held++;
        if (getsockname(fd[0], (void *)&address->to, &address->size))
            goto failed;
    }
    return ERR_NONE;
failed:
    err = bind_failed();
    while (held > 0)
        (void)close(fd[--held]);
    return err;
}

enum err net_address_share(const struct net_address *address)
{
    const struct sockaddr_un *path = (const void *)&address->to;

    REQUIRE(net_address_is_path(address));
    return chmod(path->sun_path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP)
               ? ERR_ADDRESS_DENIED
               : ERR_NONE;
}
