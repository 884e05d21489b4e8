#include "cli/edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "cli/text.h"

/* ---- the text ---- */

static void insert(struct cli_edit *edit, const char *bytes, size_t size)
{
    if (edit->size + size > CLI_EDIT_MAX) /* Law 1 */
        return;
    memmove(edit->text + edit->at + size, edit->text + edit->at,
            edit->size - edit->at);
    memcpy(edit->text + edit->at, bytes, size);
    edit->size += size;
    edit->at += size;
    edit->text[edit->size] = '\0';
}

static void cut(struct cli_edit *edit, size_t from, size_t to)
{
    memmove(edit->text + from, edit->text + to, edit->size - to);
    edit->size -= to - from;
    edit->at = from;
    edit->text[edit->size] = '\0';
}

static unsigned width_at(const struct cli_edit *edit, size_t at, size_t *bytes)
{
    uint32_t code;

    *bytes = cli_text_next(edit->text + at, edit->size - at, &code);
    return cli_text_width(code);
}

/* One character back, with what combines with it. */
static size_t before(const struct cli_edit *edit, size_t at)
{
    size_t bytes;

    while (at > 0) {
        at -= cli_text_last(edit->text, at);
        if (width_at(edit, at, &bytes) > 0)
            break;
    }
    return at;
}

static size_t after(const struct cli_edit *edit, size_t at)
{
    size_t bytes;

    if (at < edit->size) {
        (void)width_at(edit, at, &bytes);
        at += bytes;
    }
    while (at < edit->size && width_at(edit, at, &bytes) == 0)
        at += bytes;
    return at;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n';
}

static size_t word_before(const struct cli_edit *edit)
{
    size_t at = edit->at;

    while (at > 0 && is_blank(edit->text[at - 1]))
        at--;
    while (at > 0 && !is_blank(edit->text[at - 1]))
        at--;
    return at;
}

static size_t word_after(const struct cli_edit *edit)
{
    size_t at = edit->at;

    while (at < edit->size && is_blank(edit->text[at]))
        at++;
    while (at < edit->size && !is_blank(edit->text[at]))
        at++;
    return at;
}

/* ---- lines before ---- */

static void forget(char **line)
{
    if (*line)
        wipe(*line, strlen(*line));
    free(*line);
    *line = NULL;
}

static void put(struct cli_edit *edit, const char *line)
{
    edit->size = edit->at = strlen(line);
    memmove(edit->text, line, edit->size + 1);
}

/* To the line before the shown one, or after it; 0 is what is being typed. */
static void look_back(struct cli_edit *edit, bool back)
{
    if (back ? edit->shown == edit->pasts : edit->shown == 0)
        return;
    if (edit->shown == 0) {
        forget(&edit->draft);
        edit->draft = strdup(edit->text);
    }
    edit->shown = back ? edit->shown + 1 : edit->shown - 1;
    if (edit->shown > 0)
        put(edit, edit->past[edit->shown - 1]);
    else
        put(edit, edit->draft ? edit->draft : "");
}

void cli_edit_clear(struct cli_edit *edit)
{
    char *copy = edit->size > 0 ? strdup(edit->text) : NULL;

    if (copy && edit->pasts > 0 && strcmp(copy, edit->past[0]) == 0)
        forget(&copy);
    if (copy) {
        if (edit->pasts == CLI_EDIT_PAST)
            forget(&edit->past[--edit->pasts]);
        memmove(edit->past + 1, edit->past, edit->pasts * sizeof *edit->past);
        edit->past[0] = copy;
        edit->pasts++;
    }
    forget(&edit->draft);
    wipe(edit->text, sizeof edit->text); /* what was cut lies behind the end */
    edit->size = edit->at = 0;
    edit->shown = 0;
}

void cli_edit_close(struct cli_edit *edit)
{
    cli_edit_clear(edit);
    while (edit->pasts > 0)
        forget(&edit->past[--edit->pasts]);
    wipe(edit, sizeof *edit);
}

/* ---- keys ---- */

static enum cli_edit_did control(struct cli_edit *edit, unsigned char key)
{
    switch (key) {
    case 'A' & 31:
        edit->at = 0;
        break;
    case 'E' & 31:
        edit->at = edit->size;
        break;
    case 'B' & 31:
        edit->at = before(edit, edit->at);
        break;
    case 'F' & 31:
        edit->at = after(edit, edit->at);
        break;
    case 'P' & 31:
    case 'N' & 31:
        look_back(edit, key == ('P' & 31));
        break;
    case 'U' & 31:
        cut(edit, 0, edit->at);
        break;
    case 'K' & 31:
        cut(edit, edit->at, edit->size);
        break;
    case 'W' & 31:
        cut(edit, word_before(edit), edit->at);
        break;
    case 'D' & 31:
        if (edit->size == 0)
            return CLI_EDIT_END;
        cut(edit, edit->at, after(edit, edit->at));
        break;
    case 'H' & 31:
    case 0x7f:
        cut(edit, before(edit, edit->at), edit->at);
        break;
    case 'L' & 31:
        return CLI_EDIT_ANEW;
    default:
        return CLI_EDIT_NOTHING;
    }
    return CLI_EDIT_CHANGED;
}

