#include "cli/edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "cli/text.h"

static struct cli_edit edit;

static enum cli_edit_did type(const char *keys)
{
    enum cli_edit_did did = CLI_EDIT_NOTHING;

    for (; *keys; keys++)
        did = cli_edit_key(&edit, (unsigned char)*keys);
    return did;
}

static bool reads(const char *text)
{
    return edit.size == strlen(text) && strcmp(edit.text, text) == 0;
}

static void anew(void)
{
    cli_edit_close(&edit);
}

/* ---- keys ---- */

static void test_keys(void)
{
    static const struct {
        const char *keys, *text;
    } rows[] = {{"abc", "abc"},
                {"abc\x7f", "ab"},
                {"\x7f", ""},
                {"ac\x02"
                 "b",
                 "abc"},
                {"ac\033[Db", "abc"},
                {"bc\x01"
                 "a\x05"
                 "d",
                 "abcd"},
                {"bc\033[Ha\033[Fd", "abcd"},
                {"bc\033OHa\033OFd", "abcd"},
                {"abc\033[D\033[D\033[3~", "ac"},
                {"abc\x02\x04", "ab"},
                {"one two\x17", "one "},
                {"one two  \x17\x17", ""},
                {"one two\033b\x0b", "one "},
                {"one two\x01\033f!", "one! two"},
                {"one\x15two", "two"},
                {"é✓漢\x7f", "é✓"},
                {"é✓漢\x02\x02\x7f", "✓漢"},
                {"e\xcc\x81x\x7f\x7f", ""}, /* what combines goes along */
                {"a\tb", "a b"},
                {"a\x1b[99;99zb\x1bOxc", "abc"},
                {"a\033[1;2;3;4;5;6;7;8;9;10;11;12mb", "ab"},
                {"\xe2\x9c"
                 "a\xff"
                 "b\x80"
                 "c",
                 "abc"},
                {"\xe2\x80\xae"
                 "a\xc2\x9b"
                 "b",
                 "ab"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)type(rows[i].keys);
        CHECK(reads(rows[i].text));
        anew();
    }
}

static void test_ends(void)
{
    CHECK(type("a\r") == CLI_EDIT_LINE && reads("a"));
    CHECK(cli_edit_key(&edit, '\n') == CLI_EDIT_NOTHING);
    CHECK(cli_edit_key(&edit, '\n') == CLI_EDIT_LINE);
    cli_edit_clear(&edit);
    CHECK(reads(""));
    CHECK(type("\x04") == CLI_EDIT_END);
    CHECK(type("\x0c") == CLI_EDIT_ANEW);
    anew();
}

static void test_paste(void)
{
    CHECK(type("\033[200~one\rtwo\r\nthree\x04\x15\033[201~") ==
          CLI_EDIT_NOTHING);
    CHECK(reads("one\ntwo\nthree"));
    CHECK(type("\r") == CLI_EDIT_LINE);
    anew();
}

static void test_history(void)
{
    (void)type("first\r");
    cli_edit_clear(&edit);
    (void)type("second\r");
    cli_edit_clear(&edit);
    (void)type("second\r"); /* once is enough */
    cli_edit_clear(&edit);
    (void)type("dra\033[A");
    CHECK(reads("second"));
    (void)type("\033[A");
    CHECK(reads("first"));
    (void)type("\033[A");
    CHECK(reads("first"));
    (void)type("!\x0e");
    CHECK(reads("second"));
    (void)type("\033[Bft");
    CHECK(reads("draft"));
    (void)type("\033[B");
    CHECK(reads("draft"));
    for (int i = 0; i < 3 * CLI_EDIT_PAST; i++) {
        (void)type(i % 2 ? "odd\r" : "even\r");
        cli_edit_clear(&edit);
    }
    CHECK(edit.pasts == CLI_EDIT_PAST);
    anew();
}

