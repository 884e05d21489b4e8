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
    X(token_ms,         UINT, 900000,                                    10000, 900000,   "life of an access token") \
    X(crisis_confirmed, LIST, "",                                        1, 64,           "list: id of a crisis entry that you have checked (deploy/crisis)") \
    X(loops,            UINT, 2,                                         1, CONFIG_LOOPS_MAX, "I/O threads") \
    X(connections_max,  UINT, 16384,                                     16, 1000000,     "connections at once") \
    X(tickets_max,      UINT, 16384,                                     64, 1000000,     "people waiting at once") \
    X(duties_max,       UINT, 16384,                                     64, 1000000,     "peers on duty at once") \
    X(talks_max,        UINT, 32768,                                     64, 1000000,     "talks at once, with those that can still be reflected on") \
    X(queue_max,        UINT, 4096,                                      16, 65536,       "calls that may wait for the engine, and as many for the store") \
    X(record,           TEXT, "",                                        0, 240,          "file to record the engine's events to, for `kindred replay`: who met whom and when, under numbers of this file alone. Sensitive: beside the database it can be lined up with it by time. Never one that is there") \
    X(record_bytes_max, UINT, 1073741824,                                4096, 1099511627776, "a recording stops there; the server goes on") \
    X(unconfined,       FLAG, 0,                                         0, 1,            "only to look for a fault: once started, keep the system calls, files elsewhere and capabilities that a server does not need") \
    X(log_level,        UINT, 2,                                         0, 3,            "0 errors, 1 warnings, 2 information, 3 everything")
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
        loops, connections_max;
    uint64_t tickets_max, duties_max, talks_max, queue_max, unconfined,
        log_level;
    uint64_t record_bytes_max;
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

/* What --help says. */
void server_config_help(void);

/* What the services and the engine take from it. */
MUST_USE bool server_config_service(const struct server_config *config,
                                    struct service_config *out);
void server_config_sizes(const struct server_config *config, uint32_t pools,
                         struct match_sizes *sizes);

#endif
