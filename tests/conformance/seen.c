#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "rpc/connect.h"
#include "rpc/extra.h"
#include "rpc/status.h"
#include "story.h"

typedef Connectrpc__Conformance__V1__ConformancePayload__RequestInfo seen_info;
typedef Connectrpc__Conformance__V1__ConformancePayload__ConnectGetInfo
    seen_get;

/* Everything here is small and the process a test's: no memory is the end. */
static void *need(void *piece)
{
    REQUIRE(piece);
    return piece;
}

static char *copy(const char *text, size_t size)
{
    char *to = need(malloc(size + 1));

    memcpy(to, text, size);
    to[size] = '\0';
    return to;
}

/* One more pointer in a list of *count. */
static void *grow(void *list, size_t count)
{
    return need(realloc(list, (count + 1) * sizeof(void *)));
}

static void add_value(story_header ***list, size_t *count, const char *name,
                      char *value)
{
    story_header *header = NULL;

    for (size_t i = 0; i < *count && !header; i++)
        if (strcmp((*list)[i]->name, name) == 0)
            header = (*list)[i];
    if (!header) {
        header = need(malloc(sizeof *header));
        connectrpc__conformance__v1__header__init(header);
        header->name = copy(name, strlen(name));
        *list = grow(*list, *count);
        (*list)[(*count)++] = header;
    }
    header->value = grow(header->value, header->n_value);
    header->value[header->n_value++] = value;
}

static int hex(char c)
{
    return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

static char *unescape(const char *text, size_t size)
{
    char *to = need(malloc(size + 1));
    size_t made = 0;

    for (size_t i = 0; i < size; i++) {
        to[made] = text[i] == '+' ? ' ' : text[i];
        if (text[i] == '%' && i + 2 < size) {
            to[made] = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        }
        made++;
    }
    to[made] = '\0';
    return to;
}

static void see_query(const char *query, seen_info *info)
{
    seen_get *get = need(malloc(sizeof *get));

    connectrpc__conformance__v1__conformance_payload__connect_get_info__init(
        get);
    info->connect_get_info = get;
    while (*query) {
        size_t name = strcspn(++query, "=&"), all = strcspn(query, "&");
        char *key = copy(query, name);

        add_value(&get->query_params, &get->n_query_params, key,
                  unescape(query + name + 1, all > name ? all - name - 1 : 0));
        free(key);
        query += all;
    }
}

static void see_head(const struct http_exchange *exchange, seen_info *info)
{
    const char *query = strchr(exchange->path, '?');
    struct http_field field;
    size_t at = 0;
    uint64_t ms;

    while (http_exchange_field(exchange, &at, &field)) {
        bool timeout =
            strcmp(field.name, "grpc-timeout") == 0
                ? rpc_status_timeout(field.value, field.value_size, &ms)
                : strcmp(field.name, "connect-timeout-ms") == 0 &&
                      rpc_connect_timeout(field.value, field.value_size, &ms);

        add_value(&info->request_headers, &info->n_request_headers, field.name,
                  copy(field.value, field.value_size));
        if (!timeout)
            continue;
        info->_timeout_ms_case =
            CONNECTRPC__CONFORMANCE__V1__CONFORMANCE_PAYLOAD__REQUEST_INFO___TIMEOUT_MS_TIMEOUT_MS;
        info->timeout_ms = (int64_t)ms;
    }
    if (strcmp(exchange->method, "GET") == 0 && query)
        see_query(query, info);
}

seen_info *story_seen(const struct story *story, size_t from, size_t count,
                      bool whole)
{
    static const char prefix[] = "type.googleapis.com/";
    const char *name = story->first ? story->first->descriptor->name : "";
    seen_info *info = need(malloc(sizeof *info));

    connectrpc__conformance__v1__conformance_payload__request_info__init(info);
    if (whole)
        see_head(rpc_extra_request(story->call), info);
    for (size_t i = from; i < from + count; i++) {
        Google__Protobuf__Any *any = need(malloc(sizeof *any));

        google__protobuf__any__init(any);
        any->type_url = need(malloc(sizeof prefix + strlen(name)));
        (void)sprintf(any->type_url, "%s%s", prefix, name);
        any->value.len = story->requests[i].len;
        any->value.data = (uint8_t *)copy((const char *)story->requests[i].data,
                                          story->requests[i].len);
        info->requests = grow(info->requests, info->n_requests);
        info->requests[info->n_requests++] = any;
    }
    return info;
}
