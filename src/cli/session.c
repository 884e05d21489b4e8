#include "cli/session.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wipe.h"
#include "cli/method.h"
#include "cli/say.h"
#include "cli/terminal.h"
#include "client/error.h"
#include "client/job.h"
#include "client/json.h"
#include "pb/kindred/v1/vocabularies.pb-c.h"

static const char DEFAULT_SERVER[] = "127.0.0.1:50051";

bool cli_session_key_path(const struct cli_args *args, char *path)
{
    const char *given = cli_args_text(args, "--key", NULL);
    const char *home = getenv("HOME");
    int size;

    if (given) {
        size = snprintf(path, CLI_PATH_MAX, "%s", given);
    } else {
        size = snprintf(path, CLI_PATH_MAX, "%s/.config",
                        home && *home ? home : ".");
        if (size > 0 && size < CLI_PATH_MAX)
            (void)mkdir(path, 0700); /* if it fails, the file will say so */
        size = snprintf(path, CLI_PATH_MAX, "%s/.config/kindred/key",
                        home && *home ? home : ".");
    }
    if (size > 0 && size < CLI_PATH_MAX - 64)
        return true;
    cli_say_usage("kindred: the path of the key is too long");
    return false;
}

static const char *server_of(const struct cli_args *args)
{
    const char *environment = getenv("KINDRED_SERVER");

    return cli_args_text(args, "--server",
                         environment && *environment ? environment
                                                     : DEFAULT_SERVER);
}

/* Believe what the options say. */
static bool trust(struct kindred_loop *loop, const struct cli_args *args,
                  struct kindred_error *error)
{
    struct kindred_trust files = {
        .authorities = cli_args_text(args, "--ca", NULL),
        .certificate = cli_args_text(args, "--cert", NULL),
        .key = cli_args_text(args, "--cert-key", NULL)};

    if (!files.authorities && !files.certificate && !files.key)
        return true; /* the system's, when they are wanted */
    return kindred_loop_trust(loop, &files, error);
}

static int refuse(struct cli_session *session,
                  const struct kindred_error *error)
{
    cli_say_error(error);
    cli_session_close(session);
    return cli_say_status(error);
}

