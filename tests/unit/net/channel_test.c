/* Two channels over memory: one that calls and one that serves. */
#include "net/channel.h"

#include "echo_world.h"
#include "tls_world.h"

static struct tls_files files;
static uint8_t plain[NET_CHANNEL_ROOM], wire[NET_CHANNEL_ROOM];

struct pair {
    struct echo_world world;   /* for its handler alone */
    struct echo_caller caller; /* for its handler alone */
    struct net_credentials credentials[2];
    struct net_channel end[2]; /* caller's, server's */
    struct net_channel_turn turn[2];
    size_t records[2], writes[2]; /* that left each end */
    enum err err[2];
};

static void make(struct pair *pair, bool secure, unsigned protocols)
{
    struct net_credentials_config server = {
        .certificate = files.cert, .key = files.key, .protocols = protocols};
    struct net_credentials_config client = {
        .authorities = files.ca, .protocols = NET_PROTOCOL_H2, .client = true};
    struct net_channel_config calls = {.host = &pair->caller.host,
                                       .side = HTTP_CLIENT};
    struct net_channel_config serves = {.host = &pair->world.host,
                                        .side = HTTP_SERVER,
                                        .user = pair,
                                        .caller = ROLE_AUDITOR};

    *pair =
        (struct pair){.world = {.host = {.handler_of = echo_handler(),
                                         .wake = echo_caller_wake}},
                      .caller = {.host = {.handler_of = echo_caller_handler(),
                                          .wake = echo_caller_wake}}};
    pair->world.host.handler = &pair->world;
    pair->caller.host.handler = &pair->caller;
    CHECK(!http_session_host_init(&pair->world.host));
    CHECK(!http_session_host_init(&pair->caller.host));
    if (secure) {
        CHECK(!net_credentials_init(&pair->credentials[0], &client));
        CHECK(!net_credentials_init(&pair->credentials[1], &server));
        calls.credentials = &pair->credentials[0];
        calls.name = "localhost";
        serves.credentials = &pair->credentials[1];
    }
    CHECK(!net_channel_init(&pair->end[0], &calls, 1));
    CHECK(!net_channel_init(&pair->end[1], &serves, 1));
    CHECK(pair->end[0].begun && pair->end[1].begun == !secure); /* Law 2 */
    for (int i = 0; i < 2; i++)
        pair->turn[i] =
            (struct net_channel_turn){.plain = plain, .out = wire, .now_ms = 1};
}

static void unmake(struct pair *pair)
{
    for (int i = 0; i < 2; i++) {
        net_channel_close(&pair->end[i]);
        net_channel_close(&pair->end[i]);
        net_credentials_close(&pair->credentials[i]);
    }
    http_session_host_close(&pair->world.host);
    http_session_host_close(&pair->caller.host);
    CHECK(pair->world.begun == pair->world.ended);
}

static void count_records(struct pair *pair, int from)
{
    size_t size = pair->turn[from].size;

    for (size_t at = 0; at + 5 <= size; pair->records[from]++)
        at += 5 + ((size_t)wire[at + 3] << 8 | wire[at + 4]);
    pair->writes[from] += size > 0;
}

/* All that one end has to say now reaches the other, `step` at a time. */
static bool carry(struct pair *pair, int from, size_t step)
{
    static uint8_t inner[NET_CHANNEL_ROOM];
    struct net_channel *to = &pair->end[1 - from];
    size_t moved = 0;

    do {
        CHECK(!net_channel_send(&pair->end[from], &pair->turn[from]));
        count_records(pair, from);
        for (size_t at = 0; at < pair->turn[from].size; at += step) {
            size_t left = pair->turn[from].size - at;

            if (!pair->err[1 - from])
                pair->err[1 - from] = net_channel_receive(
                    to, wire + at, step < left ? step : left, inner, 1);
        }
        moved += pair->turn[from].size;
    } while (pair->turn[from].more);
    return moved > 0;
}

static void converse(struct pair *pair, size_t step)
{
    bool moved = true;

    while (moved && !pair->err[0] && !pair->err[1]) {
        moved = carry(pair, 0, step);
        moved |= carry(pair, 1, step);
    }
}

static void ask(struct pair *pair, size_t size)
{
    struct http_request request = {
        .method = "POST", .scheme = "https", .authority = "x", .path = "/echo"};
    enum err err;
    struct http_exchange *exchange =
        http_session_request(&pair->end[0].session, &request, NULL, &err);
    static const uint8_t body[60000];

    CHECK(exchange != NULL);
    if (size > 0)
        CHECK(!http_exchange_write(exchange, body, size));
    CHECK(!http_exchange_end(exchange, NULL, 0));
}

/* Requests made before it is secure are answered when it is, in pieces of any
 * size, and plainly without TLS. */