/* Law 1 */
static void test_longest(void)
{
    for (int i = 0; i < CLI_EDIT_MAX - 1; i++)
        (void)cli_edit_key(&edit, 'x');
    (void)type("é");
    CHECK(edit.size == CLI_EDIT_MAX - 1);
    (void)type("yz");
    CHECK(edit.size == CLI_EDIT_MAX && edit.text[CLI_EDIT_MAX - 1] == 'y');
    anew();
}

/* ---- a terminal, slow and obvious ---- */

enum { COLUMNS_MAX = 60, ROWS_MAX = 60 };

static struct {
    unsigned columns, row, column, lowest;
    bool pending;                         /* the last column is full */
    char cell[ROWS_MAX][COLUMNS_MAX][16]; /* what is drawn there */
    bool wrapped[ROWS_MAX];               /* into the next row */
} screen;

static void screen_clear(unsigned row, unsigned column)
{
    for (; row < ROWS_MAX; row++, column = 0) {
        for (unsigned i = column; i < COLUMNS_MAX; i++)
            screen.cell[row][i][0] = '\0';
        screen.wrapped[row] = false;
    }
}

static void screen_down(void)
{
    CHECK(screen.row + 1 < ROWS_MAX);
    if (screen.row + 1 < ROWS_MAX)
        screen.row++;
}

static void screen_put(const char *text, size_t bytes, unsigned width)
{
    if (width == 0) {
        unsigned at = screen.pending ? screen.columns : screen.column;

        while (at > 0 && !screen.cell[screen.row][at - 1][0])
            at--; /* behind a wide one */
        CHECK(at > 0);
        if (at > 0)
            strncat(screen.cell[screen.row][at - 1], text, bytes);
        return;
    }
    if (screen.pending || screen.column + width > screen.columns) {
        screen.wrapped[screen.row] = true;
        screen_down();
        screen.column = 0;
        screen.pending = false;
    }
    memcpy(screen.cell[screen.row][screen.column], text, bytes);
    screen.cell[screen.row][screen.column][bytes] = '\0';
    screen.column += width;
    screen.pending = screen.column == screen.columns;
    if (screen.pending)
        screen.column--;
}

/* Only what cli/edit sends. */
static void screen_take(const struct buf *out)
{
    const char *text = (const char *)buf_head(out);
    size_t bytes, size = buf_size(out);

    for (size_t i = 0; i < size; i += bytes) {
        uint32_t code;

        bytes = cli_text_next(text + i, size - i, &code);
        if (code == '\r') {
            screen.column = 0;
            screen.pending = false;
        } else if (code == '\n') {
            screen_down();
        } else if (code == 0x1b) {
            char *end;
            unsigned long n = strtoul(text + i + 2, &end, 10);

            CHECK(text[i + 1] == '[');
            CHECK(*end == 'A' || *end == 'C' || *end == 'J');
            if (*end == 'J')
                screen_clear(screen.row, screen.column);
            CHECK(*end != 'A' || n <= screen.row);
            if (*end == 'A')
                screen.row -= (unsigned)n;
            if (*end == 'C')
                screen.column += (unsigned)n;
            CHECK(screen.column < screen.columns);
            screen.pending = false;
            bytes = (size_t)(end - (text + i)) + 1;
        } else {
            CHECK(!cli_text_is_control(code));
            screen_put(text + i, bytes, cli_text_width(code));
        }
    }
}

/* All that is on it from a cell on, up to another. */
static void screen_read(unsigned row, unsigned to_row, unsigned to_column,
                        char *out)
{
    *out = '\0';
    for (; row <= to_row && row < ROWS_MAX; row++)
        for (unsigned i = 0; i < screen.columns; i++)
            for (const char *from = screen.cell[row][i];
                 *from && (row < to_row || i < to_column); from++, out++) {
                out[0] = *from;
                out[1] = '\0';
            }
}

static void marked(char *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\n') {
            memcpy(out, "↵", 3);
            out += 3;
        } else {
            *out++ = text[i];
        }
    *out = '\0';
}

/* ---- Law 2, of random lines on random screens ---- */

