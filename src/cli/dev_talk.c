/* cli/dev_talk -- what the two of the script say: whatever was said to them. */
#include "cli/dev.h"

#include <string.h>

static void say(struct cli_dev_talk *talk, const char *text, size_t size)
{
    if (!kindred_talk_say(talk->talk, text, size))
        cli_say(CLI_YELLOW, "%s: too much waits to be sent\n", talk->who);
}

static void on_done(void *arg, const struct kindred_error *error)
{
    (void)arg;
    if (error->status != 0 && error->status != 1 /* we left: CANCELLED */)
        cli_say_error(error);
}

/* ---- commands ---- */

static void do_end(struct cli_dev_talk *talk)
{
    kindred_talk_end(talk->client, &talk->start, on_done, NULL);
}

static void do_silent(struct cli_dev_talk *talk)
{
    talk->silent = true;
}

static void do_speak(struct cli_dev_talk *talk)
{
    static const char text[] = "Here again.";

    talk->silent = false;
    say(talk, text, sizeof text - 1);
}

static void do_long(struct cli_dev_talk *talk)
{
    char text[KINDRED_TEXT_MAX];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 8 == 7 ? ' ' : (char)('a' + (char)(i / 8 % 26));
    say(talk, text, sizeof text);
}

static void do_many(struct cli_dev_talk *talk)
{
    for (int i = 1; i <= CLI_DEV_MANY; i++) {
        char text[32];
        int size = snprintf(text, sizeof text, "%d of %d", i, CLI_DEV_MANY);

        say(talk, text, (size_t)size);
    }
}

static void do_help(struct cli_dev_talk *talk);

static const struct {
    const char *name, *help;
    void (*act)(struct cli_dev_talk *talk);
} COMMANDS[] = {{"/end", "end this talk", do_end},
                {"/silent", "answer nothing from now on", do_silent},
                {"/speak", "answer again", do_speak},
                {"/long", "the longest message there can be", do_long},
                {"/many", "twenty messages at once", do_many},
                {"/help", "this list", do_help}};

enum { COUNT = sizeof COMMANDS / sizeof *COMMANDS };

static void do_help(struct cli_dev_talk *talk)
{
    char text[400];
    size_t made = 0;

    for (int i = 0; i < COUNT; i++)
        made += (size_t)snprintf(text + made, sizeof text - made, "%s%s: %s",
                                 i > 0 ? "; " : "", COMMANDS[i].name,
                                 COMMANDS[i].help);
    say(talk, text, made);
}

void cli_dev_talk_help(void)
{
    for (int i = 0; i < COUNT; i++)
        cli_say(CLI_PLAIN, "              %-8s %s\n", COMMANDS[i].name,
                COMMANDS[i].help);
}

/* ---- what the talk tells ---- */

static void greet(struct cli_dev_talk *talk)
{
    static const char hello[] = "This is a script: it says back what you say. "
                                "/help lists what else it can do.";

    if (!talk->greeted)
        say(talk, hello, sizeof hello - 1);
    talk->greeted = true;
}

static void on_message(void *arg, const char *text, size_t size)
{
    struct cli_dev_talk *talk = arg;

    greet(talk); /* who is quick may be heard before it is told as open */
    cli_say(CLI_DIM, "%s: heard %u bytes of %s\n", talk->who, (unsigned)size,
            talk->start.their_name);
    if (!text)
        return;
    for (int i = 0; i < COUNT; i++) {
        if (strlen(COMMANDS[i].name) == size &&
            memcmp(COMMANDS[i].name, text, size) == 0) {
            COMMANDS[i].act(talk);
            return;
        }
    }
    if (!talk->silent)
        say(talk, text, size);
}

static void on_phase(void *arg, enum kindred_talk_phase phase, int reason)
{
    struct cli_dev_talk *talk = arg;

    (void)reason;
    if (phase == KINDRED_OPEN)
        greet(talk);
    if (phase == KINDRED_TALK_ENDED) {
        cli_say(CLI_DIM, "%s: the talk with %s is over\n", talk->who,
                talk->start.their_name);
        kindred_talk_reflect(talk->client, &talk->start, 1, true, on_done,
                             NULL);
    }
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct cli_dev_talk *talk = arg;

    on_done(NULL, error);
    cli_dev_talk_close(talk);
}

void cli_dev_talk_begin(struct cli_dev_person *person,
                        const struct kindred_talk_start *start)
{
    for (int i = 0; i < CLI_DEV_TALKS; i++) {
        struct cli_dev_talk *talk = &person->talk[i];
        struct kindred_talk_handler handler = {.phase = on_phase,
                                               .message = on_message,
                                               .ended = on_ended,
                                               .arg = talk};

        if (talk->talk)
            continue;
        *talk = (struct cli_dev_talk){.dev = person->dev,
                                      .who = person->who,
                                      .client = person->client,
                                      .start = *start};
        talk->talk = kindred_talk_new(person->client, start, &handler);
        if (talk->talk)
            cli_say(CLI_GREEN, "%s: talks with %s, as %s\n", person->who,
                    start->their_name, start->your_name);
        else
            cli_say(CLI_YELLOW, "%s: out of memory for another talk\n",
                    person->who);
        return;
    }
    cli_say(CLI_YELLOW, "%s: has no room for another talk\n", person->who);
}

void cli_dev_talk_close(struct cli_dev_talk *talk)
{
    kindred_talk_free(talk->talk);
    talk->talk = NULL;
}
