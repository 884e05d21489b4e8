/* rpc_world -- a gRPC server and a plain client, joined by memory (wire.h).
 *
 * The server has grpc.testing.TestService bound to the handlers of the test;
 * the client sends whatever bytes a test wants and collects what comes.  It is
 * long because it is a whole client. */
#ifndef RPC_WORLD_H
#define RPC_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pb/testing.api.h"
#include "rpc/frame.h"
#include "rpc/server.h"
#include "rpc/status.h"
#include "wire.h"

struct result { /* of one call of the client */
    struct http_exchange *exchange;
    int messages, http;
    uint8_t *last; /* the newest message */
    size_t last_size;
    bool last_compressed;
    bool closed, headed;
    enum err why;
    struct rpc_status status;
    bool still; /* do not read */
    bool said_encodings;
};

struct rpc_world {
    struct wire wire;
    struct rpc_server server;
};

static inline void rpc_world_begin(void *self, struct http_exchange *exchange)
{
    (void)self;
    (void)exchange;
    abort();
}

static inline void rpc_world_readable(void *self,
                                      struct http_exchange *exchange)
{
    struct result *result = exchange->user;
    struct rpc_frame frame;

    (void)self;
    result->headed = true;
    result->http = exchange->status;
    result->said_encodings |=
        http_exchange_header(exchange, "grpc-accept-encoding") != NULL;
    while (!result->still && exchange->status == 200 &&
           rpc_frame_peek(buf_head(&exchange->in), buf_size(&exchange->in),
                          RPC_RESPONSE_MAX, &frame) == ERR_NONE &&
           frame.whole) {
        free(result->last);
        result->last = malloc(frame.size + 1);
        memcpy(result->last, frame.message, frame.size);
        result->last_size = frame.size;
        result->last_compressed = frame.compressed;
        result->messages++;
        http_exchange_consume(exchange, RPC_FRAME_HEAD + frame.size);
    }
    if (!result->still && !frame.whole && frame.size > 0)
        http_exchange_want(exchange, RPC_FRAME_HEAD + frame.size);
    if (exchange->in_ended)
        rpc_status_read(exchange, ERR_NONE, &result->status);
}

static inline void rpc_world_writable(void *self,
                                      struct http_exchange *exchange)
{
    (void)self;
    (void)exchange;
}

static inline void rpc_world_closed(void *self, struct http_exchange *exchange,
                                    enum err why)
{
    struct result *result = exchange->user;

    (void)self;
    if (!exchange->in_ended)
        rpc_status_read(exchange, why, &result->status);
    result->closed = true;
    result->why = why;
    result->exchange = NULL;
}

static const struct http_handler RPC_WORLD_CLIENT = {
    rpc_world_begin, rpc_world_readable, rpc_world_writable, rpc_world_closed};

static inline void rpc_world_open(struct rpc_world *world,
                                  const struct rpc_limits *limits)
{
    if (rpc_server_init(&world->server, 3, &testing_api, limits) != ERR_NONE)
        abort();
    wire_open(&world->wire, &RPC_WORLD_CLIENT, world, rpc_server_handler(),
              &world->server);
}

static inline void rpc_world_close(struct rpc_world *world)
{
    wire_close(&world->wire);
    rpc_server_close(&world->server);
}

/* Begin a call with more headers; count fields. */
static inline struct http_exchange *
rpc_world_call(struct rpc_world *world, struct result *result, const char *path,
               const struct http_field *more, size_t count)
{
    struct http_field fields[16] = {
        HTTP_FIELD("content-type", "application/grpc"),
        HTTP_FIELD("te", "trailers")};
    struct http_request request = {"POST", "http", "test",
                                   path,   fields, 2 + count};
    enum err err;

    *result = (struct result){0};
    for (size_t i = 0; i < count; i++)
        fields[2 + i] = more[i];
    result->exchange =
        http_session_request(&world->wire.client, &request, result, &err);
    if (!result->exchange) { /* the connection is at its end */
        result->closed = true;
        result->status.code = err_status(err);
    }
    return result->exchange;
}

/* One message, not compressed, unless so much waits already that it is
 * refused. */
static inline enum err rpc_world_offer(struct http_exchange *exchange,
                                       const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    enum err err = http_exchange_write(exchange, "", 0); /* would it? */
    uint8_t *to;

    if (err != ERR_NONE)
        return err;
    to = http_exchange_reserve(exchange, RPC_FRAME_HEAD + size);
    if (!to)
        return ERR_NOMEM;
    rpc_frame_head(to, false, size);
    (void)protobuf_c_message_pack(message, to + RPC_FRAME_HEAD);
    http_exchange_commit(exchange, RPC_FRAME_HEAD + size);
    return ERR_NONE;
}

static inline void rpc_world_send(struct http_exchange *exchange,
                                  const void *message)
{
    if (rpc_world_offer(exchange, message) != ERR_NONE)
        abort();
}

static inline void rpc_world_end(struct http_exchange *exchange)
{
    if (http_exchange_end(exchange, NULL, 0) != ERR_NONE)
        abort();
}

/* One whole unary call. */
static inline void rpc_world_unary(struct rpc_world *world,
                                   struct result *result, const char *path,
                                   const void *message)
{
    struct http_exchange *exchange =
        rpc_world_call(world, result, path, NULL, 0);

    rpc_world_send(exchange, message);
    rpc_world_end(exchange);
    wire_run(&world->wire);
}

static inline void rpc_world_forget(struct result *result)
{
    free(result->last);
    *result = (struct result){0};
}

#endif
