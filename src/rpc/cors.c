#include "rpc/cors.h"

#include <string.h>

#include "base/require.h"

static const struct http_field vary = HTTP_FIELD("vary", "origin");
static const struct http_field expose = HTTP_FIELD(
    "access-control-expose-headers",
    "grpc-status, grpc-message, grpc-status-details-bin, grpc-encoding, "
    "connect-content-encoding, content-encoding");

/* The caller's origin, if it is on the list. */
static const char *allowed(const struct rpc_server *server,
                           const struct http_exchange *exchange)
{
    const char *origin = http_exchange_header(exchange, "origin");

    for (const char *const *at = server->origins; origin && *at; at++)
        if (strcmp(*at, origin) == 0)
            return *at; /* Law 1: our own text */
    return NULL;
}

static struct http_field allow(const char *origin)
{
    return (struct http_field){"access-control-allow-origin", origin, 27,
                               strlen(origin)};
}

enum err rpc_cors_respond(const struct rpc_server *server,
                          struct http_exchange *exchange, int status,
                          const struct http_field *fields, size_t count)
{
    struct http_field all[RPC_CORS_FIELDS + 3];
    const char *origin;

    if (!server->origins)
        return http_exchange_respond(exchange, status, fields, count);
    REQUIRE(count <= RPC_CORS_FIELDS);
    origin = allowed(server, exchange);
    for (size_t i = 0; i < count; i++)
        all[i] = fields[i];
    all[count++] = vary; /* Law 2 */
    if (origin) {
        all[count++] = allow(origin);
        all[count++] = expose;
    }
    return http_exchange_respond(exchange, status, all, count);
}

bool rpc_cors_preflight(const struct rpc_server *server,
                        struct http_exchange *exchange)
{
    const char *origin;
    struct http_field fields[] = {
        HTTP_FIELD("vary", "origin, access-control-request-method, "
                           "access-control-request-headers"),
        HTTP_FIELD("access-control-allow-methods", "GET, POST"),
        HTTP_FIELD("access-control-allow-headers",
                   "authorization, content-type, content-encoding, "
                   "connect-protocol-version, connect-timeout-ms, "
                   "connect-accept-encoding, connect-content-encoding, "
                   "grpc-timeout, grpc-encoding, grpc-accept-encoding, "
                   "x-grpc-web, x-user-agent, kindred-proof"),
        HTTP_FIELD("access-control-max-age", "7200"),
        {0}};
    enum err err;

    if (!server->origins || strcmp(exchange->method, "OPTIONS") != 0 ||
        !http_exchange_header(exchange, "origin") ||
        !http_exchange_header(exchange, "access-control-request-method"))
        return false;
    origin = allowed(server, exchange);
    if (origin)
        fields[4] = allow(origin);
    err = http_exchange_respond(exchange, origin ? 204 : 403, fields,
                                origin ? 5 : 1);
    if (err == ERR_NONE)
        err = http_exchange_end(exchange, NULL, 0);
    if (err != ERR_NONE)
        http_exchange_reset(exchange, err);
    return true;
}
