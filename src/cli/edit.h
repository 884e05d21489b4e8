/* cli/edit -- one line while it is typed: keys in, a drawing out.
 *
 * Pure: it reads no terminal and writes none; cli/terminal does.  It owns the
 * text and the lines that were typed before, and wipes both.  Long lines wrap;
 * of one that fills the screen, the part around the cursor is drawn.  What is
 * pasted may have ends of lines: they are part of the text, drawn as a mark.
 *
 * Laws
 *   1. The text is UTF-8 without controls but for pasted ends of lines, and
 *      never longer than CLI_EDIT_MAX; what does not fit is not taken.
 *   2. What is drawn and then erased leaves the screen above as it was, the
 *      cursor where the drawing began, also if the terminal was made wider or
 *      narrower in between and wrapped what it had anew. */
#ifndef CLI_EDIT_H
#define CLI_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
    CLI_EDIT_MAX = 30718, /* bytes: of one message */
    CLI_EDIT_PAST = 64,   /* lines remembered */
    CLI_EDIT_ROWS = 8     /* drawn at most */
};

enum cli_edit_did {
    CLI_EDIT_NOTHING, /* yet */
    CLI_EDIT_CHANGED, /* draw it again */
    CLI_EDIT_ANEW,    /* the same, on a clean screen */
    CLI_EDIT_LINE,    /* it is whole: take text, then clear */
    CLI_EDIT_END      /* no more will come */
};

struct cli_edit_shape { /* of what is on the screen; all zero: nothing is */
    unsigned columns, row, column; /* where the cursor is, from its start */
};

struct cli_edit { /* text and size read-only, the rest private; all zero is an
                     empty line */
    char text[CLI_EDIT_MAX + 1];
    size_t size, at;
    char *past[CLI_EDIT_PAST]; /* the newest first */
    unsigned pasts, shown;     /* shown: which of them is edited, from 1 */
    char *draft;               /* what was typed before they were looked at */
    char escape[16], part[4];  /* a sequence, a character that is not whole */
    unsigned escapes, parts;
    bool pasting, returned;
};

/* A byte that was typed. */
enum cli_edit_did cli_edit_key(struct cli_edit *edit, unsigned char byte);

/* The line was taken: remember it, and begin anew. */
void cli_edit_clear(struct cli_edit *edit);

void cli_edit_close(struct cli_edit *edit);

/* Append what draws prompt and text from the start of a row, on a screen that
 * is so wide. */
MUST_USE enum err cli_edit_draw(const struct cli_edit *edit, const char *prompt,
                                unsigned columns, struct cli_edit_shape *shape,
                                struct buf *out);

/* Append what erases it; the screen is so wide now. */
MUST_USE enum err cli_edit_erase(struct cli_edit_shape *shape, unsigned columns,
                                 struct buf *out);

#endif
