/* The command line, with each of its calls to memory and to files failed once:
 * `kindred` as a whole in a child, some commands against a server beside it.  A
 * run that succeeds all the same has said and written all of it; one that does
 * not has broken nothing: the same command works then (tests/lib/trial.h laws 1
 * and 2).
 *
 * A command mostly waits: several processes share its sweep, each with a folder
 * and an account of its own.  Long because it has the table of them.
 * Usage: fail_cli COMMAND. */
#define _DEFAULT_SOURCE 1 /* MAP_ANONYMOUS */

#include <fcntl.h>
#include <sys/stat.h>

#include "cli/dev_server.h"
#include "trial.h"

int kindred_main(int argc, char **argv);

enum { PATH = 300, SWEEP_MAX = 50000, PEERS = 4, SEEKERS = 6 };

static char root[64], folder[128], address[64], recording[PATH], day[PATH];
static char key[PATH], fresh[PATH], written[PATH], offer[17];
static struct cli_dev_server server;

/* What a command needs to be there: a server, a peer, seekers, an offer. */
enum { ALONE, SERVED, MET, WANTED, OFFERED, RECORDED };

#define AT "--server", address, "--key", key

static const struct command {
    const char *name;
    int needs;
    const char *argv[TRIAL_ARGS];
    const char *input;
    size_t memory, files;           /* calls that there are at least */
    bool other;                     /* what it says differs from run to run */
    const char *before[TRIAL_ARGS]; /* is run first, each time */
    const char *before_input, *before_until, *until;
    struct trial_sample sample;
} COMMANDS[] = {
    {.name = "man",
     .needs = ALONE,
     .argv = {"kindred", "man"},
     .memory = 2,
     .files = 1},
    {.name = "completion",
     .needs = ALONE,
     .argv = {"kindred", "completion", "zsh"},
     .memory = 2,
     .files = 1},
    {.name = "usage",
     .needs = ALONE,
     .argv = {"kindred", "ask", "--no"},
     .memory = 1,
     .files = 1},
    {.name = "simulate",
     .needs = ALONE,
     .argv = {"kindred", "simulate", day, "--log", written},
     .memory = 60,
     .files = 5},
    {.name = "compare",
     .needs = ALONE,
     .argv = {"kindred", "simulate", day, "--compare", "relax_ms=1", "--log",
              written},
     .memory = 100,
     .files = 5},
    {.name = "info",
     .needs = SERVED,
     .argv = {"kindred", "info", "--server", address},
     .memory = 20,
     .files = 3,
     .other = true},
    {.name = "crisis",
     .needs = SERVED,
     .argv = {"kindred", "crisis", "US", "--server", address},
     .memory = 20,
     .files = 3},
    {.name = "vocabulary",
     .needs = SERVED,
     .argv = {"kindred", "vocabulary", "search", "heroin", "--server", address},
     .memory = 20,
     .files = 3},
    {.name = "call",
     .needs = SERVED,
     .argv = {"kindred", "call", "Cards/GetCard", "{\"role\": \"ROLE_SEEKER\"}",
              AT},
     .memory = 40,
     .files = 5,
     .other = true},
    {.name = "card-set",
     .needs = SERVED,
     .argv = {"kindred", "card", "set", "seeker", "--have", "alcohol", AT},
     .memory = 40,
     .files = 5},
    {.name = "card-show",
     .needs = SERVED,
     .argv = {"kindred", "card", "show", "seeker", AT},
     .memory = 40,
     .files = 5},
    {.name = "enroll",
     .needs = SERVED,
     .argv = {"kindred", "enroll", "--server", address, "--key", fresh},
     .memory = 40,
     .files = 10,
     .other = true},
    {.name = "login",
     .needs = SERVED,
     .argv = {"kindred", "login", AT},
     .memory = 40,
     .files = 5,
     .other = true},
    {.name = "rotate",
     .needs = SERVED,
     .argv = {"kindred", "rotate", AT},
     .memory = 40,
     .files = 15,
     .other = true},
    {.name = "blocks",
     .needs = SERVED,
     .argv = {"kindred", "blocks", AT},
     .memory = 40,
     .files = 5},
    {.name = "ask",
     .needs = MET,
     .argv = {"kindred", "ask", AT},
     .memory = 80,
     .files = 12,
     .other = true,
     .input = "hello\n/end\n"},
    {.name = "reflect",
     .needs = MET,
     .argv = {"kindred", "reflect", "yes", AT},
     .memory = 30,
     .files = 3,
     .other = true,
     .before = {"kindred", "ask", AT},
     .before_input = "hello\n/end\n"},
    {.name = "talk",
     .needs = MET,
     .argv = {"kindred", "talk", AT},
     .memory = 30,
     .files = 5,
     .other = true,
     .input = "more\n/end\n",
     .before = {"kindred", "ask", AT},
     .before_until = "is here",
     .sample = {30, 3}},
    {.name = "attend",
     .needs = WANTED,
     .argv = {"kindred", "attend", "--auto", "accept", "--once", "--rest-s",
              "1", AT},
     .memory = 40,
     .files = 5,
     .other = true,
     .sample = {40, 4}},
    {.name = "answer",
     .needs = OFFERED,
     .argv = {"kindred", "answer", offer, "accept", AT},
     .memory = 40,
     .files = 5,
     .other = true,
     .input = "hello\n/end\n",
     .sample = {30, 3}},
    {.name = "dev",
     .needs = ALONE,
     .argv = {"kindred", "dev", "--port", "0", "--pause-ms", "0", "--set",
              "connections_max=64", "--set", "tickets_max=64", "--set",
              "duties_max=64", "--set", "talks_max=64"},
     .memory = 30,
     .files = 5,
     .other = true,
     .until = "Ctrl-C ends all of it",
     .sample = {25, 3}},
    {.name = "demo",
     .needs = SERVED,
     .argv = {"kindred", "demo", "--server", address, "--socket", fresh},
     .memory = 10,
     .files = 3,
     .other = true,
     .until = "seeker 0", /* searches, or has an offer */
     .sample = {8, 1000}},
    {.name = "effects",
     .needs = RECORDED,
     .argv = {"kindred", "replay", recording, "--effects", written},
     .memory = 5,
     .files = 6},
    {.name = "workload",
     .needs = RECORDED,
     .argv = {"kindred", "replay", recording, "--workload", written},
     .memory = 6,
     .files = 6},
};