static void echoes(bool secure, size_t step)
{
    static struct pair pair;

    make(&pair, secure, NET_PROTOCOL_H2);
    ask(&pair, 0);
    ask(&pair, 100);
    ask(&pair, 60000);
    if (secure)
        CHECK(!net_channel_receive(&pair.end[0], NULL, 0, plain, 1));
    converse(&pair, step);
    CHECK(!pair.err[0] && !pair.err[1]);
    CHECK(pair.caller.answered == 3 && pair.caller.received == 60100);
    CHECK(pair.end[1].secure && pair.end[1].session.caller == ROLE_AUDITOR);
    CHECK(pair.end[1].session.user == &pair);
    unmake(&pair);
}

/* Law 1: the answers of a turn are one record, and many need few. */
static void coalesces(void)
{
    static struct pair pair;

    make(&pair, true, NET_PROTOCOL_H2);
    CHECK(!net_channel_receive(&pair.end[0], NULL, 0, plain, 1));
    ask(&pair, 0);
    converse(&pair, TLS_BYTES);
    for (int i = 0; i < 50; i++)
        ask(&pair, 10);
    pair.records[0] = pair.records[1] = pair.writes[1] = 0;
    (void)carry(&pair, 0, TLS_BYTES);
    (void)carry(&pair, 1, TLS_BYTES);
    CHECK(pair.caller.answered == 51);
    CHECK(pair.records[0] == 1 && pair.records[1] == 1 && pair.writes[1] == 1);
    ask(&pair, 60000);
    converse(&pair, TLS_BYTES);
    CHECK(pair.records[1] <= 2 + 4 + 3);
    unmake(&pair);
}

/* Law 3: the session's last word leaves, then TLS's, then nothing. */
static void last_word(void)
{
    static struct pair pair;

    make(&pair, true, NET_PROTOCOL_H2);
    CHECK(!net_channel_receive(&pair.end[0], NULL, 0, plain, 1));
    ask(&pair, 10);
    converse(&pair, TLS_BYTES);
    ask(&pair, 10);
    (void)carry(&pair, 0, TLS_BYTES);
    CHECK(pair.world.begun == 2);
    pair.turn[1].last = true;
    CHECK(carry(&pair, 1, TLS_BYTES));
    CHECK(pair.caller.answered == 2 && pair.end[0].over);
    CHECK(!carry(&pair, 1, TLS_BYTES));
    unmake(&pair);
}

/* Where nothing can be agreed on there is no session, and nothing was asked
 * (Law 2). */
static void no_common_protocol(void)
{
    static struct pair pair;

    make(&pair, true, NET_PROTOCOL_HTTP_1_1);
    CHECK(!net_channel_receive(&pair.end[0], NULL, 0, plain, 1));
    ask(&pair, 10);
    converse(&pair, TLS_BYTES);
    CHECK(pair.err[1] == ERR_HANDSHAKE);
    (void)carry(&pair, 1, TLS_BYTES);
    CHECK(pair.err[0] == ERR_HANDSHAKE);
    CHECK(!pair.end[1].begun && !pair.end[1].secure && pair.world.begun == 0);
    unmake(&pair);
}

/* A server without ALPN is no server of ours: a client says nothing to it. */
static void server_of_others(void)
{
    static struct pair pair;
    static uint8_t bytes[NET_CHANNEL_ROOM];
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL *ssl;
    enum err err = ERR_NONE;

    CHECK(SSL_CTX_use_certificate_file(context, files.cert, SSL_FILETYPE_PEM) ==
          1);
    CHECK(SSL_CTX_use_PrivateKey_file(context, files.key, SSL_FILETYPE_PEM) ==
          1);
    ssl = SSL_new(context);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl);
    make(&pair, true, NET_PROTOCOL_H2);
    ask(&pair, 10);
    CHECK(!net_channel_receive(&pair.end[0], NULL, 0, plain, 1));
    for (int round = 0; round < 4 && !err; round++) {
        int size;

        CHECK(!net_channel_send(&pair.end[0], &pair.turn[0]));
        (void)BIO_write(SSL_get_rbio(ssl), wire, (int)pair.turn[0].size);
        (void)SSL_do_handshake(ssl);
        size = BIO_read(SSL_get_wbio(ssl), bytes, sizeof bytes);
        if (size > 0)
            err = net_channel_receive(&pair.end[0], bytes, (size_t)size, plain,
                                      1);
    }
    CHECK(err == ERR_HANDSHAKE);
    unmake(&pair);
    SSL_free(ssl);
    SSL_CTX_free(context);
}

int main(void)
{
    tls_files_make(&files);
    for (size_t step = 1; step <= 65536; step *= 256) {
        echoes(true, step);
        echoes(false, step);
    }
    coalesces();
    last_word();
    no_common_protocol();
    server_of_others();
    tls_files_remove(&files);
    return check_report("net/channel");
}
