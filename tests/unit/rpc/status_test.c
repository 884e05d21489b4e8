#include "rpc/status.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fail_malloc.h"
#include "http/head.h"

/* A client's exchange that ended with these fields as trailers. */
static void read_fields(const struct http_field *fields, size_t count, int http,
                        enum err why, struct rpc_status *status)
{
    struct http_exchange exchange = {.in_ended = true, .status = http};

    buf_init(&exchange.trailer, 1 << 16);
    for (size_t i = 0; i < count; i++)
        CHECK(http_head_add(&exchange.trailer, &fields[i]) == ERR_NONE);
    rpc_status_read(&exchange, why, status);
    buf_close(&exchange.trailer);
}

/* Law 1: every row says the same in status, message and details. */
static void rows(void)
{
    struct rpc_status_rows all;
    struct http_field fields[RPC_SAID_FIELDS];
    struct rpc_status status;

    CHECK(rpc_status_rows_init(&all, false) == ERR_NONE);
    CHECK(rpc_said_fields(rpc_status_said(&all, ERR_NONE, RPC_ENGLISH),
                          fields) == 1);
    CHECK(strcmp(fields[0].value, "0") == 0);
    for (int row = RPC_TONGUES; row < RPC_TONGUES * ERR_COUNT; row++) {
        int err = row / RPC_TONGUES;
        size_t count = rpc_said_fields(
            rpc_status_said(&all, (enum err)err,
                            (enum rpc_tongue)(row % RPC_TONGUES)),
            fields);

        CHECK(count == 3);
        for (size_t i = 0; i < count; i++) {
            CHECK(strlen(fields[i].name) == fields[i].name_size);
            CHECK(strlen(fields[i].value) == fields[i].value_size);
        }
        CHECK(!strchr(fields[2].value, '=')); /* unpadded */
        read_fields(fields, count, 200, ERR_NONE, &status);
        CHECK(status.err == (enum err)err);
        CHECK(status.code == err_status((enum err)err));
        CHECK(status.retry_ms == err_retry_ms((enum err)err));
        CHECK(strcmp(status.reason, err_reason((enum err)err)) == 0);
        CHECK(strcmp(status.message, err_text((enum err)err)) == 0);
        CHECK(rpc_status_row(status.reason) == (enum err)err);
    }
    rpc_status_rows_close(&all);
    rpc_status_rows_close(&all);
    CHECK(rpc_status_row("NO_SUCH_REASON") == ERR_COUNT);
}

/* Law 2: others' servers say other things, and too much of them. */
static void strangers(void)
{
    static char words[2000], bits[20000];
    struct http_field fields[] = {
        HTTP_FIELD("grpc-status", "5"),
        HTTP_FIELD("grpc-message", "a%20b%c3%a9%0a%")};
    struct http_field long_ones[] = {
        HTTP_FIELD("grpc-status", "13"),
        {"grpc-message", words, 12, sizeof words - 1},
        {"grpc-status-details-bin", bits, 23, sizeof bits - 1}};
    struct http_field odd = HTTP_FIELD("grpc-status", "999");
    struct rpc_status status;

    read_fields(fields, 2, 200, ERR_NONE, &status);
    CHECK(status.code == 5 && status.err == ERR_COUNT);
    CHECK(strcmp(status.message, "a b\xc3\xa9?%") == 0);
    memset(words, 'w', sizeof words - 1);
    memset(bits, 'A', sizeof bits - 1);
    read_fields(long_ones, 3, 200, ERR_NONE, &status);
    CHECK(status.code == 13 && strlen(status.message) == 255);
    read_fields(&odd, 1, 200, ERR_NONE, &status);
    CHECK(status.code == STATUS_UNKNOWN);
    read_fields(NULL, 0, 503, ERR_NONE, &status);
    CHECK(status.code == STATUS_UNAVAILABLE);
    read_fields(NULL, 0, 404, ERR_NONE, &status);
    CHECK(status.code == STATUS_UNIMPLEMENTED);
    read_fields(NULL, 0, 415, ERR_NONE, &status);
    CHECK(status.code == STATUS_UNKNOWN);
    read_fields(NULL, 0, 200, ERR_CONNECTION, &status);
    CHECK(status.err == ERR_CONNECTION && status.retry_ms > 0);
    read_fields(fields, 1, 200, ERR_CONNECTION, &status);
    CHECK(status.code == 5);
}

static void timeouts(void)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t ms;
    } cases[] = {{"100m", true, 100},  {"1S", true, 1000},
                 {"2M", true, 120000}, {"99999999H", true, 359999996400000},
                 {"1n", true, 1},      {"1000001n", true, 2},
                 {"1001u", true, 2},   {"0u", true, 0},
                 {"", false, 0},       {"m", false, 0},
                 {"1", false, 0},      {"-1m", false, 0},
                 {"1 m", false, 0},    {"123456789m", false, 0},
                 {"5d", false, 0}};
    static const uint64_t back[] = {0,         1,          99999999,
                                    100000000, 6000000000, 360000000000000};
    char text[RPC_STATUS_TIMEOUT];
    uint64_t ms;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ms = 0;
        CHECK(rpc_status_timeout(cases[i].text, strlen(cases[i].text), &ms) ==
              cases[i].good);
        CHECK(!cases[i].good || ms == cases[i].ms);
    }
    for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
        rpc_status_write_timeout(back[i], text);
        CHECK(rpc_status_timeout(text, strlen(text), &ms));
        CHECK(ms >= back[i] || i == 5);
        CHECK(ms - back[i] < 3600000 || i == 5);
    }
}

static void no_memory(void)
{
    for (size_t at = 1;; at++) {
        struct rpc_status_rows all;
        enum err err;

        fail_malloc_start(at);
        err = rpc_status_rows_init(&all, false);
        rpc_status_rows_close(&all);
        if (!fail_malloc_stop()) {
            CHECK(err == ERR_NONE);
            return;
        }
        CHECK(err == ERR_NOMEM);
    }
}

int main(void)
{
    rows();
    strangers();
    timeouts();
    no_memory();
    return check_report("rpc/status");
}
