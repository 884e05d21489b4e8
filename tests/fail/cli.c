/* The command line, with each of its calls to memory and to files failed once:
 * `kindred` as a whole in a child, some commands against a server beside it.  A
 * run that succeeds all the same has said and written all of it; one that does
 * not has broken nothing: the same command works then (tests/lib/trial.h laws 1
 * and 2).
 *
 * A command mostly waits: several processes share its sweep, each with a folder
 * and an account of its own.  Usage: fail_cli COMMAND. */
#define _DEFAULT_SOURCE 1 /* MAP_ANONYMOUS */

#include <fcntl.h>
#include <sys/stat.h>

#include "cli/dev_server.h"
#include "trial.h"

int kindred_main(int argc, char **argv);

enum { PATH = 300, SWEEP_MAX = 2000, PEERS = 4 };

static char root[64], folder[128], address[64], recording[PATH], day[PATH];
static char key[PATH], fresh[PATH], written[PATH];
static struct cli_dev_server server;

enum { ALONE, SERVED, MET, RECORDED }; /* what a command needs to be there */

#define AT "--server", address, "--key", key

static const struct command {
    const char *name;
    int needs;
    const char *argv[TRIAL_ARGS];
    const char *input;
    size_t memory, files;           /* calls that there are at least */
    bool other;                     /* what it says differs from run to run */
    const char *before[TRIAL_ARGS]; /* is run first, each time */
} COMMANDS[] = {
    {"man", ALONE, {"kindred", "man"}, NULL, 2, 1, false, {0}},
    {"completion",
     ALONE,
     {"kindred", "completion", "zsh"},
     NULL,
     2,
     1,
     false,
     {0}},
    {"usage", ALONE, {"kindred", "ask", "--no"}, NULL, 1, 1, false, {0}},
    {"simulate",
     ALONE,
     {"kindred", "simulate", day, "--log", written},
     NULL,
     60,
     5,
     false,
     {0}},
    {"compare",
     ALONE,
     {"kindred", "simulate", day, "--compare", "relax_ms=1", "--log", written},
     NULL,
     100,
     5,
     false,
     {0}},
    {"info",
     SERVED,
     {"kindred", "info", "--server", address},
     NULL,
     20,
     3,
     true,
     {0}},
    {"crisis",
     SERVED,
     {"kindred", "crisis", "US", "--server", address},
     NULL,
     20,
     3,
     false,
     {0}},
    {"vocabulary",
     SERVED,
     {"kindred", "vocabulary", "search", "heroin", "--server", address},
     NULL,
     20,
     3,
     false,
     {0}},
    {"call",
     SERVED,
     {"kindred", "call", "Cards/GetCard", "{\"role\": \"ROLE_SEEKER\"}", AT},
     NULL,
     40,
     5,
     true,
     {0}},
    {"card-set",
     SERVED,
     {"kindred", "card", "set", "seeker", "--have", "alcohol", AT},
     NULL,
     40,
     5,
     false,
     {0}},
    {"card-show",
     SERVED,
     {"kindred", "card", "show", "seeker", AT},
     NULL,
     40,
     5,
     false,
     {0}},
    {"enroll",
     SERVED,
     {"kindred", "enroll", "--server", address, "--key", fresh},
     NULL,
     40,
     10,
     true,
     {0}},
    {"login", SERVED, {"kindred", "login", AT}, NULL, 40, 5, true, {0}},
    {"rotate", SERVED, {"kindred", "rotate", AT}, NULL, 40, 15, true, {0}},
    {"blocks", SERVED, {"kindred", "blocks", AT}, NULL, 40, 5, false, {0}},
    {"ask", MET, {"kindred", "ask", AT}, "hello\n/end\n", 80, 12, true, {0}},
    {"reflect",
     MET,
     {"kindred", "reflect", "yes", AT},
     NULL,
     30,
     3,
     true,
     {"kindred", "ask", AT}},
    {"effects",
     RECORDED,
     {"kindred", "replay", recording, "--effects", written},
     NULL,
     5,
     6,
     false,
     {0}},
    {"workload",
     RECORDED,
     {"kindred", "replay", recording, "--workload", written},
     NULL,
     6,
     6,
     false,
     {0}},
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

static void must(const char *const *argv, const char *input)
{
    struct trial *once = &mine->once;

    once->main = kindred_main;
    once->input = input;
    memset(once->argv, 0, sizeof once->argv);
    for (int i = 0; argv[i]; i++)
        once->argv[i] = argv[i];
    trial_run(once, FAIL_NONE, 0);
    CHECK(once->status == 0);
    if (once->status != 0)
        (void)fprintf(stderr, "%s: %d: %s%s", argv[1], once->status, once->out,
                      once->err);
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

/* The same command, with nothing failed; where only the answer was lost, it
 * finds that out. */
static void run_again(size_t n)
{
    struct trial *trial = &mine->trial;
    bool good;

    trial_run(trial, FAIL_NONE, 0);
    good = trial->status == mine->first.status ||
           strstr(trial->err, "ALREADY_ENROLLED") ||
           strstr(trial->err, "REFLECTED") ||
           strstr(trial->err, "there is no talk");
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
    if (command->before[0])
        must(command->before, "hello\n/end\n");
    trial_run(trial, what, n);
    trial_check(trial);
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
    shared->ended[status & 3]++;
    if (status != mine->first.status && command->needs != ALONE)
        run_again(n);
    return true;
}

/* ---- a worker ---- */

static void settle(int worker)
{
    static const char *const enroll[] = {"kindred", "enroll", AT, NULL};
    static const char *const set[] = {"kindred", "card",    "set", "seeker",
                                      "--have",  "alcohol", AT,    NULL};

    (void)snprintf(folder, sizeof folder, "%s/%d", root, worker);
    (void)snprintf(key, sizeof key, "%s/key", folder);
    (void)snprintf(fresh, sizeof fresh, "%s/fresh", folder);
    (void)snprintf(written, sizeof written, "%s/written", folder);
    CHECK(mkdir(folder, 0700) == 0);
    if (command->needs == ALONE || command->needs == RECORDED)
        return;
    must(enroll, NULL);
    must(set, NULL);
}

static void work(int worker)
{
    mine = trial_shared(sizeof *mine);
    settle(worker);
    if (command->before[0])
        must(command->before, "hello\n/end\n");
    for (struct trial *each = &mine->first; each <= &mine->trial; each++) {
        each->main = kindred_main;
        each->input = command->input;
        memcpy(each->argv, command->argv, sizeof each->argv);
    }
    trial_run(&mine->first, FAIL_NONE, 0);
    trial_check(&mine->first);
    file_text(mine->text_first);
    for (what = FAIL_MEMORY; what <= FAIL_FILES; what++)
        trial_share(&shared->numbers[what], SWEEP_MAX, run_failed);
}

/* Who talks waits for others; who is alone, for nothing. */
static int workers(void)
{
    switch (command->needs) {
    case MET:
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
    (void)printf("injected: each of %zu allocations and %zu calls to files of "
                 "\"%s\" failed; it ended with 0 %d times, with 1 %d, 2 %d, 3 "
                 "%d; checked: its words, its files, the same again\n",
                 shared->injected[FAIL_MEMORY], shared->injected[FAIL_FILES],
                 command->name, shared->ended[0], shared->ended[1],
                 shared->ended[2], shared->ended[3]);
}

/* ---- what it needs ---- */

/* Somebody who accepts, for as long as this lives. */
static void be_there(int number)
{
    const char *enroll[] = {"kindred", "enroll", "--grade", "peer", AT, NULL};
    const char *set[] = {"kindred", "card",    "set", "peer",
                         "--have",  "alcohol", AT,    NULL};
    const char *attend[] = {"kindred",    "attend", "--auto", "accept",
                            "--capacity", "8",      AT,       NULL};
    int nothing = open("/dev/null", O_RDWR);

    if (!mine)
        mine = trial_shared(sizeof *mine);
    (void)snprintf(key, sizeof key, "%s/peer-%d", root, number);
    must(enroll, NULL);
    must(set, NULL);
    (void)fflush(NULL);
    if (fork() == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(nothing, STDIN_FILENO);
        (void)dup2(nothing, STDOUT_FILENO);
        _exit(kindred_main(10, (char **)(void *)attend));
    }
    (void)close(nothing);
}

static void serve(void)
{
    static const char *const settings[] = {"listen=127.0.0.1:0",
                                           "pools=adult:open:crisis_peer",
                                           "origin=kindred://fail",
                                           "show-min=1",
                                           "relax-ms=1",
                                           "settle-ms=0",
                                           "rest-ms=1",
                                           "exclude-talked-ms=0",
                                           "exclude-declined-ms=1",
                                           "exclude-lapsed-ms=1",
                                           "connections-max=128",
                                           "tickets-max=512",
                                           "duties-max=512",
                                           "talks-max=512",
                                           "loops=1"};

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        CHECK(cli_dev_server_put(&server, "--%s", settings[i]));
    CHECK(cli_dev_server_put(&server, "--record=%s", recording));
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
    sweep();
    cli_dev_server_close(&server);
    trial_remove(root);
    return check_report("fail/cli");
}
