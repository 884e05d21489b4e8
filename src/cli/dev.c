/* cli/dev -- a server and somebody to talk to, in one command. */
#include "cli/dev.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/dev_server.h"
#include "cli/session.h"

static const struct cli_option OPTIONS[] = {
    {"--port", "N", "of 127.0.0.1 to listen on; 0: a free one [50051]",
     CLI_NUMBER, 0, 65535},
    {"--data", "DIR", "keep the data there [a fresh one, removed at the end]",
     CLI_TEXT, 1, 200},
    {"--cors-origin", "ORIGIN",
     "a web page that may call; again for each [the usual ones of localhost]",
     CLI_LIST, 0, 0},
    {"--pause-ms", "MS", "before the peer accepts, to 60000 [1500]", CLI_NUMBER,
     0, 60000},
    {"--no-peer", NULL, "nobody is on duty but whom you bring", CLI_FLAG, 0, 0},
    {"--seeker", "SECONDS", "somebody asks this often, 1 to 86400", CLI_NUMBER,
     1, 86400},
    {"--set", "KEY=VALUE", "a setting of kindredd; again for each", CLI_LIST, 0,
     0},
    {0}};

/* Where the tools of web developers serve their pages. */
static const char *const ORIGINS[] = {
    "http://localhost:3000", "http://localhost:4200", "http://localhost:5173",
    "http://localhost:8000", "http://localhost:8080", "http://127.0.0.1:3000",
    "http://127.0.0.1:5173", "http://127.0.0.1:8080"};

enum { ORIGIN_COUNT = sizeof ORIGINS / sizeof *ORIGINS };

/* Anybody may be anything, may be named at once, and may meet again at once:
 * of use to who tries things, and to nobody else. */
static const char *const SETTINGS[] = {
    "pools=adult:open:crisis_peer demo:open:crisis_peer",
    "origin=kindred://dev",
    "show-min=1",
    "relax-ms=1",
    "settle-ms=0",
    "rest-ms=1000",
    "idle-ms=300000",
    "exclude-talked-ms=0",
    "exclude-declined-ms=5000",
    "exclude-lapsed-ms=5000",
    "loops=1"};

/* ---- the server ---- */

static bool prepare(struct cli_dev_server *server, const struct cli_args *args)
{
    const size_t settings = sizeof SETTINGS / sizeof *SETTINGS;
    bool good =
        cli_dev_server_put(server, "--listen=127.0.0.1:%u",
                           (unsigned)cli_args_number(args, "--port", 50051));
    uint32_t at = 0;
    const char *value;

    for (size_t i = 0; i < settings; i++)
        good = good && cli_dev_server_put(server, "--%s", SETTINGS[i]);
    for (size_t i = 0; i < ORIGIN_COUNT && !cli_args_has(args, "--cors-origin");
         i++)
        good =
            good && cli_dev_server_put(server, "--cors-origin=%s", ORIGINS[i]);
    while (good && (value = cli_args_next(args, "--cors-origin", &at)))
        good = cli_dev_server_put(server, "--cors-origin=%s", value);
    for (at = 0; good && (value = cli_args_next(args, "--set", &at));)
        good = strchr(value, '=') && cli_dev_server_put(server, "--%s", value);
    if (!good)
        (void)fputs("kindred dev: --set is KEY=VALUE, none longer than 250 "
                    "bytes, and not too many of all\n",
                    stderr);
    return good;
}

static void on_log(void *arg, const char *line, size_t size)
{
    struct cli_dev *dev = arg;
    char clean[400];

    if (line) {
        cli_say_clean(clean, sizeof clean, line, size);
        cli_say(CLI_DIM, "server: %s\n", clean);
        return;
    }
    (void)fputs("kindred dev: the server ended\n", stderr);
    dev->status = CLI_UNREACHABLE;
    kindred_loop_stop(dev->loop);
}

/* ---- what a newcomer needs ---- */

static void print_origins(const struct cli_args *args)
{
    const char *before = "  pages    may call from", *value;
    uint32_t at = 0;

    for (size_t i = 0; i < ORIGIN_COUNT; i++)
        if (!cli_args_has(args, "--cors-origin"))
            cli_say(CLI_PLAIN, "%-24s %s\n", i > 0 ? "" : before, ORIGINS[i]);
    for (; (value = cli_args_next(args, "--cors-origin", &at)) != NULL;
         before = "")
        cli_say(CLI_PLAIN, "%-24s %s\n", before, value);
}

