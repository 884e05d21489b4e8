/* cli/look -- what can be looked at without being anybody: info, vocabulary,
 * crisis, stats, health. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/crisis.h"
#include "cli/say.h"
#include "cli/session.h"
#include "client/vocabulary.h"
#include "pb/kindred.api.h"

/* Somebody's short text, made safe; good for one printf. */
static const char *clean(const char *text)
{
    static char out[4][400];
    static unsigned next;

    next = (next + 1) % 4;
    cli_say_clean(out[next], sizeof out[next], text, strlen(text));
    return out[next];
}

/* One call without a token; fills *answer.  The exit status. */
static int look(const struct cli_args *args, const struct cli_call *call,
                struct cli_session *session, ProtobufCMessage **answer)
{
    int status = cli_session_open(session, args, false);

    *answer = NULL;
    if (status == CLI_OK)
        *answer = cli_session_call(session, call, &status);
    return status;
}

static void leave(struct cli_session *session, ProtobufCMessage *answer)
{
    if (answer)
        protobuf_c_message_free_unpacked(answer, NULL);
    cli_session_close(session);
}

/* ---- info ---- */

static void print_info(const Kindred__V1__GetServerInfoResponse *info)
{
    static const char *const how[] = {"?", "open", "by invitation", "closed"};
    static const char *const grades[] = {"?", "members", "peers",
                                         "crisis peers"};

    cli_say(CLI_BOLD, "%s", clean(info->name));
    cli_say(CLI_PLAIN, "  (version %s, api %s)\n", clean(info->version),
            clean(info->api_version));
    cli_say(CLI_PLAIN, "origin      %s\n", clean(info->origin));
    cli_say(CLI_PLAIN, "vocabulary  %u, cards from %u on\n",
            info->vocabulary_version, info->vocabulary_min_version);
    cli_say(CLI_PLAIN, "consent     text %u\n", info->consent_version);
    for (size_t i = 0; i < info->n_pools; i++)
        cli_say(CLI_PLAIN, "pool        %s: %s, up to %s\n",
                clean(info->pools[i]->name),
                how[(unsigned)info->pools[i]->enrollment & 3],
                grades[(unsigned)info->pools[i]->grade_max & 3]);
    if (info->limits)
        cli_say(CLI_PLAIN,
                "a beat is due every %u s; a ticket is told why after %u s "
                "and ends after %u min\n",
                info->limits->beat_ms / 1000, info->limits->bound_ms / 1000,
                info->limits->ticket_ms / 60000);
}

static int run_info(const struct cli_args *args)
{
    Kindred__V1__GetServerInfoRequest request =
        KINDRED__V1__GET_SERVER_INFO_REQUEST__INIT;
    struct cli_call call = {
        .path = "/kindred.v1.Accounts/GetServerInfo",
        .request = &request,
        .answer = &kindred__v1__get_server_info_response__descriptor};
    struct cli_session session = {0};
    ProtobufCMessage *answer;
    int status = look(args, &call, &session, &answer);

    if (status == CLI_OK)
        print_info((const void *)answer);
    leave(&session, answer);
    return status;
}

const struct cli_command cli_look_info = {
    .name = "info",
    .words = "",
    .help = "what the server is and what bounds it keeps",
    .about = "  kindred info\n  kindred info --server example.org:50051\n",
    .calls = "Accounts/GetServerInfo",
    .run = run_info};

/* ---- vocabulary ---- */

static bool contains(const char *text, const char *word)
{
    size_t size = strlen(word);

    for (; *text; text++) {
        size_t i = 0;

        while (i < size && text[i] &&
               (tolower)((unsigned char)text[i]) ==
                   (tolower)((unsigned char)word[i]))
            i++;
        if (i == size)
            return true;
    }
    return size == 0;
}

static unsigned depth(const struct kindred_vocabulary *vocabulary,
                      const Kindred__V1__Term *term)
{
    unsigned n = 0;

    while (term && term->parent[0] && !term->level && n < 8) {
        term = client_vocabulary_find(vocabulary, term->parent);
        n++;
    }
    return n;
}

