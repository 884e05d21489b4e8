#include "client/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/wipe.h"
#include "client/member.h"
#include "rpc/scan.h"

struct client_job {
    struct list by_member; /* in jobs of its member, if any */
    struct kindred_client *client;
    struct kindred_member *member;
    struct kindred_call *call; /* NULL: it waits for a token */
    struct kindred_call_options options;
    struct kindred_call_handler raw; /* a raw job's */
    const ProtobufCMessageDescriptor *answer_type;
    void (*message)(void *arg, const void *answer);
    void (*done)(void *arg, const struct kindred_error *error,
                 const void *answer);
    void *arg;
    ProtobufCMessage *answer; /* of a unary call, until it ended */
    bool is_raw, renewed, malformed, inside, over;
    bool due; /* in a walk over all of them */
    char path[CLIENT_PATH_MAX];
    size_t size;
    uint8_t request[];
};

ProtobufCMessage *client_job_unpack(const ProtobufCMessageDescriptor *type,
                                    const uint8_t *bytes, size_t size)
{
    if (rpc_scan(type, bytes, size, CLIENT_JOB_ELEMENTS) != ERR_NONE)
        return NULL; /* Law 2 */
    return protobuf_c_message_unpack(type, NULL, size, bytes);
}

static void forget_answer(struct client_job *job)
{
    if (job->answer)
        protobuf_c_message_free_unpacked(job->answer, NULL);
    job->answer = NULL;
}

static void release(struct client_job *job)
{
    forget_answer(job);
    wipe(job->request, job->size);
    free(job);
}

static void retire(struct client_job *job)
{
    job->over = true;
    list_unlink(&job->by_member);
}

/* Law 1: the last that is heard of a job. */
static void finish(struct client_job *job, const struct kindred_error *error)
{
    bool inside = job->inside;

    retire(job);
    job->inside = true;
    if (job->is_raw)
        job->raw.ended(job->raw.arg, error);
    else
        job->done(job->arg, error,
                  error->status == STATUS_OK ? job->answer : NULL);
    if (!inside)
        release(job);
}

static void finish_for(struct client_job *job, enum err err)
{
    struct kindred_error error;

    client_error_set(&error, err);
    finish(job, &error);
}

static void on_message(void *arg, const uint8_t *bytes, size_t size)
{
    struct client_job *job = arg;
    ProtobufCMessage *message;

    job->renewed = false; /* that token was good; it may stop being */
    if (job->is_raw) {
        if (job->raw.message)
            job->raw.message(job->raw.arg, bytes, size);
        return;
    }
    message = client_job_unpack(job->answer_type, bytes, size);
    if (!message) {
        job->malformed = true;
        return;
    }
    if (!job->options.stream) {
        forget_answer(job);
        job->answer = message;
        return;
    }
    job->inside = true;
    job->message(job->arg, message);
    job->inside = false;
    protobuf_c_message_free_unpacked(message, NULL);
    if (job->over)
        release(job);
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct client_job *job = arg;

    job->call = NULL;
    if (job->member && !job->renewed &&
        (client_error_is(error, ERR_TOKEN_EXPIRED) ||
         client_error_is(error, ERR_UNAUTHENTICATED))) {
        job->renewed = true;
        client_member_token_expired(job->member);
        if (!client_member_log_in(job->member))
            finish_for(job, ERR_NOMEM);
        return;
    }
    if (error->status == STATUS_OK && job->malformed)
        finish_for(job, ERR_PROTO);
    else
        finish(job, error);
}

static bool begin(struct client_job *job)
{
    struct kindred_call_handler handler = {on_message, on_ended, job};

    job->options.path = job->path;
    job->options.request = job->request;
    job->options.size = job->size;
    job->options.token = job->member ? client_member_token(job->member) : NULL;
    job->options.proof_key =
        job->member ? client_member_proof(job->member) : NULL;
    job->call =
        client_calls_start(&job->client->calls, &job->options, &handler);
    return job->call != NULL;
}

/* Now, or when there is a token.  False: out of memory; the job is gone. */
static bool launch(struct client_job *job)
{
    bool waits = job->member && !client_member_token(job->member);

    if (job->member)
        list_push_back(&job->member->jobs, &job->by_member);
    if (waits ? client_member_log_in(job->member) : begin(job))
        return true;
    retire(job);
    release(job);
    return false;
}

static struct client_job *make(struct kindred_client *client,
                               struct kindred_member *member, const char *path,
                               size_t size)
{
    struct client_job *job;

    if (size > CLIENT_REQUEST_MAX || strlen(path) >= CLIENT_PATH_MAX)
        return NULL;
    job = calloc(1, sizeof *job + size);
    if (!job)
        return NULL;
    job->client = client;
    job->member = member;
    job->size = size;
    memcpy(job->path, path, strlen(path) + 1);
    return job;
}

struct client_job *client_job_start(const struct client_job_options *options)
{
    const ProtobufCMessage *request = options->request;
    size_t size = protobuf_c_message_get_packed_size(request);
    struct client_job *job =
        make(options->client, options->member, options->path, size);

    if (!job)
        return NULL;
    (void)protobuf_c_message_pack(request, job->request);
    job->options.stream = options->stream;
    job->options.retry = !options->once && !options->stream;
    job->options.timeout_ms = options->stream ? 0 : CLIENT_JOB_MS;
    job->answer_type = options->answer;
    job->message = options->message;
    job->done = options->done;
    job->arg = options->arg;
    return launch(job) ? job : NULL;
}

struct client_job *client_job_raw(struct kindred_member *member,
                                  const struct kindred_call_options *options,
                                  const struct kindred_call_handler *handler)
{
    struct client_job *job =
        make(member->client, member, options->path, options->size);

    if (!job)
        return NULL;
    if (options->size > 0)
        memcpy(job->request, options->request, options->size);
    job->options = *options;
    job->is_raw = true;
    job->raw = *handler;
    return launch(job) ? job : NULL;
}

void client_job_cancel(struct client_job *job)
{
    if (!job || job->over)
        return;
    retire(job);
    kindred_call_cancel(job->call);
    if (!job->inside)
        release(job);
}

static struct client_job *first_due(struct list *jobs)
{
    LIST_EACH (link, jobs) {
        struct client_job *job = LIST_ENTRY(link, struct client_job, by_member);

        if (job->due)
            return job;
    }
    return NULL;
}

/* Each that is there now, once; callbacks may begin and end any of them. */
static void each(struct list *jobs, const struct kindred_error *error,
                 bool waiting_only)
{
    struct client_job *job;

    LIST_EACH (link, jobs) {
        job = LIST_ENTRY(link, struct client_job, by_member);
        job->due = !waiting_only || !job->call;
    }
    while ((job = first_due(jobs))) {
        job->due = false;
        if (error->status != STATUS_OK) {
            kindred_call_cancel(job->call);
            finish(job, error);
        } else if (!begin(job)) {
            finish_for(job, ERR_NOMEM);
        }
    }
}

void client_job_token(struct list *waiting, const struct kindred_error *error)
{
    each(waiting, error, true);
}

void client_job_end_all(struct list *jobs)
{
    struct kindred_error error;

    client_error_set(&error, ERR_CANCELED);
    while (!list_empty(jobs))
        each(jobs, &error, false);
}