/* What terminals send for the keys that are no characters (ECMA-48 5.4; the
 * numbers with ~ are the VT220's, 200 and 201 xterm's). */
static enum cli_edit_did sequence(struct cli_edit *edit)
{
    static const struct {
        const char *sent;
        unsigned char key;
    } keys[] = {{"[A", 'P' & 31},  {"[B", 'N' & 31},  {"[C", 'F' & 31},
                {"[D", 'B' & 31},  {"[H", 'A' & 31},  {"[F", 'E' & 31},
                {"OA", 'P' & 31},  {"OB", 'N' & 31},  {"OC", 'F' & 31},
                {"OD", 'B' & 31},  {"OH", 'A' & 31},  {"OF", 'E' & 31},
                {"[1~", 'A' & 31}, {"[7~", 'A' & 31}, {"[4~", 'E' & 31},
                {"[8~", 'E' & 31}};
    const char *sent = edit->escape;

    if (strcmp(sent, "[200~") == 0 || strcmp(sent, "[201~") == 0) {
        edit->pasting = sent[3] == '0';
        return CLI_EDIT_NOTHING;
    }
    if (strcmp(sent, "[3~") == 0)
        cut(edit, edit->at, after(edit, edit->at));
    else if (strcmp(sent, "b") == 0 || strcmp(sent, "[1;5D") == 0)
        edit->at = word_before(edit);
    else if (strcmp(sent, "f") == 0 || strcmp(sent, "[1;5C") == 0)
        edit->at = word_after(edit);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(sent, keys[i].sent) == 0)
            return control(edit, keys[i].key);
    return CLI_EDIT_CHANGED;
}

/* A byte after an escape: CSI has parameters and a final byte, SS3 one more,
 * anything else is over. */
static enum cli_edit_did escaped(struct cli_edit *edit, unsigned char byte)
{
    bool csi = edit->escapes > 1 && edit->escape[0] == '[';
    bool more = edit->escapes == 1 ? byte == '[' || byte == 'O'
                                   : csi && byte >= 0x20 && byte < 0x40;

    if (edit->escapes < sizeof edit->escape) {
        edit->escape[edit->escapes - 1] = (char)byte;
        edit->escape[edit->escapes++] = '\0';
    } else {
        edit->escape[0] = '\0'; /* too long to be one of ours */
        edit->escapes = sizeof edit->escape;
        more = byte >= 0x20 && byte < 0x40;
    }
    if (more)
        return CLI_EDIT_NOTHING;
    edit->escapes = 0;
    return sequence(edit);
}

/* A byte of a character; it is put in when whole (Law 1). */
static enum cli_edit_did character(struct cli_edit *edit, unsigned char byte)
{
    uint32_t code;

    if (edit->parts > 0 && (byte & 0xc0) != 0x80)
        edit->parts = 0; /* the one before was cut */
    edit->part[edit->parts++] = (char)byte;
    if (cli_text_next(edit->part, edit->parts, &code) == edit->parts &&
        code != CLI_TEXT_BAD) {
        if (!cli_text_is_control(code))
            insert(edit, edit->part, edit->parts);
        edit->parts = 0;
        return CLI_EDIT_CHANGED;
    }
    if (edit->parts == sizeof edit->part)
        edit->parts = 0;
    return CLI_EDIT_NOTHING;
}

enum cli_edit_did cli_edit_key(struct cli_edit *edit, unsigned char byte)
{
    bool after_return = edit->returned;

    edit->returned = byte == '\r';
    if (edit->escapes > 0)
        return escaped(edit, byte);
    if (byte == 0x1b) {
        edit->escapes = 1;
        edit->escape[0] = '\0';
        edit->parts = 0;
        return CLI_EDIT_NOTHING;
    }
    if (byte == '\n' && after_return)
        return CLI_EDIT_NOTHING; /* one end, not two */
    if (byte == '\r' || byte == '\n') {
        if (!edit->pasting)
            return CLI_EDIT_LINE;
        insert(edit, "\n", 1);
        return CLI_EDIT_CHANGED;
    }
    if (byte == '\t')
        byte = ' ';
    if (byte >= ' ' && byte != 0x7f)
        return character(edit, byte);
    return edit->pasting ? CLI_EDIT_NOTHING : control(edit, byte);
}