/* True: there were some. */
static bool print_terms(const struct kindred_vocabulary *vocabulary,
                        const Kindred__V1__Facet *facet, const char *word)
{
    bool whole =
        !word || contains(facet->id, word) || contains(facet->label, word);
    bool headed = false;

    for (size_t i = 0; i < vocabulary->said->n_terms; i++) {
        const Kindred__V1__Term *term = vocabulary->said->terms[i];

        if (strcmp(term->facet, facet->id) != 0 || term->retired ||
            (!whole && !contains(term->id, word) &&
             !contains(term->label, word)))
            continue;
        if (word && cli_say_is_json())
            (void)cli_say_message(&term->base);
        if (!headed)
            cli_say(CLI_BOLD, "\n%s (%s)\n", clean(facet->label),
                    clean(facet->id));
        headed = true;
        cli_say(CLI_PLAIN, "  %*s%-26s", (int)(2 * depth(vocabulary, term)), "",
                clean(term->id));
        cli_say(CLI_DIM, " %s\n", clean(term->label));
    }
    return headed;
}

static int run_vocabulary(const struct cli_args *args)
{
    const char *word = args->words > 0 ? args->word[args->words - 1] : NULL;
    struct cli_session session = {0};
    int status = cli_session_open(&session, args, false);
    bool any = false;

    if (args->words == 2 && strcmp(args->word[0], "search") != 0) {
        cli_say_usage("usage: kindred vocabulary [search WORD]");
        status = CLI_USAGE;
    }
    if (args->words == 1 && strcmp(args->word[0], "search") == 0)
        word = NULL;
    session.quiet = word != NULL; /* what was found, no more */
    if (status == CLI_OK)
        status = cli_session_vocabulary(&session);
    for (size_t i = 0;
         status == CLI_OK && i < session.vocabulary->said->n_facets; i++)
        any |= print_terms(session.vocabulary,
                           session.vocabulary->said->facets[i], word);
    if (status == CLI_OK && !any)
        cli_say_hint(
            "no term has that in it; \"kindred vocabulary\" lists all");
    cli_session_close(&session);
    return status;
}

const struct cli_command cli_look_vocabulary = {
    .name = "vocabulary",
    .words = "[search WORD]",
    .help = "the words that cards are made of",
    .about = "  kindred vocabulary search opioid\n"
             "  kindred vocabulary --language es\n\n"
             "A term stands under what it is a kind of: who has it has that,\n"
             "too.  Cards take the ids on the left.\n",
    .words_max = 2,
    .calls = "Vocabularies/GetVocabulary",
    .run = run_vocabulary};

/* ---- crisis ---- */

static int run_crisis(const struct cli_args *args)
{
    Kindred__V1__GetCrisisResourcesRequest request =
        KINDRED__V1__GET_CRISIS_RESOURCES_REQUEST__INIT;
    struct cli_call call = {
        .path = "/kindred.v1.Support/GetCrisisResources",
        .request = &request,
        .answer = &kindred__v1__get_crisis_resources_response__descriptor};
    struct cli_session session = {0};
    ProtobufCMessage *answer = NULL;
    char country[3] = "", language[36];
    int status;

    if (args->words && strlen(args->word[0]) != 2) {
        cli_say_usage("kindred crisis: CC is two letters, such as US or ES");
        return CLI_USAGE;
    }
    if (args->words)
        cli_crisis_country(country, args->word[0]);
    (void)snprintf(language, sizeof language, "%s",
                   cli_args_text(args, "--language", ""));
    request.country = country;
    request.language = language;
    status = look(args, &call, &session, &answer);
    if (status == CLI_OK)
        cli_crisis_print(
            ((const Kindred__V1__GetCrisisResourcesResponse *)(const void *)
                 answer)
                ->resources);
    leave(&session, answer);
    return status;
}

const struct cli_command cli_look_crisis = {
    .name = "crisis",
    .words = "[CC]",
    .help = "who helps at once in a country",
    .about = "  kindred crisis US\n"
             "  kindred crisis ES --language es\n\n"
             "CC is the country, ISO 3166-1 alpha-2.  Needs no account.\n",
    .words_max = 1,
    .calls = "Support/GetCrisisResources",
    .run = run_crisis};

