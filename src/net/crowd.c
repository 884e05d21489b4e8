#include "net/crowd.h"

#include <netinet/in.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/pace.h"
#include "base/require.h"
#include "base/wipe.h"
#include "net/entropy.h"

enum { PREFIX = 8, ID_BYTES = 16 };

enum err net_crowd_init(struct net_crowd *crowd,
                        const struct net_crowd_config *config)
{
    const uint32_t slots = map_slots_for(config->places);
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);

    REQUIRE(config->connections_max > 0 && config->connections_per_s > 0);
    REQUIRE(config->calls.open_max > 0 && config->calls.per_s > 0);
    *crowd = (struct net_crowd){.config = *config};
    crowd->mac = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    crowd->slot = calloc(slots, sizeof *crowd->slot);
    crowd->place = calloc(config->places, sizeof *crowd->place);
    if (!crowd->mac || !crowd->slot || !crowd->place ||
        pthread_mutex_init(&crowd->lock, NULL) != 0) {
        EVP_MAC_CTX_free(crowd->mac);
        free(crowd->slot);
        free(crowd->place);
        *crowd = (struct net_crowd){0};
        return ERR_NOMEM;
    }
    map_init(&crowd->map, crowd->slot, slots);
    list_init(&crowd->left);
    net_entropy_fill(crowd->key, sizeof crowd->key);
    return ERR_NONE;
}

void net_crowd_close(struct net_crowd *crowd)
{
    if (!crowd->place)
        return;
    EVP_MAC_CTX_free(crowd->mac);
    free(crowd->slot);
    free(crowd->place);
    (void)pthread_mutex_destroy(&crowd->lock);
    wipe(crowd, sizeof *crowd);
}

/* The bytes that tell one caller from another; none: not counted. */
static size_t prefix_of(const struct net_address *from, uint8_t bytes[PREFIX])
{
    const struct sockaddr_in *four = (const void *)&from->to;
    const struct sockaddr_in6 *six = (const void *)&from->to;

    if (from->to.ss_family == AF_INET) {
        memcpy(bytes, &four->sin_addr, 4);
        return 4;
    }
    if (from->to.ss_family != AF_INET6)
        return 0;
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        memcpy(bytes, six->sin6_addr.s6_addr + 12, 4);
        return 4;
    }
    memcpy(bytes, six->sin6_addr.s6_addr, PREFIX);
    return PREFIX;
}

static bool is_local(const uint8_t bytes[PREFIX], size_t size,
                     const struct net_address *from)
{
    return net_address_local(from) || (size == 4 && bytes[0] == IN_LOOPBACKNET);
}

/* Law 4.  Under the lock: there is one hash for all. */
static uint64_t id_of(struct net_crowd *crowd, const uint8_t bytes[PREFIX],
                      size_t size)
{
    uint8_t out[ID_BYTES];
    size_t made = 0;
    uint64_t id;
    int good = EVP_MAC_init(crowd->mac, crowd->key, sizeof crowd->key, NULL);

    good = good && EVP_MAC_update(crowd->mac, bytes, size) &&
           EVP_MAC_final(crowd->mac, out, &made, sizeof out);
    REQUIRE(good);
    REQUIRE(made >= sizeof id);
    memcpy(&id, out, sizeof id);
    return id ? id : 1;
}

/* Law 3; a place that was never used is not touched before. */
static struct net_crowd_place *free_place(struct net_crowd *crowd)
{
    struct net_crowd_place *place;
    struct list *node;
    bool was;

    if (crowd->used < crowd->config.places)
        return &crowd->place[crowd->used++];
    node = list_pop_front(&crowd->left);
    if (!node)
        return NULL;
    place = LIST_ENTRY(node, struct net_crowd_place, by_left);
    REQUIRE(place->connections == 0);
    REQUIRE(atomic_load(&place->share.open) == 0);
    was = map_remove(&crowd->map, place->id);
    REQUIRE(was);
    return place;
}

/* The place of that id, old or new; NULL: all are taken. */
static struct net_crowd_place *find(struct net_crowd *crowd, uint64_t id)
{
    uint32_t at = map_get(&crowd->map, id);
    struct net_crowd_place *place;
    enum err err;

    if (at != MAP_NONE)
        return &crowd->place[at];
    place = free_place(crowd);
    if (!place)
        return NULL;
    err = map_put(&crowd->map, id, (uint32_t)(place - crowd->place));
    REQUIRE(err == ERR_NONE);
    *place = (struct net_crowd_place){.share = {.limits = &crowd->config.calls},
                                      .id = id};
    list_push_back(&crowd->left, &place->by_left);
    return place;
}

static enum err enter(struct net_crowd *crowd, struct net_crowd_place *place,
                      uint64_t now_ms)
{
    const struct net_crowd_config *config = &crowd->config;

    if (!place) {
        log_event(LOG_CONNECTION_REFUSED, 1, ERR_FULL);
        return ERR_FULL;
    }
    if (place->connections >= config->connections_max) { /* Law 1 */
        log_event(LOG_ADDRESS_CONNECTIONS, 1, ERR_FULL);
        return ERR_FULL;
    }
    if (!pace_take(&place->due_us, config->connections_per_s,
                   now_ms)) { /* Law 2 */
        log_event(LOG_ADDRESS_CONNECTIONS_FAST, 1, ERR_FULL);
        return ERR_FULL;
    }
    if (place->connections++ == 0)
        list_unlink(&place->by_left);
    return ERR_NONE;
}

enum err net_crowd_enter(struct net_crowd *crowd,
                         const struct net_address *from, uint64_t now_ms,
                         struct net_crowd_place **place)
{
    uint8_t bytes[PREFIX];
    size_t size = prefix_of(from, bytes);
    enum err err;

    *place = NULL;
    if (size == 0 || (!crowd->config.local && is_local(bytes, size, from)))
        return ERR_NONE;
    (void)pthread_mutex_lock(&crowd->lock);
    *place = find(crowd, id_of(crowd, bytes, size));
    err = enter(crowd, *place, now_ms);
    (void)pthread_mutex_unlock(&crowd->lock);
    wipe(bytes, sizeof bytes);
    if (err != ERR_NONE)
        *place = NULL;
    return err;
}

void net_crowd_leave(struct net_crowd *crowd, struct net_crowd_place *place)
{
    if (!place)
        return;
    (void)pthread_mutex_lock(&crowd->lock);
    REQUIRE(place->connections > 0);
    if (--place->connections == 0)
        list_push_back(&crowd->left, &place->by_left);
    (void)pthread_mutex_unlock(&crowd->lock);
}