static void print_hints(const struct cli_dev *dev,
                        const struct cli_dev_server *server,
                        const struct cli_args *args)
{
    const char *at = dev->server;
    char given[280] = "";

    if (server->port != 50051)
        (void)snprintf(given, sizeof given, " --server %s", at);
    cli_say(CLI_BOLD, "Kindred for development listens on %s\n", at);
    cli_say(CLI_PLAIN, "  gRPC, gRPC-Web and Connect, plain text.  Never for "
                       "people.\n");
    print_origins(args);
    cli_say(CLI_PLAIN, "  data     %s%s\n", server->data,
            server->temporary ? ", gone when this ends" : "");
    if (!cli_args_has(args, "--no-peer"))
        cli_say(CLI_PLAIN,
                "  peer     accepts every offer after %u ms and "
                "says back what is said\n",
                dev->pause_ms);
    if (dev->every_ms > 0)
        cli_say(CLI_PLAIN,
                "  seeker   asks every %u s, and says back what is "
                "said\n",
                dev->every_ms / 1000);
    cli_say(CLI_PLAIN, "  both     obey, said in a talk:\n");
    cli_dev_talk_help();
    cli_say(CLI_PLAIN,
            "  curl     curl -H 'content-type: application/json' -d '{}' "
            "http://%s/kindred.v1.Accounts/GetServerInfo\n",
            at);
    cli_say(CLI_PLAIN,
            "  grpcurl  grpcurl -plaintext %s describe "
            "kindred.v1.Support\n",
            at);
    cli_say(CLI_PLAIN,
            "  enrol    kindred enroll --key me%s\n"
            "           kindred card set seeker --key me --show alcohol%s\n"
            "           kindred ask --key me%s\n"
            "           from your own code: Accounts.Challenge, then Enroll; "
            "the pool is \"adult\", open to all\n"
            "Ctrl-C ends all of it.\n",
            given, given, given);
}

/* ---- the command ---- */

static void on_interrupt(void *arg)
{
    struct cli_dev *dev = arg;

    cli_say(CLI_DIM, "\nEverybody goes.\n");
    kindred_loop_stop(dev->loop);
}

/* While they are blocked, a Ctrl-C waits until somebody listens, or until all
 * is cleared away. */
static void block_interrupts(bool block)
{
    sigset_t both;

    (void)sigemptyset(&both);
    (void)sigaddset(&both, SIGINT);
    (void)sigaddset(&both, SIGTERM);
    (void)sigprocmask(block ? SIG_BLOCK : SIG_UNBLOCK, &both, NULL);
}

static bool play(struct cli_dev *dev, struct cli_dev_server *server,
                 const struct cli_args *args)
{
    struct kindred_error error = *cli_say_no_memory();

    if ((!cli_args_has(args, "--no-peer") &&
         !cli_dev_people_peer(dev, &error)) ||
        (dev->every_ms > 0 && !cli_dev_people_seeker(dev, &error))) {
        cli_say_error(&error);
        return false;
    }
    print_hints(dev, server, args);
    if (!client_loop_interrupts(dev->loop, on_interrupt, dev) ||
        !client_loop_lines(dev->loop, server->log, on_log, dev)) {
        cli_say_error(cli_say_no_memory());
        return false;
    }
    block_interrupts(false);
    kindred_loop_run(dev->loop);
    block_interrupts(true);
    return true;
}

static int serve(struct cli_dev_server *server, struct cli_args *args)
{
    static struct cli_dev dev;
    struct cli_session session;
    char address[32];
    int status;

    (void)snprintf(address, sizeof address, "127.0.0.1:%u", server->port);
    cli_args_put(args, "--server", address);
    status = cli_session_open(&session, args, false);
    if (status != CLI_OK)
        return status;
    status = cli_session_vocabulary(&session);
    if (status == CLI_OK) {
        dev.loop = session.loop;
        dev.vocabulary = session.vocabulary;
        dev.server = address;
        dev.pause_ms = (uint32_t)cli_args_number(args, "--pause-ms", 1500);
        dev.every_ms = (uint32_t)cli_args_number(args, "--seeker", 0) * 1000;
        status = play(&dev, server, args) ? dev.status : CLI_REFUSED;
        cli_dev_people_close(&dev);
    }
    cli_session_close(&session);
    return status;
}

static int run(const struct cli_args *given)
{
    static struct cli_dev_server server;
    struct cli_args args = *given;
    int status = CLI_USAGE;

    block_interrupts(true);
    if (prepare(&server, &args)) {
        status = CLI_UNREACHABLE;
        if (cli_dev_server_start(&server, cli_args_text(&args, "--data", NULL)))
            status = serve(&server, &args);
        cli_dev_server_close(&server);
    }
    block_interrupts(false);
    return status;
}

const struct cli_command cli_dev = {
    .name = "dev",
    .words = "",
    .help = "a server with somebody to talk to, for who writes a frontend",
    .about =
        "  kindred dev\n"
        "  kindred dev --port 0 --seeker 20 --cors-origin "
        "http://localhost:1234\n"
        "  kindred dev --data ./data --set offer_ms=5000\n\n"
        "Starts a kindredd on 127.0.0.1 in which everybody may be anything,\n"
        "with a peer who accepts every offer and says back what is said, end\n"
        "to end encrypted as anybody.  With --seeker somebody asks, for who\n"
        "writes the peer's side.  What they do is told, line by line.  Ctrl-C\n"
        "ends all of it and removes the data.  \"kindredd --help\" lists what\n"
        "--set knows.  Never for people: it has no TLS and no limits.\n",
    .options = OPTIONS,
    .run = run};