/* ---- on the screen ---- */

struct pen { /* where the next character goes */
    struct buf *out;
    unsigned columns, row, column;
    enum err err;
};

static void write_to(struct pen *pen, const char *bytes, size_t size)
{
    if (pen->err == ERR_NONE)
        pen->err = buf_append(pen->out, bytes, size);
}

/* A terminal puts what does not fit on the row at the start of the next. */
static void move_on(struct pen *pen, unsigned width)
{
    if (pen->column + width > pen->columns) {
        pen->row++;
        pen->column = 0;
    }
    pen->column += width;
}

static void draw_character(struct pen *pen, const char *text, size_t bytes)
{
    static const char mark[] = "\xe2\x86\xb5"; /* for an end of line */
    uint32_t code;

    (void)cli_text_next(text, bytes, &code);
    if (cli_text_is_control(code))
        write_to(pen, mark, sizeof mark - 1);
    else
        write_to(pen, text, bytes);
    move_on(pen, cli_text_width(code));
}

static void draw_text(struct pen *pen, const char *text)
{
    size_t bytes, size = strlen(text);

    for (size_t i = 0; i < size; i += bytes) {
        uint32_t code;

        bytes = cli_text_next(text + i, size - i, &code);
        draw_character(pen, text + i, bytes);
    }
}

static void move_cursor(struct pen *pen, unsigned count, char way)
{
    char text[16];

    if (count == 0)
        return;
    (void)snprintf(text, sizeof text, "\033[%u%c", count, way);
    write_to(pen, text, strlen(text));
}

/* Where to begin, so that the cursor is on the screen; and how many cells
 * there are for it. */
static size_t window(const struct cli_edit *edit, unsigned columns,
                     unsigned prompt, unsigned *room)
{
    unsigned cells = (columns - 1) * CLI_EDIT_ROWS; /* a wide one may leave one
                                                       free on each row */
    unsigned used = 0, whole = 0;
    size_t bytes, start = edit->at;

    *room = cells > prompt + 4 ? cells - prompt - 4 : 2;
    for (size_t i = 0; i < edit->size && whole <= *room; i += bytes)
        whole += width_at(edit, i, &bytes);
    if (whole <= *room)
        return 0;
    while (start > 0) {
        size_t one = before(edit, start);

        used += width_at(edit, one, &bytes);
        if (used > *room * 3 / 4)
            break;
        start = one;
    }
    return start;
}

enum err cli_edit_draw(const struct cli_edit *edit, const char *prompt,
                       unsigned columns, struct cli_edit_shape *shape,
                       struct buf *out)
{
    static const char more[] = "\xe2\x80\xa6";
    struct pen pen = {.out = out, .columns = columns > 1 ? columns : 2};
    size_t bytes, at;
    unsigned room, used = 0;

    draw_text(&pen, prompt);
    at = window(edit, pen.columns, pen.column + pen.row * pen.columns, &room);
    if (at > 0)
        draw_text(&pen, more);
    *shape = (struct cli_edit_shape){.columns = pen.columns};
    for (;; at += bytes) {
        if (at == edit->at) {
            shape->row = pen.row + (pen.column == pen.columns);
            shape->column = pen.column == pen.columns ? 0 : pen.column;
        }
        if (at >= edit->size)
            break;
        used += width_at(edit, at, &bytes);
        if (used > room)
            break;
        draw_character(&pen, edit->text + at, bytes);
    }
    if (at < edit->size)
        draw_text(&pen, more);
    if (pen.column == pen.columns) { /* the terminal has not moved on yet */
        write_to(&pen, "\r\n", 2);
        pen.row++;
        pen.column = 0;
    }
    move_cursor(&pen, pen.row - shape->row, 'A');
    write_to(&pen, "\r", 1);
    move_cursor(&pen, shape->column, 'C');
    return pen.err;
}

/* Law 2: the cells up to the cursor, on rows that are as wide as now. */
enum err cli_edit_erase(struct cli_edit_shape *shape, unsigned columns,
                        struct buf *out)
{
    struct pen pen = {.out = out};
    unsigned row = shape->row;

    if (shape->columns == 0)
        return ERR_NONE;
    if (columns > 1 && columns != shape->columns)
        row = (shape->row * shape->columns + shape->column) / columns;
    move_cursor(&pen, row, 'A');
    write_to(&pen, "\r\033[J", 4);
    *shape = (struct cli_edit_shape){0};
    return pen.err;
}