static struct shared { /* what all of them count */
    struct trial_numbers numbers[FAIL_THREADS];
    _Atomic size_t injected[FAIL_THREADS];
    _Atomic int ended[4];
} * shared;

static const struct command *command;

static struct mine { /* of a worker */
    struct trial once, first, trial;
    char text_first[TRIAL_TEXT], text_now[TRIAL_TEXT];
} * mine;
static enum fail_calls what;

/* ---- one run ---- */

static void must_until(const char *const *argv, const char *input,
                       const char *until)
{
    struct trial *once = &mine->once;

    once->main = kindred_main;
    once->input = input;
    once->until = until;
    memset(once->argv, 0, sizeof once->argv);
    for (int i = 0; argv[i]; i++)
        once->argv[i] = argv[i];
    trial_run(once, FAIL_NONE, 0);
    CHECK(once->status == 0);
    if (once->status != 0)
        (void)fprintf(stderr, "%s: %d: %s%s", argv[1], once->status, once->out,
                      once->err);
}

static void must(const char *const *argv, const char *input)
{
    must_until(argv, input, NULL);
}

/* Whoever `key` is becomes a member, with a card. */
static void join(const char *grade, const char *role)
{
    const char *enroll[] = {"kindred", "enroll", "--grade", grade, AT, NULL};
    const char *set[] = {"kindred", "card",    "set", role,
                         "--have",  "alcohol", AT,    NULL};

    must(enroll, NULL);
    must(set, NULL);
}

static void file_text(char text[TRIAL_TEXT])
{
    int fd = open(written, O_RDONLY);

    text[0] = '\0';
    if (fd < 0)
        return;
    trial_read(fd, text);
    (void)close(fd);
}

static void tell(const char *when, size_t n)
{
    (void)fprintf(stderr, "\"%s\" %s call %zu failed: %d: %s%s\n",
                  command->name, when, n, mine->trial.status, mine->trial.out,
                  mine->trial.err);
}

/* What is there each time before it is run. */
static void find_offer(void);

static void before(void)
{
    if (command->before[0])
        must_until(command->before, command->before_input,
                   command->before_until);
    if (command->needs == OFFERED)
        find_offer();
}

/* No data of a server of its own is left. */
static void check_gone(void)
{
    struct dirent *entry;
    DIR *dir = opendir(folder);

    CHECK(dir != NULL);
    while (dir && (entry = readdir(dir)) != NULL)
        CHECK(strncmp(entry->d_name, "kindred-dev-", 12) != 0);
    if (dir)
        (void)closedir(dir);
}

/* The same command, with nothing failed; where only the answer was lost, it
 * finds that out. */
