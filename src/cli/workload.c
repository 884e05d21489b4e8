#include "cli/workload.h"

#include <stdlib.h>
#include <string.h>

#include "cli/workload_line.h"

enum { READ_AHEAD = CLI_WORKLOAD_LINE_MAX + (1 << 16) };

enum err cli_workload_init(struct cli_workload *workload, FILE *file,
                           struct cli_day *day)
{
    *workload = (struct cli_workload){.file = file, .day = day};
    workload->text = malloc(READ_AHEAD);
    workload->node = malloc(CLI_WORKLOAD_VALUES_MAX * sizeof *workload->node);
    workload->rarity =
        malloc(CLI_WORKLOAD_TERMS_MAX * sizeof *workload->rarity);
    if (workload->text && workload->node && workload->rarity)
        return ERR_NONE;
    cli_workload_close(workload);
    return ERR_NOMEM;
}

void cli_workload_close(struct cli_workload *workload)
{
    free(workload->text);
    free(workload->node);
    free(workload->rarity);
    free(workload->member);
    *workload = (struct cli_workload){0};
}

static bool fill(struct cli_workload *workload)
{
    size_t kept = workload->to - workload->from, n;

    memmove(workload->text, workload->text + workload->from, kept);
    n = fread(workload->text + kept, 1, READ_AHEAD - kept, workload->file);
    workload->from = 0;
    workload->to = kept + n;
    workload->bytes += n;
    return n > 0;
}

/* The next line without its newline, in the buffer until the next call.
 * *whole: it had one. */
static enum err read_text(struct cli_workload *workload, char **text,
                          size_t *size, bool *whole)
{
    char *newline;
    bool more = true;

    for (;;) {
        *text = workload->text + workload->from;
        *size = workload->to - workload->from;
        newline = memchr(*text, '\n', *size);
        if (newline)
            *size = (size_t)(newline - *text);
        if (*size > CLI_WORKLOAD_LINE_MAX) {
            workload->lines++;
            return cli_workload_why_say(&workload->why, CLI_WORKLOAD_WHY_LONG,
                                        NULL, CLI_WORKLOAD_LINE_MAX);
        }
        if (newline || !more)
            break;
        more = fill(workload); /* which moves what there is */
    }
    *whole = newline != NULL;
    workload->lines += *whole || *size > 0 || ferror(workload->file);
    if (!newline && ferror(workload->file))
        return cli_workload_why_say(&workload->why, CLI_WORKLOAD_WHY_READ, NULL,
                                    0);
    workload->from += *size + *whole;
    return ERR_NONE;
}

static enum err parse(struct cli_workload *workload, char *text, size_t size,
                      bool whole)
{
    size_t at = 0;

    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        return cli_workload_why_say(&workload->why, CLI_WORKLOAD_WHY_MARK, NULL,
                                    0);
    if (size == 0)
        return cli_workload_why_say(&workload->why, CLI_WORKLOAD_WHY_EMPTY,
                                    NULL, 0);
    switch (cli_json_read(text, size, workload->node, CLI_WORKLOAD_VALUES_MAX,
                          &at)) {
    case CLI_JSON_OK:
        break;
    case CLI_JSON_UTF8:
        return cli_workload_why_say(&workload->why, CLI_WORKLOAD_WHY_UTF8, NULL,
                                    at + 1);
    case CLI_JSON_DEEP:
        return cli_workload_why_say(&workload->why, CLI_WORKLOAD_WHY_DEEP, NULL,
                                    CLI_JSON_DEPTH_MAX);
    case CLI_JSON_MANY:
        return cli_workload_why_say(&workload->why, CLI_WORKLOAD_WHY_VALUES,
                                    NULL, CLI_WORKLOAD_VALUES_MAX);
    case CLI_JSON_BROKEN:
        if (!whole)
            return cli_workload_why_say(&workload->why, CLI_WORKLOAD_WHY_CUT,
                                        NULL, 0);
        return cli_workload_why_say(&workload->why, CLI_WORKLOAD_WHY_JSON, NULL,
                                    at + 1);
    }
    if (workload->node->type != CLI_JSON_OBJECT)
        return cli_workload_why_say(&workload->why, CLI_WORKLOAD_WHY_OBJECT,
                                    NULL, 0);
    return ERR_NONE;
}

enum err cli_workload_next(struct cli_workload *workload, bool *end)
{
    struct cli_day_line line = {0};
    bool whole = false;
    size_t size;
    char *text;
    enum err err;

    workload->why = (struct cli_workload_why){0};
    err = read_text(workload, &text, &size, &whole);
    *end = err == ERR_NONE && !whole && size == 0;
    if (err != ERR_NONE || *end)
        return err;
    err = parse(workload, text, size, whole);
    if (err == ERR_NONE)
        err = cli_workload_line_read(workload, workload->node, &line);
    if (err == ERR_NONE)
        err = cli_day_add(workload->day, &line,
                          line.what == CLI_DAY_CARD ? &workload->card : NULL);
    return err == ERR_FULL
               ? cli_workload_why_say(&workload->why, CLI_WORKLOAD_WHY_DAY,
                                      NULL, CLI_DAY_BYTES_MAX)
               : err;
}