/* ---- stats ---- */

static const struct cli_option STATS_OPTIONS[] = {
    {"--socket", "PATH", "DATA/operations.sock of the server's data directory",
     CLI_TEXT, 1, 100},
    {0}};

static void print_stats(const Kindred__V1__StatsResponse *stats)
{
    const Kindred__V1__Gauges *now = stats->gauges;

    for (size_t i = 0; i < stats->n_counters; i++)
        if (stats->counters[i]->value > 0)
            cli_say(CLI_PLAIN, "  %-24s %llu\n",
                    clean(stats->counters[i]->name),
                    (unsigned long long)stats->counters[i]->value);
    if (!now)
        return;
    cli_say(CLI_PLAIN,
            "  now: %llu waiting, %llu on duty (%llu open), %llu offers, "
            "%llu talks, %llu connections, up %llu s\n",
            (unsigned long long)now->tickets_waiting,
            (unsigned long long)now->duties, (unsigned long long)now->duties_on,
            (unsigned long long)now->offers_open,
            (unsigned long long)now->talks_live,
            (unsigned long long)now->connections,
            (unsigned long long)now->uptime_ms / 1000);
}

static int run_stats(const struct cli_args *given)
{
    Kindred__V1__StatsRequest request = KINDRED__V1__STATS_REQUEST__INIT;
    struct cli_call call = {.path = "/kindred.v1.Operations/Stats",
                            .request = &request,
                            .answer = &kindred__v1__stats_response__descriptor};
    struct cli_args args = *given;
    struct cli_session session = {0};
    ProtobufCMessage *answer;
    char address[128];
    const char *path =
        cli_args_text(given, "--socket", "/var/lib/kindred/operations.sock");
    bool away =
        !cli_args_has(given, "--socket") &&
        strncmp(cli_args_text(given, "--server", ""), "https://", 8) == 0;
    int status;

    (void)snprintf(address, sizeof address, "unix:%s", path);
    if (!away)
        cli_args_put(&args, "--server", address);
    status = look(&args, &call, &session, &answer);
    if (status == CLI_OK)
        print_stats((const void *)answer);
    leave(&session, answer);
    return status;
}

const struct cli_command cli_look_stats = {
    .name = "stats",
    .words = "",
    .help = "what the server counts (for its operator)",
    .about = "  kindred stats --socket /var/lib/kindred/operations.sock\n\n"
             "Works for who may open that socket: the server's own user, and\n"
             "root.  Numbers only; no person's data is in them.  From another\n"
             "machine, where the server has an operations_listen:\n\n"
             "  kindred stats --server https://HOST:PORT --ca ca.pem \\\n"
             "          --cert me.pem --cert-key me.key\n",
    .options = STATS_OPTIONS,
    .calls = "Operations/Stats",
    .run = run_stats};

/* ---- health ---- */

static int run_health(const struct cli_args *args)
{
    Grpc__Health__V1__HealthCheckRequest request =
        GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    struct cli_call call = {
        .path = "/grpc.health.v1.Health/Check",
        .request = &request,
        .answer = &grpc__health__v1__health_check_response__descriptor};
    struct cli_session session = {0};
    ProtobufCMessage *answer;
    int status = look(args, &call, &session, &answer);

    if (status == CLI_OK) {
        const Grpc__Health__V1__HealthCheckResponse *health =
            (const void *)answer;
        bool serving =
            health->status ==
            GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;

        cli_say(serving ? CLI_GREEN : CLI_YELLOW, "%s\n",
                serving ? "SERVING" : "NOT_SERVING");
        status = serving ? CLI_OK : CLI_REFUSED;
    }
    leave(&session, answer);
    return status;
}

const struct cli_command cli_look_health = {
    .name = "health",
    .words = "",
    .help = "does it serve? exit status 0 if so",
    .about = "  kindred health && echo up\n",
    .calls = "grpc.health.v1.Health/Check",
    .run = run_health};
