/* rpc/server_bind -- the methods of a server: found by their paths, and who
 * answers each. */
#include <string.h>

#include "base/require.h"
#include "rpc/state.h"

const struct api_method *rpc_server_bind_method(const struct rpc_server *server,
                                                const char *path, size_t size)
{
    size_t low = 0, high = server->set->methods_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *there = server->set->methods[middle].path;
        int order = strncmp(path, there, size);

        if (order == 0 && there[size] != '\0')
            order = -1;
        if (order == 0)
            return &server->set->methods[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static const struct api_method *method_at(const struct rpc_server *server,
                                          const char *path)
{
    return rpc_server_bind_method(server, path, strlen(path));
}

void rpc_server_bind(struct rpc_server *server,
                     const struct rpc_binding *bindings, size_t count,
                     void *context)
{
    const struct api_method *methods = server->set->methods;

    REQUIRE(count > 0);
    for (size_t i = 0; i < count; i++) {
        const struct api_method *method = method_at(server, bindings[i].path);

        REQUIRE(method);
        REQUIRE(bindings[i].handler);
        REQUIRE(!server->bound[method - methods].handler);
        server->bound[method - methods] =
            (struct rpc_bound){bindings[i].handler, context};
    }
    for (size_t i = 0; i < count; i++) { /* each service whole */
        const char *service = method_at(server, bindings[i].path)->service;

        for (size_t m = 0; m < server->set->methods_count; m++)
            if (strcmp(methods[m].service, service) == 0)
                REQUIRE(server->bound[m].handler);
    }
}