/* NULL: out of memory. */
static uint8_t *copy_of(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size + 1);

    if (copy && size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

static void print(const char *path, const uint8_t *bytes, size_t size)
{
    const struct api_method *method = client_json_method(path);

    if (method)
        (void)cli_method_print(method, bytes, size); /* else its call fails */
}

void cli_session_show(struct cli_session *session)
{
    if (session->held)
        print(session->later, session->held, session->held_size);
    wipe_free(session->held);
    session->held = NULL;
}

/* With --json: what the command is about, as it comes, or soon after. */
static void on_shown(void *arg, const char *path, const uint8_t *bytes,
                     size_t size)
{
    struct cli_session *session = arg;

    if (session->quiet ||
        !cli_method_listed(session->args->command->calls, path))
        return;
    cli_session_show(session); /* in the order they came */
    if (session->later && strcmp(path, session->later) == 0)
        session->held = copy_of(bytes, size);
    session->held_size = size;
    if (!session->held)
        print(path, bytes, size);
}

int cli_session_open(struct cli_session *session, const struct cli_args *args,
                     bool with_key)
{
    struct kindred_identity identity = {0};
    struct kindred_error error;

    memset(session, 0, sizeof *session);
    session->args = args;
    if (!cli_session_key_path(args, session->key_path))
        return CLI_USAGE;
    if (with_key &&
        !kindred_identity_load(&identity, session->key_path, &error)) {
        cli_say_error(&error);
        if (strcmp(error.reason, "KEY_FILE_MISSING") == 0)
            cli_say_hint("there is no account key in %s: \"kindred enroll\" "
                         "makes one, --key FILE names another",
                         session->key_path);
        return cli_say_status(&error);
    }
    session->loop = kindred_loop_new();
    if (session->loop && !trust(session->loop, args, &error))
        return refuse(session, &error);
    if (session->loop)
        session->client =
            kindred_client_new(session->loop, server_of(args), &error);
    else
        client_error_set(&error, ERR_NOMEM);
    if (!session->client)
        return refuse(session, &error);
    if (cli_say_is_json() && args->command->calls)
        kindred_client_watch(session->client, on_shown, session);
    if (with_key)
        session->member = kindred_member_new(session->client, &identity);
    kindred_identity_wipe(&identity);
    if (with_key && !session->member)
        return refuse(session, cli_say_no_memory());
    return CLI_OK;
}

void cli_session_close(struct cli_session *session)
{
    cli_terminal_close();
    cli_session_show(session); /* nobody heard of it */
    kindred_vocabulary_free(session->vocabulary);
    kindred_member_free(session->member);
    kindred_client_free(session->client);
    kindred_loop_free(session->loop);
    memset(session, 0, sizeof *session);
}

void cli_session_done(void *arg, const struct kindred_error *error)
{
    struct cli_session *session = arg;

    session->error = *error;
    session->done = true;
    kindred_loop_stop(session->loop);
}

static int tell(const struct cli_session *session)
{
    if (session->error.status != 0)
        cli_say_error(&session->error);
    if (strcmp(session->error.reason, "UNREACHABLE") == 0)
        cli_say_hint("is kindredd running at %s?", server_of(session->args));
    if (strcmp(session->error.reason, "NOT_ENROLLED") == 0)
        cli_say_hint("\"kindred enroll\" makes this key a member; \"kindred "
                     "rotate\" finishes an interrupted rotation");
    if (strcmp(session->error.reason, "GRADE") == 0)
        cli_say_hint("\"kindred enroll --grade peer --key FILE\" makes a peer, "
                     "with a key of its own");
    return cli_say_status(&session->error);
}

int cli_session_wait(struct cli_session *session, bool begun)
{
    if (!begun)
        cli_session_done(session, cli_say_no_memory());
    while (!session->done)
        kindred_loop_run(session->loop);
    session->done = false;
    return tell(session);
}

struct waiting {
    struct cli_session *session;
    uint8_t *bytes;
    size_t size;
    bool came;
};

/* What came is not there: it made no sense, or there was no memory for it. */
static int no_answer(const struct waiting *waiting)
{
    struct kindred_error error;

    client_error_set(&error,
                     waiting->came && !waiting->bytes ? ERR_NOMEM : ERR_PROTO);
    cli_say_error(&error);
    return cli_say_status(&error);
}

static void on_message(void *arg, const uint8_t *bytes, size_t size)
{
    struct waiting *waiting = arg;

    waiting->bytes = copy_of(bytes, size);
    waiting->size = size;
    waiting->came = true;
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct waiting *waiting = arg;

    cli_session_done(waiting->session, error);
}

int cli_session_begin(struct cli_session *session, bool with_token,
                      const struct kindred_call_options *options,
                      const struct kindred_call_handler *handler)
{
    return cli_session_wait(
        session,
        with_token
            ? kindred_member_call(session->member, options, handler)
            : kindred_client_call(session->client, options, handler) != NULL);
}

/* A unary call that may be repeated: its answer is in *waiting. */
static int ask(struct waiting *waiting, bool with_token, const char *path,
               const uint8_t *request, size_t size)
{
    const struct kindred_call_handler handler = {on_message, on_ended, waiting};
    const struct kindred_call_options options = {.path = path,
                                                 .request = request,
                                                 .size = size,
                                                 .retry = true,
                                                 .timeout_ms = CLIENT_JOB_MS};

    return cli_session_begin(waiting->session, with_token, &options, &handler);
}

ProtobufCMessage *cli_session_call(struct cli_session *session,
                                   const struct cli_call *call, int *status)
{
    struct waiting waiting = {.session = session};
    ProtobufCMessage *answer = NULL;
    uint8_t request[4096];

    if (protobuf_c_message_get_packed_size(call->request) > sizeof request)
        abort(); /* ours are small */
    *status = ask(&waiting, call->with_token, call->path, request,
                  protobuf_c_message_pack(call->request, request));
    wipe(request, sizeof request);
    if (waiting.bytes)
        answer = client_job_unpack(call->answer, waiting.bytes, waiting.size);
    if (*status == CLI_OK && !answer)
        *status = no_answer(&waiting);
    free(waiting.bytes);
    return answer;
}

int cli_session_vocabulary(struct cli_session *session)
{
    Kindred__V1__GetVocabularyRequest request =
        KINDRED__V1__GET_VOCABULARY_REQUEST__INIT;
    struct waiting waiting = {.session = session};
    char language[36];
    uint8_t bytes[64];
    int status;

    if (session->vocabulary)
        return CLI_OK;
    (void)snprintf(language, sizeof language, "%s",
                   cli_args_text(session->args, "--language", ""));
    request.language = language;
    status =
        ask(&waiting, false, "/kindred.v1.Vocabularies/GetVocabulary", bytes,
            kindred__v1__get_vocabulary_request__pack(&request, bytes));
    if (waiting.bytes)
        session->vocabulary =
            kindred_vocabulary_new(waiting.bytes, waiting.size);
    if (status == CLI_OK && !session->vocabulary)
        status = no_answer(&waiting);
    free(waiting.bytes);
    return status;
}

/* ---- files beside the key ---- */

bool cli_session_path(const struct cli_session *session, const char *suffix,
                      char path[CLI_PATH_MAX])
{
    int size = snprintf(path, CLI_PATH_MAX, "%s.%s", session->key_path, suffix);

    return size > 0 && size < CLI_PATH_MAX;
}

bool cli_session_talk_path(const struct cli_session *session, uint64_t id,
                           char path[CLI_PATH_MAX])
{
    char suffix[32];

    (void)snprintf(suffix, sizeof suffix, "talk-%08x%08x", (unsigned)(id >> 32),
                   (unsigned)(id & UINT32_MAX));
    return cli_session_path(session, suffix, path);
}

/* Is this saved talk the one that is meant? */
static bool meant(const char *path, const char *which)
{
    uint8_t saved[KINDRED_TALK_SAVED_MAX];
    struct kindred_talk_start start;
    char id[CLI_ID_TEXT];
    size_t size;
    bool is;

    if (!kindred_file_load(path, saved, sizeof saved, &size, NULL) ||
        !kindred_talk_saved_start(saved, size, &start))
        return false;
    cli_say_id(id, start.talk_id);
    is = !which || strncmp(id, which, strlen(which)) == 0 ||
         strncmp(start.their_name, which, strlen(which)) == 0;
    wipe(&start, sizeof start);
    wipe(saved, sizeof saved);
    return is;
}

static bool newer(const struct stat *a, const struct stat *b)
{
    if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
        return a->st_mtim.tv_sec > b->st_mtim.tv_sec;
    return a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

bool cli_session_find_talk(const struct cli_session *session, const char *which,
                           char path[CLI_PATH_MAX])
{
    char directory[CLI_PATH_MAX], prefix[CLI_PATH_MAX];
    struct stat best = {0}, found_stat;
    struct dirent *entry;
    char *slash;
    bool found = false;
    DIR *dir;

    (void)snprintf(directory, sizeof directory, "%s", session->key_path);
    slash = strrchr(directory, '/');
    (void)snprintf(prefix, sizeof prefix, "%.900s.talk-",
                   slash ? slash + 1 : directory);
    if (slash)
        slash[1] = '\0';
    dir = opendir(slash ? directory : ".");
    while (dir && (entry = readdir(dir)) != NULL) {
        char candidate[CLI_PATH_MAX + 300];

        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
            strchr(entry->d_name + strlen(prefix), '.'))
            continue;
        (void)snprintf(candidate, sizeof candidate, "%s%s",
                       slash ? directory : "", entry->d_name);
        if (strlen(candidate) >= CLI_PATH_MAX || stat(candidate, &found_stat) ||
            (found && !newer(&found_stat, &best)) || !meant(candidate, which))
            continue;
        memcpy(path, candidate, strlen(candidate) + 1);
        best = found_stat;
        found = true;
    }
    if (dir)
        (void)closedir(dir);
    if (!found)
        cli_say_usage("kindred: there is no %s here",
                      which ? "such talk" : "talk");
    return found;
}

bool cli_session_load_talk(const struct cli_session *session, const char *which,
                           char path[CLI_PATH_MAX],
                           struct kindred_talk_start *start)
{
    struct kindred_error error;
    uint8_t saved[KINDRED_TALK_SAVED_MAX];
    size_t size;
    bool good;

    if (!cli_session_find_talk(session, which, path))
        return false;
    if (!kindred_file_load(path, saved, sizeof saved, &size, &error)) {
        cli_say_error(&error);
        return false;
    }
    good = kindred_talk_saved_start(saved, size, start);
    wipe(saved, sizeof saved);
    return good;
}
