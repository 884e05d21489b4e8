/* cli/call -- any call of the API, JSON in and out. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wipe.h"
#include "cli/commands.h"
#include "cli/method.h"
#include "cli/say.h"
#include "cli/session.h"
#include "client/error.h"
#include "client/job.h"
#include "client/json.h"
#include "client/op.h"

enum { TEXT_MAX = 1 << 18 /* bytes of JSON */, REQUEST_MAX = 65536 };

struct calling {
    struct cli_session session;
    const struct api_method *method;
    bool unclear; /* an answer has no JSON form */
};

static int list_methods(void)
{
    size_t count;
    const struct api_method *method = client_json_methods(&count);

    for (size_t i = 0; i < count; i++)
        (void)printf("%s%s\n", method[i].path + 1,
                     method[i].server_streams ? "  stream" : "");
    return CLI_OK;
}

/* ---- the request ---- */

/* JSON of the command line, or of standard input for "-". */
static bool take_text(const struct cli_args *args, struct buf *text)
{
    const char *given = args->words > 1 ? args->word[1] : "{}";
    char piece[4096];
    ssize_t got = 1;
    enum err err = ERR_NONE;

    if (strcmp(given, "-") != 0)
        return buf_append(text, given, strlen(given)) == ERR_NONE;
    while (err == ERR_NONE &&
           (got = read(STDIN_FILENO, piece, sizeof piece)) > 0)
        err = buf_append(text, piece, (size_t)got);
    wipe(piece, sizeof piece);
    return err == ERR_NONE && got == 0;
}

/* A changing call that names no idempotency key gets a fresh one.  False: out
 * of memory. */
static bool draw_key(ProtobufCMessage *request)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(request->descriptor,
                                                        "idempotency_key");
    ProtobufCBinaryData *key;

    if (!field || field->type != PROTOBUF_C_TYPE_BYTES)
        return true;
    key = (void *)((unsigned char *)request + field->offset);
    if (key->len > 0)
        return true;
    key->data = malloc(KINDRED_IDEMPOTENCY);
    if (!key->data)
        return false;
    *key = client_op_key(key->data);
    return true;
}

/* The request in its packed form, in `wire`; else a sentence was said. */
static bool make_request(const struct api_method *method,
                         const struct buf *text, struct buf *wire)
{
    struct kindred_error error;
    ProtobufCMessage *request = NULL;
    enum err err = client_json_parse(
        method->request, (const char *)buf_head(text), buf_size(text), wire);

    if (err == ERR_NONE) {
        request =
            client_job_unpack(method->request, buf_head(wire), buf_size(wire));
        err = request ? ERR_NONE : ERR_PROTO;
    }
    if (err == ERR_NONE) {
        uint8_t *room;
        size_t size;

        err = draw_key(request) ? ERR_NONE : ERR_NOMEM;
        size = protobuf_c_message_get_packed_size(request);
        buf_truncate(wire, 0);
        room = size > 0 ? buf_reserve(wire, size) : NULL;
        if (room)
            buf_commit(wire, protobuf_c_message_pack(request, room));
        else if (size > 0)
            err = ERR_TOO_LARGE;
        protobuf_c_message_free_unpacked(request, NULL);
    }
    client_error_set(&error, err);
    if (err != ERR_NONE)
        cli_say_error(&error);
    return err == ERR_NONE;
}

/* ---- the call ---- */

static void on_message(void *arg, const uint8_t *bytes, size_t size)
{
    struct calling *calling = arg;

    calling->unclear |= !cli_method_print(calling->method, bytes, size);
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct calling *calling = arg;

    cli_session_done(&calling->session, error);
}

static int call(struct calling *calling, const struct buf *wire)
{
    const struct api_method *method = calling->method;
    struct kindred_call_handler handler = {on_message, on_ended, calling};
    bool stream = method->server_streams;
    struct kindred_call_options options = {
        .path = method->path,
        .request = buf_head(wire),
        .size = buf_size(wire),
        .stream = stream,
        .retry = !stream && method->idempotency != API_IDEMPOTENCY_UNKNOWN,
        .timeout_ms = stream ? 0 : CLIENT_JOB_MS};
    struct kindred_error error;
    int status = cli_session_begin(
        &calling->session, calling->session.member != NULL, &options, &handler);

    client_error_set(&error, ERR_PROTO);
    if (status == CLI_OK && calling->unclear) {
        cli_say_error(&error);
        status = CLI_REFUSED;
    }
    return status;
}

static int run(const struct cli_args *args)
{
    struct calling calling = {0};
    struct buf text, wire;
    int status = CLI_USAGE;

    if (args->words == 0)
        return list_methods();
    calling.method = cli_method_find(args->word[0]);
    if (!calling.method) {
        cli_say_usage("kindred call: there is no such call: %.80s",
                      args->word[0]);
        cli_say_hint("\"kindred call\" lists them all");
        return CLI_USAGE;
    }
    buf_init(&text, TEXT_MAX);
    buf_init(&wire, REQUEST_MAX);
    if (!take_text(args, &text))
        cli_say_usage("kindred call: the JSON is too long, or cannot be read");
    else if (make_request(calling.method, &text, &wire))
        status = cli_session_open(&calling.session, args,
                                  cli_args_has(args, "--key"));
    if (status == CLI_OK) {
        status = call(&calling, &wire);
        cli_session_close(&calling.session);
    }
    buf_close(&text);
    buf_close(&wire);
    return status;
}

const struct cli_command cli_call = {
    .name = "call",
    .words = "[SERVICE/METHOD [JSON]]",
    .help = "any call of the API, JSON in and out",
    .about =
        "  kindred call\n"
        "  kindred call Support/GetCrisisResources '{\"country\": \"US\"}'\n"
        "  kindred call Cards/GetCard '{\"role\": \"ROLE_SEEKER\"}' --key "
        "FILE\n"
        "  kindred call grpc.health.v1.Health/Watch\n"
        "  kindred call Operations/Stats \\\n"
        "      --server unix:/var/lib/kindred/operations.sock\n\n"
        "Without a name it lists all calls.  The JSON is the request by the\n"
        "canonical mapping of protobuf, - reads it from standard input; what\n"
        "comes is printed the same way, of a stream each message on a line of\n"
        "its own, until it ends or Ctrl-C.  With --key the call carries an\n"
        "access token of that account.  A call that changes something gets an\n"
        "idempotency key if the JSON has none.\n",
    .calls = "",
    .words_max = 2,
    .run = run};
