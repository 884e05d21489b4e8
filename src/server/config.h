/* server/config -- what an operator may set, in one table.
 *
 * The table yields the parser of the file, the names in the environment, the
 * flags and the help.  Later wins: default, file, environment (KINDRED_ and
 * the key in upper case), command line.  The constants of the matching
 * (match/limits) are keys too.
 *
 * The file has one KEY = VALUE a line; # starts a comment.  A key may be
 * repeated where its help says "list".
 *
 * Laws
 *   1. Every value is checked when it is read: a server that starts has a
 *      configuration within all bounds.
 *   2. A complaint names where it was read, the key, and what is wrong; never
 *      the value. */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "base/log.h"
#include "match/engine.h"
#include "service/service.h"

enum {
    CONFIG_TEXT_MAX = 256,
    CONFIG_CONFIRMED_MAX = 1024,
    CONFIG_ORIGINS_MAX = 64,
    CONFIG_LOOPS_MAX = 64
};

/* clang-format off */
/*    key               type  default                                    least most       help */
#define SERVER_CONFIG_TABLE(X) \
    X(listen,           TEXT, "127.0.0.1:50051",                         1, 240,          "list of HOST:PORT and unix:PATH to serve members on; port 0 takes any") \
    X(data,             TEXT, "",                                        1, 240,          "directory of the database and the keys; made if it is not there") \
    X(tls_cert,         TEXT, "",                                        0, 240,          "PEM file of our certificate and its chain: TLS on every HOST:PORT; read again on SIGHUP and when it changes") \
    X(tls_key,          TEXT, "",                                        0, 240,          "PEM file of its private key, which others may not read") \
    X(tls_client_ca,    TEXT, "",                                        0, 240,          "PEM file of authorities: members must show a certificate of one of them") \
    X(handshake_ms,     UINT, 10000,                                     100, 60000,      "for a TLS handshake; who takes longer is cut off") \
    X(socket_group,     FLAG, 0,                                         0, 1,            "let the group of our user connect to each unix:PATH, too (0660)") \
    X(operations_listen, TEXT, "",                                       0, 160,          "HOST:PORT for operators of other machines: through TLS, the role in their certificate") \
    X(operations_client_ca, TEXT, "",                                    0, 240,          "PEM file of authorities for operators' certificates") \
    X(plaintext,        FLAG, 0,                                         0, 1,            "serve without TLS also where others can reach it") \
    X(name,             TEXT, "Kindred",                                 1, 64,           "name of this deployment, shown to members") \
    X(origin,           TEXT, "",                                        0, 255,          "what signatures cover; empty: kindred://LISTEN") \
    X(cors_origin,      LIST, "",                                        1, 128,          "list: origin of web pages that may call, https://app.example; none may if there is none") \
    X(pools,            TEXT, "adult:open:peer demo:open:crisis_peer",   1, 255,          "list of NAME:open|invitation|closed:member|peer|crisis_peer") \
    X(invitation,       TEXT, "",                                        0, 64,           "what one must know to enrol where it takes an invitation") \
    X(consent_version,  UINT, 1,                                         1, 1000000,      "the consent text that cards must agree to") \
    X(cards_per_day,    UINT, 50,                                        1, 10000,        "cards that a member may put within 24 hours") \
    X(token_ms,         UINT, 900000,                                    10000, 900000,   "life of an access token") \
    X(crisis_confirmed, LIST, "",                                        1, 64,           "list: id of a crisis entry that you have checked (deploy/crisis)") \
    X(loops,            UINT, 2,                                         1, CONFIG_LOOPS_MAX, "I/O threads") \
    X(connections_max,  UINT, 16384,                                     16, 1000000,     "connections at once") \
    X(address_connections_max, UINT, 256,                               1, 1000000,      "connections at once from one address: IPv4, or 64 bits of IPv6. Behind a proxy all come from the proxy's: set the four of these as high as for all, and let the proxy limit") \
    X(address_connections_per_s, UINT, 64,                              1, 1000000,      "new connections a second from one address; twice as many at once") \
    X(address_calls_max, UINT, 2048,                                     1, 1000000,      "calls at once, streams among them, over all connections of one address; more are answered RESOURCE_EXHAUSTED") \
    X(address_calls_per_s, UINT, 2000,                                   1, 1000000,      "new calls a second of one address; twice as many at once") \
    X(address_local,    FLAG, 0,                                         0, 1,            "hold this machine's own addresses to these limits, too; a unix:PATH never is") \
    X(out_bytes_max,    UINT, 134217728,                                 4194304, 4000000000, "bytes of answers that wait for their readers, of all connections; each loop has its part of it, at least 2 MiB: past that, the connections with most are cut off") \
    X(connection_idle_ms, UINT, 600000,                                   1000, 86400000,  "a connection without a call is asked to go (GOAWAY)") \
    X(ping_ms,          UINT, 60000,                                     100, 86400000,   "a connection on which nothing comes is asked, by a PING of HTTP/2 or by the kernel …") \
    X(pong_ms,          UINT, 20000,                                     100, 600000,     "… and cut off if it does not answer within that time") \
    X(ping_min_ms,      UINT, 5000,                                      1, 86400000,     "who pings more often, with no answer in between, is cut off at the third time: too_many_pings") \
    X(connection_age_ms, UINT, 0,                                       0, 864000000,    "a connection of that age, more or less a tenth, is asked to go and come back anew (GOAWAY; open streams end UNAVAILABLE 5 s later), so that callers spread over servers; 0: never") \
    X(tickets_max,      UINT, 16384,                                     64, 1000000,     "people waiting at once") \
    X(duties_max,       UINT, 16384,                                     64, 1000000,     "peers on duty at once") \
    X(talks_max,        UINT, 32768,                                     64, 1000000,     "talks at once, with those that can still be reflected on") \
    X(queue_max,        UINT, 4096,                                      16, 65536,       "calls that may wait for the engine, and as many for the store") \
    X(record,           TEXT, "",                                        0, 240,          "file to record the engine's events to, for `kindred replay`: who met whom and when, under numbers of this file alone. Sensitive: beside the database it can be lined up with it by time. Never one that is there") \
    X(record_bytes_max, UINT, 1073741824,                                4096, 1099511627776, "a recording stops there; the server goes on") \
    X(unconfined,       FLAG, 0,                                         0, 1,            "only to look for a fault: once started, keep the system calls, files elsewhere and capabilities that a server does not need") \
    X(log_level,        UINT, 2,                                         0, 3,            "0 errors, 1 warnings, 2 information, 3 everything") \
    X(access_log,       UINT, 0,                                         0, 100000,       "lines a second at most that say of one call each how it ended: method, status, reason, time, bytes, and the trace id of a caller who sampled it; never who called. 0: none")
