#include "cli/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/wipe.h"
#include "cli/edit.h"
#include "cli/say.h"

enum { DRAWN_MAX = 1 << 17, PROMPT_MAX = 64 };

static const char PROMPT[] = "> ";

static struct {
    bool open, shown, hidden; /* hidden: only while something is said */
    struct termios before;
    struct cli_edit edit;
    struct cli_edit_shape shape;
    char prompt[PROMPT_MAX];
    client_loop_line *line;
    void *arg;
} terminal;

static unsigned columns(void)
{
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
        return 80;
    return size.ws_col;
}

static void put(const struct buf *out)
{
    if (buf_size(out) > 0)
        (void)fwrite(buf_head(out), 1, buf_size(out), stdout);
    (void)fflush(stdout);
}

static void erase(void)
{
    struct buf out;

    buf_init(&out, DRAWN_MAX);
    if (cli_edit_erase(&terminal.shape, columns(), &out) == ERR_NONE)
        put(&out);
    buf_close(&out);
}

static void draw(void)
{
    struct buf out;
    enum err err;

    if (!terminal.open || !terminal.shown || terminal.hidden)
        return;
    buf_init(&out, DRAWN_MAX);
    err = cli_edit_erase(&terminal.shape, columns(), &out);
    if (err == ERR_NONE)
        err = cli_edit_draw(&terminal.edit, terminal.prompt, columns(),
                            &terminal.shape, &out);
    if (err == ERR_NONE)
        put(&out);
    wipe(buf_head(&out), buf_size(&out));
    buf_close(&out);
}

/* ---- the terminal itself ---- */

/* Each key as it comes, and not shown by the system; Ctrl-C and Ctrl-Z stay
 * signals. */
static bool take_over(void)
{
    struct termios mode = terminal.before;

    mode.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    mode.c_iflag &= (tcflag_t) ~(ICRNL | IXON);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    return tcsetattr(STDIN_FILENO, TCSANOW, &mode) == 0;
}

static void say_paste(bool on)
{
    (void)fputs(on ? "\033[?2004h" : "\033[?2004l", stdout);
    (void)fflush(stdout);
}

/* After a stop (Ctrl-Z) the shell gives the terminal back as it likes, and has
 * written there; in the background it stays the shell's. */
static void regain(void)
{
    struct termios now;

    if (tcgetpgrp(STDIN_FILENO) != getpgrp() ||
        tcgetattr(STDIN_FILENO, &now) != 0 || !(now.c_lflag & ICANON) ||
        !take_over())
        return;
    say_paste(true);
    terminal.shape = (struct cli_edit_shape){0};
}

/* ---- what the program says meanwhile ---- */

static void hide(void)
{
    erase();
    terminal.hidden = true;
}

static void unhide(void)
{
    terminal.hidden = false;
    draw();
}

static void ask(const char *prompt)
{
    (void)snprintf(terminal.prompt, sizeof terminal.prompt, "%s", prompt);
    draw();
}

static const struct cli_say_stage STAGE = {hide, unhide, ask};

/* ---- what is typed ---- */

static void say_typed(void)
{
    const char *at = terminal.edit.text;
    size_t size;

    erase();
    for (bool first = true; *at || first; first = false) {
        size = strcspn(at, "\n");
        (void)printf("%s%.*s\n", first ? terminal.prompt : "    ", (int)size,
                     at);
        at += size + (at[size] == '\n');
    }
    (void)fflush(stdout);
}

static void on_line(void)
{
    char *line = strdup(terminal.edit.text);
    size_t size = terminal.edit.size;

    if (!line)
        return;
    say_typed();
    cli_edit_clear(&terminal.edit);
    memcpy(terminal.prompt, PROMPT, sizeof PROMPT);
    terminal.line(terminal.arg, line, size);
    wipe(line, size);
    free(line);
}

static void on_bytes(void *arg, const char *bytes, size_t size)
{
    (void)arg;
    if (!bytes) {
        terminal.line(terminal.arg, NULL, 0);
        return;
    }
    for (size_t i = 0; i < size && terminal.open && terminal.shown; i++) {
        switch (cli_edit_key(&terminal.edit, (unsigned char)bytes[i])) {
        case CLI_EDIT_LINE:
            on_line();
            break;
        case CLI_EDIT_END:
            terminal.line(terminal.arg, NULL, 0);
            break;
        case CLI_EDIT_ANEW:
            (void)fputs("\033[H\033[2J", stdout);
            terminal.shape = (struct cli_edit_shape){0};
            break;
        case CLI_EDIT_NOTHING:
        case CLI_EDIT_CHANGED:
            break;
        }
    }
    draw();
}

static void on_change(void *arg)
{
    (void)arg;
    if (!terminal.open)
        return;
    regain();
    draw();
}

/* ---- from outside ---- */

static bool is_terminal(void)
{
    const char *kind = getenv("TERM");

    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
           !cli_say_is_json() && kind && *kind && strcmp(kind, "dumb") != 0;
}

bool cli_terminal_open(struct kindred_loop *loop, client_loop_line *line,
                       void *arg)
{
    static bool at_exit;

    if (!is_terminal() || tcgetattr(STDIN_FILENO, &terminal.before) != 0)
        return client_loop_lines(loop, STDIN_FILENO, line, arg);
    if (!at_exit && atexit(cli_terminal_close) != 0)
        return false;
    at_exit = true; /* Law 1 */
    terminal.line = line;
    terminal.arg = arg;
    memcpy(terminal.prompt, PROMPT, sizeof PROMPT);
    if (!client_loop_changes(loop, on_change, NULL) ||
        !client_loop_bytes(loop, STDIN_FILENO, on_bytes, NULL) || !take_over())
        return false;
    terminal.open = true;
    say_paste(true);
    cli_say_on_stage(&STAGE);
    return true;
}

void cli_terminal_show(bool shown)
{
    if (!terminal.open || shown == terminal.shown)
        return;
    terminal.shown = shown;
    if (shown)
        draw();
    else
        erase();
}

bool cli_terminal_is_open(void)
{
    return terminal.open;
}

/* Law 1 */
void cli_terminal_close(void)
{
    if (!terminal.open)
        return;
    erase();
    cli_say_on_stage(NULL);
    say_paste(false);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
    cli_edit_close(&terminal.edit);
    terminal.open = terminal.shown = false;
}
