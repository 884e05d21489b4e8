#include "net/channel.h"

#include <stdlib.h>

#include "base/require.h"
#include "base/wipe.h"

static enum err begin(struct net_channel *channel, struct http_host *host,
                      enum http_role side, void *user, uint64_t now_ms)
{
    enum role caller = channel->session.caller;
    struct http_share *share = channel->session.share;
    enum err err =
        http_session_init(&channel->session, host, side, user, now_ms);

    channel->session.caller = caller;
    channel->session.share = share;
    channel->begun = err == ERR_NONE;
    return err;
}

enum err net_channel_init(struct net_channel *channel,
                          const struct net_channel_config *config,
                          uint64_t now_ms)
{
    enum err err = ERR_NONE;

    *channel = (struct net_channel){.secure = !config->credentials};
    channel->session.caller = config->caller;
    channel->session.share = config->share;
    channel->session.host = config->host;
    channel->session.user = config->user;
    if (config->credentials) {
        channel->tls = malloc(sizeof *channel->tls);
        if (!channel->tls)
            return ERR_NOMEM;
        tally_add(&config->host->traffic.secure, 1);
        err = net_tls_init(channel->tls, config->credentials, config->name);
    }
    if (err == ERR_NONE && (!channel->tls || config->side == HTTP_CLIENT))
        err = begin(channel, config->host, config->side, config->user, now_ms);
    if (err != ERR_NONE)
        net_channel_close(channel);
    return err;
}

void net_channel_close(struct net_channel *channel)
{
    if (channel->begun)
        http_session_close(&channel->session);
    channel->begun = false;
    if (!channel->tls)
        return;
    net_tls_close(channel->tls);
    free(channel->tls);
    channel->tls = NULL;
    tally_sub(&channel->session.host->traffic.secure, 1);
}

/* Law 2: now it is served.  A client takes h2 alone. */
static enum err become_secure(struct net_channel *channel, uint64_t now_ms)
{
    channel->secure = true;
    if (channel->begun)
        return channel->tls->protocol == NET_PROTOCOL_H2 ? ERR_NONE
                                                         : ERR_HANDSHAKE;
    if (channel->tls->role != ROLE_NONE)
        channel->session.caller = channel->tls->role;
    return begin(channel, channel->session.host, HTTP_SERVER,
                 channel->session.user, now_ms);
}

enum err net_channel_receive(struct net_channel *channel, const uint8_t *bytes,
                             size_t size, uint8_t *plain, uint64_t now_ms)
{
    struct net_tls *tls = channel->tls;
    size_t got = 0;
    enum err err;

    tally_add(&channel->session.host->traffic.in, size);
    if (!tls)
        return http_session_receive(&channel->session, bytes, size, now_ms);
    net_tls_feed(tls, bytes, size);
    do {
        err = net_tls_read(tls, plain, NET_CHANNEL_ROOM, &got);
        if (err == ERR_NONE && tls->secure && !channel->secure)
            err = become_secure(channel, now_ms);
        if (err == ERR_NONE && got > 0)
            err = http_session_receive(&channel->session, plain, got, now_ms);
        wipe(plain, got);
    } while (err == ERR_NONE && got > 0 && net_tls_more(tls));
    channel->over = tls->over;
    return err;
}

enum err net_channel_send(struct net_channel *channel,
                          struct net_channel_turn *turn)
{
    struct net_tls *tls = channel->tls;
    size_t room = tls ? net_tls_room(tls, NET_CHANNEL_ROOM) : NET_CHANNEL_ROOM;
    size_t pulled = 0;
    enum err err;

    if (room > 0 && channel->begun)
        pulled =
            http_session_send(&channel->session, tls ? turn->plain : turn->out,
                              room, turn->now_ms);
    REQUIRE(pulled <= room);
    turn->more = room > 0 && pulled == room;
    turn->size = pulled;
    if (!tls) {
        tally_add(&channel->session.host->traffic.out, pulled);
        return ERR_NONE;
    }
    err = net_tls_send(tls, turn->plain, pulled, turn->out, NET_CHANNEL_ROOM,
                       &turn->size); /* Law 1 */
    wipe(turn->plain, pulled);
    if (turn->last && !turn->more)
        net_tls_end(tls); /* Law 3 */
    turn->more = turn->more || net_tls_waiting(tls);
    tally_add(&channel->session.host->traffic.out, turn->size);
    return err;
}
