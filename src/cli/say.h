/* cli/say -- words for a terminal or a pipe; or, for a script, JSON.
 *
 * Colours only where a person looks; nothing that somebody else wrote reaches
 * a terminal with its control characters. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kindred/client.h"

enum cli_colour {
    CLI_PLAIN,
    CLI_DIM,
    CLI_BOLD,
    CLI_GREEN,
    CLI_YELLOW,
    CLI_RED
};

/* From now on this process speaks to a script: words are not said, failures
 * are JSON objects on standard error. */
void cli_say_as_json(void);
bool cli_say_is_json(void);

/* A message, as one line of JSON on standard output; false: it has no JSON
 * form.  Ends the process where nobody reads any more. */
bool cli_say_message(const ProtobufCMessage *message);

/* What somebody else said, made safe: "NAME: TEXT", further lines of it set in;
 * as JSON, {"from": NAME, "text": TEXT}. */
void cli_say_heard(const char *name, const char *text, size_t size);

/* Who has the terminal meanwhile, to be asked before and after anything is
 * written there; NULL: nobody.  Words that do not end their line are a question
 * and become what the next line is asked for with. */
struct cli_say_stage {
    void (*hide)(void);
    void (*unhide)(void);
    void (*ask)(const char *prompt);
};
void cli_say_on_stage(const struct cli_say_stage *stage);

/* printf to standard output, in that colour, flushed. */
void cli_say(enum cli_colour colour, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One sentence on standard error: "kindred: TEXT (STATUS REASON)"; as JSON,
 * {"code": STATUS, "reason": REASON, "message": TEXT}. */
void cli_say_error(const struct kindred_error *error);

/* The same for what is wrong here, with the command line or a file. */
void cli_say_usage(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* What to do about it, after either: for people only. */
void cli_say_hint(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Did standard output take all that was said? */
bool cli_say_written(void);

/* That it did not; the exit status that this means. */
int cli_say_unwritten(void);

/* Why something did not begin. */
const struct kindred_error *cli_say_no_memory(void);

/* The exit status that this failure means; 0 if it is none. */
int cli_say_status(const struct kindred_error *error);

/* Somebody's text: UTF-8 as it is, but for what a terminal would obey a "?",
 * and for what is hidden nothing (cli/text); size bytes into out[room] with a
 * zero, cut where it does not fit. */
void cli_say_clean(char *out, size_t room, const char *text, size_t size);

/* The labels of tokens, comma-separated; "nothing that may be named" if there
 * are none. */
void cli_say_tokens(char *out, size_t room,
                    const struct kindred_vocabulary *vocabulary,
                    const uint64_t *tokens, uint32_t count);

/* An id: 16 hexadecimal digits; to a script decimal, as in messages. */
enum { CLI_ID_TEXT = 24 };
void cli_say_id(char out[CLI_ID_TEXT], uint64_t id);

/* Milliseconds as people say them: "4.2 s", "3 min". */
void cli_say_time(char out[16], uint64_t ms);

#endif
