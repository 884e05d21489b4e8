#include "cli/say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wipe.h"
#include "cli/args.h"
#include "cli/text.h"
#include "client/error.h"
#include "client/json.h"

enum { LINE_MAX_BYTES = 64 << 20 /* of JSON */ };

static const char *const PAINT[] = {"",         "\033[2m",  "\033[1m",
                                    "\033[32m", "\033[33m", "\033[31m"};

static bool coloured(void)
{
    static int known = -1;
    const char *kind = getenv("TERM");

    if (known < 0)
        known = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && kind &&
                strcmp(kind, "dumb") != 0;
    return known != 0;
}

static bool as_json;

void cli_say_as_json(void)
{
    as_json = true;
}

bool cli_say_is_json(void)
{
    return as_json;
}

/* ---- JSON ---- */

/* One line.  A terminal may take C1 controls, also as UTF-8, for its own, and
 * mark the ways of writing, and not show all: JSON has escapes for these. */
static void print_json(const struct buf *line, FILE *out)
{
    const char *text = (const char *)buf_head(line);
    size_t bytes, size = buf_size(line);

    for (size_t i = 0; i < size; i += bytes) {
        uint32_t code;

        bytes = cli_text_next(text + i, size - i, &code);
        if (!cli_text_is_control(code) && !cli_text_is_hidden(code))
            (void)fwrite(text + i, 1, bytes, out);
        else if (code < 0x10000)
            (void)fprintf(out, "\\u%04x", (unsigned)code);
        else if (code < CLI_TEXT_BAD)
            (void)fprintf(out, "\\u%04x\\u%04x",
                          (unsigned)(0xd7c0 + (code >> 10)),
                          (unsigned)(0xdc00 + (code & 0x3ff)));
    }
    (void)fputc('\n', out);
    if (fflush(out) == 0)
        return;
    if (errno != EPIPE && out == stdout) /* else nobody reads any more */
        (void)cli_say_unwritten();
    exit(CLI_USAGE);
}

bool cli_say_message(const ProtobufCMessage *message)
{
    struct buf line;
    enum err err;

    buf_init(&line, LINE_MAX_BYTES);
    err = client_json_print(message, &line);
    if (err == ERR_NONE)
        print_json(&line, stdout);
    buf_close(&line);
    return err == ERR_NONE;
}

static void heard_as_json(const char *name, const char *text, size_t size)
{
    struct buf line;
    enum err err;

    buf_init(&line, LINE_MAX_BYTES);
    err = buf_append(&line, "{\"from\":", 8);
    if (err == ERR_NONE)
        err = client_json_quote(name, strlen(name), &line);
    if (err == ERR_NONE)
        err = buf_append(&line, ",\"text\":", 8);
    if (err == ERR_NONE)
        err = client_json_quote(text, size, &line);
    if (err == ERR_NONE)
        err = buf_append(&line, "}", 1);
    if (err == ERR_NONE)
        print_json(&line, stdout);
    buf_close(&line);
}

/* ---- words ---- */

static const struct cli_say_stage *on_stage;

void cli_say_on_stage(const struct cli_say_stage *stage)
{
    on_stage = stage;
}

static void hide(void)
{
    if (on_stage)
        on_stage->hide();
}

static void unhide(void)
{
    if (on_stage)
        on_stage->unhide();
}

void cli_say(enum cli_colour colour, const char *format, ...)
{
    bool paint = colour != CLI_PLAIN && coloured();
    bool asks = on_stage && format[strlen(format) - 1] != '\n';
    char prompt[64];
    va_list list;

    if (as_json)
        return;
    va_start(list, format);
    if (asks) {
        (void)vsnprintf(prompt, sizeof prompt, format, list);
        on_stage->ask(prompt);
    } else {
        hide();
        if (on_stage && *format == '\n')
            format++; /* nothing is half said that must be broken off */
        (void)fputs(paint ? PAINT[colour] : "", stdout);
        (void)vfprintf(stdout, format, list);
        (void)fputs(paint ? "\033[0m" : "", stdout);
        (void)fflush(stdout);
        unhide();
    }
    va_end(list);
}

void cli_say_heard(const char *name, const char *text, size_t size)
{
    bool paint = coloured();
    char clean[KINDRED_TEXT_MAX + 1];

    if (as_json) {
        heard_as_json(name, text, size);
        return;
    }
    hide();
    (void)fputs(paint ? PAINT[CLI_BOLD] : "", stdout);
    (void)printf("%s:%s ", name, paint ? "\033[0m" : "");
    for (bool first = true; first || size > 0; first = false) {
        const char *end = size > 0 ? memchr(text, '\n', size) : NULL;
        size_t part = end ? (size_t)(end - text) : size;

        cli_say_clean(clean, sizeof clean, text, part);
        (void)printf("%s%s\n", first ? "" : "    ", clean);
        text += part + (end != NULL);
        size -= part + (end != NULL);
    }
    (void)fflush(stdout);
    unhide();
    wipe(clean, sizeof clean);
}