/* clang-format on */

struct server_config { /* each key of the table is a member of this name */
    char listen[CONFIG_TEXT_MAX], data[CONFIG_TEXT_MAX];
    char name[CONFIG_TEXT_MAX], origin[CONFIG_TEXT_MAX];
    char tls_cert[CONFIG_TEXT_MAX], tls_key[CONFIG_TEXT_MAX];
    char tls_client_ca[CONFIG_TEXT_MAX];
    char operations_listen[CONFIG_TEXT_MAX];
    char operations_client_ca[CONFIG_TEXT_MAX];
    char pools[CONFIG_TEXT_MAX], invitation[CONFIG_TEXT_MAX];
    char record[CONFIG_TEXT_MAX];
    uint64_t handshake_ms, socket_group, plaintext, consent_version, token_ms,
        cards_per_day, loops, connections_max;
    uint64_t tickets_max, duties_max, talks_max, queue_max, unconfined,
        log_level, access_log;
    uint64_t record_bytes_max;
    uint64_t address_connections_max, address_connections_per_s;
    uint64_t address_calls_max, address_calls_per_s, address_local;
    uint64_t out_bytes_max, connection_idle_ms, connection_age_ms;
    uint64_t ping_ms, pong_ms, ping_min_ms;
    const char *crisis_confirmed[CONFIG_CONFIRMED_MAX + 1]; /* NULL-ended */
    const char *cors_origin[CONFIG_ORIGINS_MAX + 1];        /* the same */
    uint32_t confirmed, origins;
    struct match_limits limits;
    bool help, version; /* asked for: print and exit 0 */
};

/* Read everything.  False: a complaint is on standard error. */
bool server_config_read(struct server_config *config, int argc,
                        char *const argv[]);
void server_config_close(struct server_config *config);

/* The next word of a value that is a list (spaces and commas part them);
 * *list moves behind it.  False: there is none. */
bool server_config_word(const char **list, char word[static CONFIG_TEXT_MAX]);

/* What --help says. */
void server_config_help(void);

/* What the services and the engine take from it. */
MUST_USE bool server_config_service(const struct server_config *config,
                                    struct service_config *out);
void server_config_sizes(const struct server_config *config, uint32_t pools,
                         struct match_sizes *sizes);

#endif