static void run_again(size_t n)
{
    struct trial *trial = &mine->trial;
    bool good;

    trial_run(trial, FAIL_NONE, 0);
    good = trial->status == mine->first.status ||
           strstr(trial->err, "ALREADY_ENROLLED") ||
           strstr(trial->err, "REFLECTED") || strstr(trial->err, "OFFER_") ||
           strstr(trial->err, "there is no talk") ||
           strstr(trial->err, "NOT_CONFIRMED"); /* the other ended it first */
    CHECK(good);
    if (!good)
        tell("again, after", n);
}

/* Whether there was a call n. */
static bool run_failed(size_t n)
{
    struct trial *trial = &mine->trial;
    int was = check_failed, status;

    (void)snprintf(fresh, sizeof fresh, "%s/fresh-%d-%zu", folder, (int)what,
                   n);
    (void)unlink(written);
    before();
    trial_run(trial, what, n);
    trial_check(trial);
    check_gone();
    status = trial->status;
    if (status == mine->first.status && !command->other) {
        CHECK(strcmp(trial->out, mine->first.out) == 0);
        file_text(mine->text_now);
        CHECK(strcmp(mine->text_now, mine->text_first) == 0);
    }
    if (check_failed > was)
        tell("when", n);
    if (trial->seen < n)
        return false;
    shared->injected[what]++;
    if (status >= 0)
        shared->ended[status & 3]++;
    if (status != mine->first.status && command->needs != ALONE)
        run_again(n);
    return true;
}

/* ---- offers to answer ---- */

static int offers_said = -1; /* what the one on duty is told */

/* Go on duty, to answer from elsewhere. */
static void be_asked(void)
{
    const char *attend[] = {"kindred", "attend", "--capacity", "8", AT, NULL};
    int never[2]; /* nothing is typed, and it is open */

    offers_said = trial_file();
    CHECK(pipe(never) == 0);
    (void)fflush(NULL);
    if (fork() == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(never[0], STDIN_FILENO);
        (void)dup2(offers_said, STDOUT_FILENO);
        _exit(kindred_main(8, (char **)(void *)attend));
    }
}

/* The next offer that it is told. */
static void find_offer(void)
{
    static size_t seen;
    const struct timespec moment = {.tv_nsec = 5000000};
    const char *at = NULL;

    for (int i = 0; i < 200 * TRIAL_S && !at; i++) {
        trial_read(offers_said, mine->text_now);
        at = strstr(mine->text_now + seen, "  offer ");
        at = at && strchr(at, '\n') ? at + 8 : NULL;
        if (!at)
            (void)nanosleep(&moment, NULL);
    }
    CHECK(at != NULL);
    (void)snprintf(offer, sizeof offer, "%s", at ? at : "0");
    seen = at ? (size_t)(at - mine->text_now) : seen;
}

/* ---- a worker ---- */

static void settle(int worker)
{
    bool peer = command->needs == WANTED || command->needs == OFFERED;

    (void)snprintf(folder, sizeof folder, "%s/%d", root, worker);
    (void)snprintf(key, sizeof key, "%s/key", folder);
    (void)snprintf(fresh, sizeof fresh, "%s/fresh", folder);
    (void)snprintf(written, sizeof written, "%s/written", folder);
    CHECK(mkdir(folder, 0700) == 0);
    CHECK(setenv("TMPDIR", folder, 1) == 0);
    if (command->needs == ALONE || command->needs == RECORDED)
        return;
    join(peer ? "peer" : "member", peer ? "peer" : "seeker");
    if (command->needs == OFFERED)
        be_asked();
}

static void work(int worker)
{
    mine = trial_shared(sizeof *mine);
    settle(worker);
    before();
    for (struct trial *each = &mine->first; each <= &mine->trial; each++) {
        each->main = kindred_main;
        each->input = command->input;
        each->until = command->until;
        memcpy(each->argv, command->argv, sizeof each->argv);
    }
    trial_run(&mine->first, FAIL_NONE, 0);
    trial_check(&mine->first);
    file_text(mine->text_first);
    for (what = FAIL_MEMORY; what <= FAIL_FILES; what++)
        trial_share(&shared->numbers[what], &command->sample, SWEEP_MAX,
                    run_failed);
}

/* Who talks waits for others; who is alone, for nothing. */
static int workers(void)
{
    switch (command->needs) {
    case MET:
    case WANTED:
    case OFFERED:
        return 4;
    case SERVED:
        return 2;
    default:
        return 1;
    }
}

static void sweep(void)
{
    trial_workers(workers(), work);
    CHECK(shared->injected[FAIL_MEMORY] >= command->memory);
    CHECK(shared->injected[FAIL_FILES] >= command->files);
    (void)printf("injected: %s%zu allocations and %zu calls to files of "
                 "\"%s\" failed; it ended with 0 %d times, with 1 %d, 2 %d, 3 "
                 "%d; checked: its words, its files, the same again\n",
                 command->sample.stride > 1 ? "of all, " : "each of ",
                 shared->injected[FAIL_MEMORY], shared->injected[FAIL_FILES],
                 command->name, shared->ended[0], shared->ended[1],
                 shared->ended[2], shared->ended[3]);
}