/* ---- failures ---- */

static void json_error(const char *code, const char *reason, const char *text)
{
    const char *const part[] = {
        "{\"code\":", code, ",\"reason\":", reason, ",\"message\":", text, "}"};
    enum err err = ERR_NONE;
    struct buf line;

    buf_init(&line, LINE_MAX_BYTES);
    for (size_t i = 0; err == ERR_NONE && i < sizeof part / sizeof *part; i++)
        err = i % 2 ? client_json_quote(part[i], strlen(part[i]), &line)
                    : buf_append(&line, part[i], strlen(part[i]));
    if (err == ERR_NONE)
        print_json(&line, stderr);
    buf_close(&line);
}

void cli_say_error(const struct kindred_error *error)
{
    (void)fflush(stdout);
    hide();
    if (as_json)
        json_error(kindred_status_name(error->status), error->reason,
                   error->text);
    else
        (void)fprintf(stderr, "kindred: %s (%s%s%s)\n", error->text,
                      kindred_status_name(error->status),
                      error->reason[0] ? " " : "", error->reason);
    unhide();
}

void cli_say_usage(const char *format, ...)
{
    char text[600];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    (void)fflush(stdout);
    hide();
    if (as_json)
        json_error(kindred_status_name(STATUS_INVALID_ARGUMENT), "USAGE", text);
    else
        (void)fprintf(stderr, "%s\n", text);
    unhide();
}

void cli_say_hint(const char *format, ...)
{
    va_list list;

    if (as_json)
        return;
    hide();
    (void)fputs("kindred: ", stderr);
    va_start(list, format);
    (void)vfprintf(stderr, format, list);
    va_end(list);
    (void)fputc('\n', stderr);
    unhide();
}

bool cli_say_written(void)
{
    return fflush(stdout) == 0 && !ferror(stdout);
}

int cli_say_unwritten(void)
{
    cli_say_usage("kindred: standard output cannot be written");
    return CLI_USAGE;
}

const struct kindred_error *cli_say_no_memory(void)
{
    static struct kindred_error error;

    client_error_set(&error, ERR_NOMEM);
    return &error;
}

int cli_say_status(const struct kindred_error *error)
{
    static const enum err ours[] = {
        ERR_KEY_FILE,        ERR_KEY_FILE_OPEN, ERR_KEY_FILE_MISSING,
        ERR_KEY_FILE_EXISTS, ERR_TERM_UNKNOWN,  ERR_TERM_USE,
        ERR_TERM_PICK,       ERR_TERM_HIDDEN,   ERR_ADDRESS,
        ERR_CERT_FILE,       ERR_CERT_KEY,      ERR_CERT_KEY_OPEN,
        ERR_CERT_PAIR,       ERR_CERT_WEAK,     ERR_CERT_AUTHORITIES};

    if (error->status == STATUS_OK)
        return CLI_OK;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(error->reason, err_reason(ours[i])) == 0)
            return CLI_USAGE;
    if (error->status == STATUS_UNAVAILABLE ||
        error->status == STATUS_DEADLINE_EXCEEDED)
        return CLI_UNREACHABLE;
    return CLI_REFUSED;
}

void cli_say_clean(char *out, size_t room, const char *text, size_t size)
{
    size_t bytes, made = 0;
    uint32_t code;

    for (size_t i = 0; i < size; i += bytes) {
        bytes = cli_text_next(text + i, size - i, &code);
        if (cli_text_is_hidden(code))
            continue;
        if (made + bytes >= room)
            break;
        if (code != '\t' && cli_text_is_control(code)) {
            out[made++] = '?';
        } else {
            memcpy(out + made, text + i, bytes);
            made += bytes;
        }
    }
    out[made] = '\0';
}

void cli_say_tokens(char *out, size_t room,
                    const struct kindred_vocabulary *vocabulary,
                    const uint64_t *tokens, uint32_t count)
{
    size_t made = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < count && made + 4 < room; i++) {
        const char *label = kindred_vocabulary_label(vocabulary, tokens[i]);
        char clean[100];

        label = label ? label : "something not in this vocabulary";
        cli_say_clean(clean, sizeof clean, label, strlen(label));
        made += (size_t)snprintf(out + made, room - made, "%s%s",
                                 made > 0 ? ", " : "", clean);
    }
    if (count == 0)
        (void)snprintf(out, room, "nothing that may be named");
}

void cli_say_id(char out[CLI_ID_TEXT], uint64_t id)
{
    (void)snprintf(out, CLI_ID_TEXT, as_json ? "%" PRIu64 : "%016" PRIx64, id);
}

void cli_say_time(char out[16], uint64_t ms)
{
    if (ms < 120000)
        (void)snprintf(out, 16, "%u.%u s", (unsigned)(ms / 1000),
                       (unsigned)(ms % 1000 / 100));
    else
        (void)snprintf(out, 16, "%u min", (unsigned)(ms / 60000 % 100000));
}
