/* cli/text -- the characters of a UTF-8 text, as a terminal takes them.
 *
 * What somebody else wrote may hold what a terminal obeys, or what turns a
 * line around; whoever prints it asks here first.  Pure: it owns nothing.
 *
 * Laws
 *   1. Every byte belongs to exactly one character; one that is not UTF-8 is a
 *      character of its own.
 *   2. What is no control has no effect on a terminal but to be shown: of no C0
 *      or C1 code, no DEL, no mark of direction, no end of a line.
 *   3. What is hidden shows nothing, and without it the rest is shown the same:
 *      who leaves it out hides nothing from the reader. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLI_TEXT_BAD = 0x110000 }; /* the code of what is not UTF-8 */

/* The character that text[0..size) begins with, size > 0: its bytes, 1 to 4. */
size_t cli_text_next(const char *text, size_t size, uint32_t *code);

/* The bytes of the last one, size > 0. */
size_t cli_text_last(const char *text, size_t size);

/* Also of CLI_TEXT_BAD. */
bool cli_text_is_control(uint32_t code);

bool cli_text_is_hidden(uint32_t code);

/* Columns on a terminal: 0, 1 or 2; of a control 1, as a mark stands for it. */
unsigned cli_text_width(uint32_t code);

#endif