/* ---- what it needs ---- */

/* Somebody who accepts, for as long as this lives. */
static void be_there(int number)
{
    const char *attend[] = {"kindred",    "attend", "--auto", "accept",
                            "--capacity", "8",      AT,       NULL};
    int nothing = open("/dev/null", O_RDWR);

    (void)snprintf(key, sizeof key, "%s/peer-%d", root, number);
    join("peer", "peer");
    (void)fflush(NULL);
    if (fork() == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(nothing, STDIN_FILENO);
        (void)dup2(nothing, STDOUT_FILENO);
        _exit(kindred_main(10, (char **)(void *)attend));
    }
    (void)close(nothing);
}

/* Somebody who asks again and again, for as long as this lives. */
static void be_in_need(int number)
{
    const char *ask[] = {"kindred", "ask", AT};

    (void)snprintf(key, sizeof key, "%s/seeker-%d", root, number);
    join("member", "seeker");
    (void)fflush(NULL);
    if (fork() != 0)
        return;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    mine = trial_shared(sizeof *mine);
    mine->once = (struct trial){.main = kindred_main, .input = "hello\n/end\n"};
    memcpy(mine->once.argv, ask, sizeof ask);
    for (;;)
        trial_run(&mine->once, FAIL_NONE, 0);
}

static void serve(void)
{
    static const char pools[] =
        "pools=adult:open:crisis_peer demo:open:crisis_peer";
    static const char *const settings[] = {
        "listen=127.0.0.1:0",    pools,
        "origin=kindred://fail", "show-min=1",
        "cards-per-day=10000",   "relax-ms=1",
        "settle-ms=0",           "rest-ms=1",
        "exclude-talked-ms=0",   "exclude-declined-ms=1",
        "exclude-lapsed-ms=1",   "connections-max=512",
        "tickets-max=512",       "duties-max=512",
        "talks-max=512",         "loops=1"};

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        CHECK(cli_dev_server_put(&server, "--%s", settings[i]));
    CHECK(cli_dev_server_put(&server, "--record=%s", recording));
    if (command->needs == WANTED) /* who was to answer may be gone */
        CHECK(cli_dev_server_put(&server, "--offer-ms=3000"));
    CHECK(cli_dev_server_start(&server, NULL));
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", server.port);
}

/* A day of two people. */
static void write_day(void)
{
    static const char text[] =
        "{\"t\":0,\"do\":\"card\",\"member\":\"p\",\"role\":\"peer\",\"have\":"
        "[\"a\"]}\n"
        "{\"t\":0,\"do\":\"attend\",\"member\":\"p\",\"capacity\":2,\"grade\":"
        "\"peer\",\"rest_ms\":0,\"answers\":[{\"say\":\"accept\",\"after_ms\":"
        "4000}]}\n"
        "{\"t\":5,\"do\":\"card\",\"member\":\"s\",\"role\":\"seeker\",\"seek\""
        ":[{\"any\":[\"a\"],\"importance\":3}]}\n"
        "{\"t\":5,\"do\":\"ask\",\"member\":\"s\",\"ticket\":\"t\",\"danger\":"
        "false,\"talk_ms\":2700000}\n";
    FILE *file = fopen(day, "w");

    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static const struct command *named(const char *name)
{
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (strcmp(COMMANDS[i].name, name) == 0)
            return &COMMANDS[i];
    return NULL;
}

int main(int argc, char **argv)
{
    command = argc == 2 ? named(argv[1]) : NULL;
    if (!command)
        return 2;
    (void)snprintf(root, sizeof root, "fail_cli_%s_XXXXXX", command->name);
    shared = trial_shared(sizeof *shared);
    mine = trial_shared(sizeof *mine);
    if (!mkdtemp(root))
        return 2;
    (void)snprintf(recording, sizeof recording, "%s/recording", root);
    (void)snprintf(day, sizeof day, "%s/day", root);
    write_day();
    if (command->needs != ALONE)
        serve();
    if (command->needs == RECORDED)
        cli_dev_server_close(&server);
    for (int i = 0; i < PEERS && command->needs == MET; i++)
        be_there(i);
    for (int i = 0;
         i < SEEKERS && (command->needs == WANTED || command->needs == OFFERED);
         i++)
        be_in_need(i);
    sweep();
    cli_dev_server_close(&server);
    trial_remove(root);
    return check_report("fail/cli");
}
