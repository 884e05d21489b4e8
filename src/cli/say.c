#include "cli/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/args.h"

static const char *const PAINT[] = {"",         "\033[2m",  "\033[1m",
                                    "\033[32m", "\033[33m", "\033[31m"};

static bool coloured(void)
{
    static int known = -1;

    if (known < 0)
        known = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    return known != 0;
}

void cli_say(enum cli_colour colour, const char *format, ...)
{
    bool paint = colour != CLI_PLAIN && coloured();
    va_list list;

    if (paint)
        (void)fputs(PAINT[colour], stdout);
    va_start(list, format);
    (void)vfprintf(stdout, format, list);
    va_end(list);
    if (paint)
        (void)fputs("\033[0m", stdout);
    (void)fflush(stdout);
}

void cli_say_error(const struct kindred_error *error)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "kindred: %s (%s%s%s)\n", error->text,
                  kindred_status_name(error->status),
                  error->reason[0] ? " " : "", error->reason);
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

/* C0, DEL, and the C1 controls, which are two bytes in UTF-8. */
void cli_say_clean(char *out, size_t room, const char *text, size_t size)
{
    size_t made = 0;

    for (size_t i = 0; i < size && made + 1 < room; i++) {
        unsigned char c = (unsigned char)text[i];
        bool c1 =
            c == 0xc2 && i + 1 < size && (unsigned char)text[i + 1] < 0xa0;

        if (c < ' ' && c != '\t') {
            out[made++] = '?';
        } else if (c == 0x7f || c1) {
            out[made++] = '?';
            i += c1;
        } else {
            out[made++] = (char)c;
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

void cli_say_time(char out[16], uint64_t ms)
{
    if (ms < 120000)
        (void)snprintf(out, 16, "%u.%u s", (unsigned)(ms / 1000),
                       (unsigned)(ms % 1000 / 100));
    else
        (void)snprintf(out, 16, "%u min", (unsigned)(ms / 60000 % 100000));
}
