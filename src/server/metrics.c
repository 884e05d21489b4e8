#include "server/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/require.h"
#include "pb/kindred.api.h"
#include "server/node.h"
#include "service/version.h"

enum { LINE = 384, LABELS = 192, NUMBER = 48 };

struct page {
    struct buf *to;
    enum err err; /* the first one sticks */
};

/* ---- lines ---- */

__attribute__((format(printf, 2, 3))) static void put(struct page *page,
                                                      const char *format, ...)
{
    char line[LINE];
    va_list list;
    int size;

    va_start(list, format);
    size = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    REQUIRE(size > 0);
    REQUIRE((size_t)size < sizeof line);
    if (page->err == ERR_NONE)
        page->err = buf_append(page->to, line, (size_t)size);
}

static void family(struct page *page, const char *name, const char *type,
                   const char *help)
{
    put(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void value(struct page *page, const char *name, const char *labels,
                  uint64_t n)
{
    put(page, "%s%s%s%s %" PRIu64 "\n", name, labels[0] ? "{" : "", labels,
        labels[0] ? "}" : "", n);
}

static void single(struct page *page, const char *name, const char *type,
                   const char *help, uint64_t n)
{
    family(page, name, type, help);
    value(page, name, "", n);
}

/* n / unit as a decimal number, as short as can be; unit is a power of ten. */
static const char *decimal(char text[static NUMBER], uint64_t n, uint64_t unit)
{
    int at = snprintf(text, NUMBER, "%" PRIu64, n / unit);
    uint64_t rest = n % unit;

    if (rest > 0)
        text[at++] = '.';
    for (; rest > 0; rest = rest % unit) {
        rest *= 10;
        REQUIRE(at + 1 < NUMBER);
        text[at++] = (char)('0' + rest / unit);
    }
    text[at] = '\0';
    return text;
}

struct scale { /* of a spread, in so many units a second */
    const uint64_t *steps;
    uint64_t unit;
};

static void spread(struct page *page, const char *name, const char *labels,
                   const struct scale *scale, const struct tally_sum *sum)
{
    const char *comma = labels[0] ? "," : "";
    char text[NUMBER];
    uint64_t below = 0;

    for (uint32_t i = 0; i < TALLY_STEPS; i++)
        put(page, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", name, labels, comma,
            decimal(text, scale->steps[i], scale->unit), below += sum->at[i]);
    put(page, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, labels, comma,
        sum->count);
    put(page, "%s_sum%s%s%s %s\n", name, labels[0] ? "{" : "", labels,
        labels[0] ? "}" : "", decimal(text, sum->sum, scale->unit));
    put(page, "%s_count%s%s%s %" PRIu64 "\n", name, labels[0] ? "{" : "",
        labels, labels[0] ? "}" : "", sum->count);
}

/* ---- the process ---- */

static void maybe(struct page *page, const char *name, const char *type,
                  const char *help, uint64_t n)
{
    if (n != SERVER_PROCESS_UNKNOWN)
        single(page, name, type, help, n);
}

static void seconds(struct page *page, const char *name, const char *type,
                    const char *help, const char *n)
{
    family(page, name, type, help);
    put(page, "%s %s\n", name, n);
}

static void put_process(struct page *page, struct server_metrics *metrics)
{
    struct server_process_now now;
    char text[NUMBER];

    server_process_read(&metrics->process, &now);
    family(page, "kindred_build_info", "gauge", "Which release this is.");
    value(page, "kindred_build_info", "version=\"" SERVICE_VERSION "\"", 1);
    seconds(page, "process_start_time_seconds", "gauge",
            "When the process started, since the Unix epoch.",
            decimal(text, now.born_ms, 1000));
    if (now.cpu_us != SERVER_PROCESS_UNKNOWN)
        seconds(page, "process_cpu_seconds_total", "counter",
                "Processor time of all threads, in user and in system.",
                decimal(text, now.cpu_us, 1000000));
    maybe(page, "process_resident_memory_bytes", "gauge",
          "Memory that is really there.", now.resident_bytes);
    maybe(page, "process_open_fds", "gauge", "Open file descriptors.",
          now.descriptors);
    maybe(page, "process_max_fds", "gauge", "File descriptors there may be.",
          now.descriptors_max);
}

/* ---- calls: sums over the sets of calls of all loops ---- */

/* Face i of the node; NULL: there are no more. */
static const struct server_face *face_at(const struct server_node *node,
                                         uint32_t i)
{
    if (i < node->workers)
        return &node->worker[i].member;
    return i == node->workers && node->worker[0].operations.made
               ? &node->worker[0].operations
               : NULL;
}

struct walk { /* over the same row of all faces */
    const struct server_node *node;
    size_t method;
    uint32_t at;
};

static const struct rpc_meter_row *next_row(struct walk *walk)
{
    const struct server_face *face = face_at(walk->node, walk->at++);

    return face ? &face->rpc.meter.row[walk->method] : NULL;
}

static void put_ended(struct page *page, const struct server_metrics *metrics,
                      size_t method)
{
    uint64_t n[RPC_METER_PROTOCOLS][STATUS_COUNT] = {{0}};
    struct walk walk = {.node = metrics->node, .method = method};
    const struct rpc_meter_row *row;

    while ((row = next_row(&walk)))
        for (int p = 0; p < RPC_METER_PROTOCOLS; p++)
            for (int status = 0; status < STATUS_COUNT; status++)
                n[p][status] += tally_read(&row->calls[p][status]);
    for (int p = 0; p < RPC_METER_PROTOCOLS; p++)
        for (int status = 0; status < STATUS_COUNT; status++)
            if (n[p][status] > 0) /* Law 2 */
                put(page,
                    "kindred_calls_total{method=\"%s\",protocol=\"%s\","
                    "status=\"%s\"} %" PRIu64 "\n",
                    metrics->methods[method], rpc_meter_protocols[p],
                    err_status_name(status), n[p][status]);
}

/* One number of each row. */
static void put_each(struct page *page, const struct server_metrics *metrics,
                     const char *name, size_t offset)
{
    for (size_t m = 0; metrics->methods[m]; m++) {
        struct walk walk = {.node = metrics->node, .method = m};
        const struct rpc_meter_row *row;
        uint64_t n = 0;

        while ((row = next_row(&walk)))
            n += tally_read((
                const struct tally *)(const void *)((const unsigned char *)row +
                                                    offset));
        put(page, "%s{method=\"%s\"} %" PRIu64 "\n", name, metrics->methods[m],
            n);
    }
}

/* One spread of each row whose answer streams, or does not. */
static void put_times(struct page *page, const struct server_metrics *metrics,
                      const char *name, bool streams, bool first)
{
    const struct scale scale = {rpc_meter_steps(streams && !first), 1000};

    for (size_t m = 0; metrics->methods[m]; m++) {
        struct walk walk = {.node = metrics->node, .method = m};
        const struct rpc_meter_row *row;
        struct tally_sum sum = {.count = 0};
        char labels[LABELS];

        if ((m < kindred_api.methods_count &&
             kindred_api.methods[m].server_streams) != streams)
            continue;
        while ((row = next_row(&walk)))
            tally_spread_read(first ? &row->first : &row->lasted, &sum);
        (void)snprintf(labels, sizeof labels, "method=\"%s\"",
                       metrics->methods[m]);
        spread(page, name, labels, &scale, &sum);
    }
}

static void put_calls(struct page *page, const struct server_metrics *metrics)
{
    family(page, "kindred_calls_total", "counter",
           "Calls that ended, by the status their caller was told; CANCELLED "
           "also if the caller is gone. What never happened has no line.");
    for (size_t m = 0; metrics->methods[m]; m++)
        put_ended(page, metrics, m);
    family(page, "kindred_calls_open", "gauge", "Calls that have not ended.");
    put_each(page, metrics, "kindred_calls_open",
             offsetof(struct rpc_meter_row, open));
    family(page, "kindred_call_received_bytes_total", "counter",
           "Bytes of request bodies, as they came, of calls that ended.");
    put_each(page, metrics, "kindred_call_received_bytes_total",
             offsetof(struct rpc_meter_row, in));
    family(page, "kindred_call_sent_bytes_total", "counter",
           "Bytes of response bodies, as they go, of calls that ended.");
    put_each(page, metrics, "kindred_call_sent_bytes_total",
             offsetof(struct rpc_meter_row, out));
    family(page, "kindred_call_seconds", "histogram",
           "From a call's head to its answer, if that is one message; whole "
           "milliseconds by the clock of its I/O loop.");
    put_times(page, metrics, "kindred_call_seconds", false, false);
    family(page, "kindred_stream_seconds", "histogram",
           "How long calls lived whose answer is a stream.");
    put_times(page, metrics, "kindred_stream_seconds", true, false);
    family(page, "kindred_stream_first_message_seconds", "histogram",
           "From a call's head to the first message of its stream.");
    put_times(page, metrics, "kindred_stream_first_message_seconds", true,
              true);
}

/* ---- connections ---- */

static void put_traffic(struct page *page, const struct server_node *node)
{
    uint64_t http1 = 0, http2 = 0, secure = 0, in = 0, out = 0, plain = 0;
    const struct server_face *face;

    for (uint32_t i = 0; (face = face_at(node, i)); i++) {
        const struct http_traffic *traffic = &face->host.traffic;

        http1 += tally_read(&traffic->http1);
        http2 += tally_read(&traffic->http2);
        secure += tally_read(&traffic->secure);
        in += tally_read(&traffic->in);
        out += tally_read(&traffic->out);
        plain += tally_read(&face->rpc.meter.plain);
    }
    single(page, "kindred_connections", "gauge", "Open connections.",
           atomic_load(&node->quota.open));
    single(page, "kindred_connections_max", "gauge",
           "Connections there may be.", node->quota.max);
    single(page, "kindred_tls_connections", "gauge",
           "Open connections through TLS, handshakes included.", secure);
    family(page, "kindred_http_connections", "gauge",
           "Open connections that have shown which HTTP they speak.");
    value(page, "kindred_http_connections", "version=\"1.1\"", http1);
    value(page, "kindred_http_connections", "version=\"2\"", http2);
    single(page, "kindred_network_received_bytes_total", "counter",
           "Bytes read from sockets.", in);
    single(page, "kindred_network_sent_bytes_total", "counter",
           "Bytes for sockets.", out);
    single(page, "kindred_requests_plain_total", "counter",
           "Requests that are no calls: pages, preflights, strangers.", plain);
}

/* ---- the rest ---- */

static void put_events(struct page *page)
{
    char label[LOG_LABEL];

    family(page, "kindred_events_total", "counter",
           "What the log can say, counted whether or not it is written.");
    for (int code = 0; code < LOG_COUNT; code++) {
        if (!log_counts((enum log_code)code))
            continue;
        log_label((enum log_code)code, label);
        put(page, "kindred_events_total{event=\"%s\"} %" PRIu64 "\n", label,
            log_counter((enum log_code)code));
    }
}

static void put_engine(struct page *page, struct server_node *node)
{
    struct service_stats stats;

    server_node_stats(node, &stats);
    family(
        page, "kindred_tickets", "gauge",
        "Requests for support that wait, by whether somebody is offered one.");
    value(page, "kindred_tickets", "state=\"searching\"",
          stats.engine.tickets_waiting);
    value(page, "kindred_tickets", "state=\"offered\"",
          stats.engine.tickets_offered);
    family(page, "kindred_duties", "gauge", "Peers on duty.");
    value(page, "kindred_duties", "state=\"on\"", stats.engine.duties_on);
    value(page, "kindred_duties", "state=\"paused\"",
          stats.engine.duties_paused);
    single(page, "kindred_offers_open", "gauge", "Open offers.",
           stats.engine.offers_open);
    single(page, "kindred_talks_live", "gauge", "Talks that have not ended.",
           stats.engine.talks_live);
    single(page, "kindred_commands_in_flight", "gauge",
           "Commands of the engine that are not stored yet.",
           stats.engine.commands_in_flight);
}

static void put_queues(struct page *page, struct server_node *node)
{
    const struct scale scale = {server_storage_steps, 1000000};
    struct tally_sum took = {.count = 0};
    uint64_t loops = 0;

    for (uint32_t i = 0; i < node->workers; i++)
        loops += net_queue_size(&node->worker[i].loop.inbox);
    family(page, "kindred_queue_records", "gauge",
           "What waits for the thread of the engine, of the store, and for "
           "all I/O loops.");
    value(page, "kindred_queue_records", "queue=\"engine\"",
          atomic_load(&node->turn.orders));
    value(page, "kindred_queue_records", "queue=\"store\"",
          net_queue_size(&node->storage.queue));
    value(page, "kindred_queue_records", "queue=\"loops\"", loops);
    single(page, "kindred_queue_records_max", "gauge",
           "Calls that may wait for the engine, and as many for the store.",
           node->config->queue_max);
    tally_spread_read(&node->storage.took, &took);
    family(page, "kindred_store_batch_seconds", "histogram",
           "From the start of a batch of commands to its commit.");
    spread(page, "kindred_store_batch_seconds", "", &scale, &took);
}

static enum err make(void *arg, enum role caller, struct buf *to)
{
    struct server_metrics *metrics = arg;
    struct page page = {.to = to};

    if (!service_operations_may_watch(caller))
        return ERR_PERMISSION;
    put_process(&page, metrics);
    put_calls(&page, metrics);
    put_traffic(&page, metrics->node);
    put_engine(&page, metrics->node);
    put_queues(&page, metrics->node);
    put_events(&page);
    return page.err;
}

/* ---- birth and death ---- */

enum err server_metrics_open(struct server_metrics *metrics,
                             struct server_node *node)
{
    const size_t count = kindred_api.methods_count;

    metrics->methods = calloc(count + 2, sizeof *metrics->methods);
    if (!metrics->methods)
        return ERR_NOMEM;
    for (size_t m = 0; m < count; m++) /* Law 1: "/kindred.v1.Support/Ask" */
        metrics->methods[m] = kindred_api.methods[m].path + 1;
    metrics->methods[count] = "unknown";
    metrics->node = node;
    metrics->words =
        (struct log_access_words){metrics->methods, rpc_meter_protocols};
    metrics->page =
        (struct rpc_page){.path = "/metrics",
                          .type = "text/plain; version=0.0.4; charset=utf-8",
                          .make = make,
                          .arg = metrics};
    server_process_open(&metrics->process, net_clock_wall_ms());
    rpc_server_page(&node->worker[0].operations.rpc, &metrics->page);
    log_access_open(&metrics->words, (uint32_t)node->config->access_log);
    return ERR_NONE;
}

void server_metrics_close(struct server_metrics *metrics)
{
    if (!metrics->methods)
        return;
    log_access_open(&metrics->words, 0);
    server_process_close(&metrics->process);
    free(metrics->methods);
    metrics->methods = NULL;
}