static const char *const KEYS[] = {"a",
                                   "bc",
                                   "word ",
                                   "é",
                                   "漢",
                                   "字",
                                   "😀",
                                   "e\xcc\x81",
                                   "\x7f",
                                   "\x02",
                                   "\x06",
                                   "\x01",
                                   "\x05",
                                   "\x17",
                                   "\033[D",
                                   "\033[D",
                                   "\033[C",
                                   "\033[3~",
                                   "\033[200~x\ry\033[201~",
                                   "\033[A",
                                   "\033[B",
                                   "\x04",
                                   "long long text "};

static void draw(const char *prompt, struct cli_edit_shape *shape)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    CHECK(cli_edit_draw(&edit, prompt, screen.columns, shape, &out) ==
          ERR_NONE);
    screen_take(&out);
    buf_close(&out);
}

static void erase(struct cli_edit_shape *shape)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    CHECK(cli_edit_erase(shape, screen.columns, &out) == ERR_NONE);
    screen_take(&out);
    buf_close(&out);
}

static void check_drawn(const char *prompt, unsigned top)
{
    static char seen[70000], want[70000], behind[70000];
    size_t size;

    screen_read(top, screen.row, screen.column, seen);
    (void)snprintf(want, sizeof want, "%s", prompt);
    marked(want + strlen(want), edit.text, edit.at);
    if (strstr(seen, "…")) { /* the end of what is before the cursor */
        const char *part = strstr(seen, "…") + 3;

        size = strlen(part);
        CHECK(size <= strlen(want));
        CHECK(strcmp(want + strlen(want) - size, part) == 0);
        return;
    }
    CHECK(strcmp(seen, want) == 0);
    screen_read(top, ROWS_MAX - 1, screen.columns, behind);
    marked(want + strlen(want), edit.text + edit.at, edit.size - edit.at);
    if (!strstr(behind, "…"))
        CHECK(strcmp(behind, want) == 0);
}

static void test_screen(void)
{
    uint64_t chance = 11;

    for (int round = 0; round < 3000; round++) {
        struct cli_edit_shape shape = {0};
        const char *prompt = round % 3 ? "> " : "Accept? [y/n] ";
        unsigned top = 2;

        memset(&screen, 0, sizeof screen);
        screen.columns = 4 + (unsigned)chance_below(&chance, COLUMNS_MAX - 4);
        screen.row = top;
        strcpy(screen.cell[1][0], "above");
        for (int key = 0; key < 40; key++) {
            uint64_t which = chance_below(&chance, sizeof KEYS / sizeof *KEYS);

            (void)type(KEYS[which]);
            CHECK(edit.size <= CLI_EDIT_MAX && edit.at <= edit.size);
            draw(prompt, &shape);
            check_drawn(prompt, top);
            erase(&shape);
            CHECK(screen.row == top && screen.column == 0); /* Law 2 */
            CHECK(strcmp(screen.cell[1][0], "above") == 0);
        }
        (void)type("\r");
        cli_edit_clear(&edit);
        if (round % 50 == 0)
            anew();
    }
    anew();
}

/* Law 2: the terminal was resized, and wrapped its rows anew. */
static void test_resized(void)
{
    for (unsigned before = 8; before < 50; before++) {
        for (unsigned now = 8; now < 50; now += 3) {
            struct cli_edit_shape shape = {0};
            unsigned cells;

            memset(&screen, 0, sizeof screen);
            screen.columns = before;
            (void)type("a text of forty-seven letters to be wrapped anew");
            draw("> ", &shape);
            cells = screen.row * before + screen.column;
            screen_clear(0, 0);
            screen.columns = now;
            screen.row = 5 + cells / now; /* as one that wraps anew has it */
            screen.column = cells % now;
            erase(&shape);
            CHECK(screen.row == 5 && screen.column == 0);
            anew();
        }
    }
}

int main(void)
{
    test_keys();
    test_ends();
    test_paste();
    test_history();
    test_longest();
    test_screen();
    test_resized();
    return check_report("cli/edit");
}
