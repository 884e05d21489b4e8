/* cli/demo_talk -- what is said: kind words, sealed on one connection and
 * opened on another, in order, each once. */
#include "cli/demo.h"

#include <string.h>

/* The seeker begins; they take turns. */
static const char *const SCRIPTS[][CLI_DEMO_LINES] = {
    {"I did not know whom to tell.  It is one of those nights.",
     "I am glad you did.  I have had nights like that.  What is it like now?",
     "Loud in my head.  I keep thinking nobody would understand.",
     "I hear you.  I used to count the hours.  You are not alone in it.",
     "It helps that you do not tell me what to do.",
     "There is no hurry.  We can just take the next ten minutes."},
    {"First week without.  I am scared of the weekend.",
     "A week is a lot.  Weekends were hardest for me, too.",
     "What did you do with the evenings?",
     "Walked.  Rang a friend.  Cooked badly.  Some evenings I just waited.",
     "Waiting counts?", "Waiting counts.  You are doing it right now."},
    {"I slipped yesterday.  I feel like I threw it all away.",
     "You did not.  You came here today.  That is still yours.",
     "People will be disappointed.",
     "Maybe.  I was when it was me.  It passed, and I was still there.",
     "Thank you.  I needed to hear that from somebody who knows.",
     "Any time.  Be gentle with yourself today."}};

enum { SCRIPT_COUNT = sizeof SCRIPTS / sizeof *SCRIPTS };

static bool mine(const struct cli_demo_talk *talk)
{
    return talk->line % 2 == talk->start.side;
}

static void schedule(struct cli_demo_talk *talk)
{
    kindred_timer_set(talk->timer,
                      400 + cli_demo_below(talk->person->demo, 500));
}

static void on_reflected(void *arg, const struct kindred_error *error)
{
    struct cli_demo_talk *talk = arg;

    if (talk->person->demo->finishing)
        return;
    if (error->status != 0)
        cli_demo_failed(talk->person->demo, "a reflection", error);
    talk->reflected(talk);
}

static void on_ending(void *arg, const struct kindred_error *error)
{
    struct cli_demo_talk *talk = arg;

    if (error->status != 0 && !talk->person->demo->finishing)
        cli_demo_failed(talk->person->demo, "the end of a talk", error);
}

static void on_time(void *arg)
{
    struct cli_demo_talk *talk = arg;
    const char *line;

    if (talk->line == CLI_DEMO_LINES) {
        if (!kindred_talk_end(talk->person->client, &talk->start, on_ending,
                              talk))
            on_ending(talk, cli_say_no_memory());
        return;
    }
    line = SCRIPTS[talk->script][talk->line];
    talk->line++;
    if (!kindred_talk_say(talk->talk, line, strlen(line)))
        cli_demo_failed(talk->person->demo, "saying something", NULL);
}

static void on_message(void *arg, const char *text, size_t size)
{
    struct cli_demo_talk *talk = arg;
    struct cli_demo *demo = talk->person->demo;
    const char *line =
        talk->line < CLI_DEMO_LINES ? SCRIPTS[talk->script][talk->line] : "";

    if (!text || size != strlen(line) || memcmp(text, line, size) != 0 ||
        mine(talk)) {
        cli_demo_failed(demo, "a message that is not the one that was sent",
                        NULL);
        return;
    }
    if (talk->loud)
        cli_demo_tell(demo, CLI_PLAIN, "    %s: %s", talk->start.their_name,
                      line);
    talk->line++;
    if (talk->line < CLI_DEMO_LINES || talk->start.side == 0)
        schedule(talk); /* an answer; or, the seeker, the end */
}

static void on_phase(void *arg, enum kindred_talk_phase phase, int reason)
{
    struct cli_demo_talk *talk = arg;
    struct cli_demo *demo = talk->person->demo;

    if (phase == KINDRED_OPEN && !talk->began) {
        talk->began = true;
        if (talk->start.side == 0 && talk->line == 0)
            schedule(talk);
    } else if (phase == KINDRED_TALK_ENDED && !talk->over) {
        talk->over = true;
        if (reason != 1 || talk->line != CLI_DEMO_LINES)
            cli_demo_failed(demo, "a talk that ended too early", NULL);
        if (!kindred_talk_reflect(talk->person->client, &talk->start,
                                  cli_demo_below(demo, 5) > 0 ? 1 : 2,
                                  cli_demo_below(demo, 2) > 0, on_reflected,
                                  talk))
            on_reflected(talk, cli_say_no_memory());
    }
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct cli_demo_talk *talk = arg;

    if (error->status != 0)
        cli_demo_failed(talk->person->demo, "a talk", error);
}

/* The first few talks, for both of their sides. */
static bool is_loud(struct cli_demo *demo, uint64_t id)
{
    for (int i = 0; i < CLI_DEMO_LOUD; i++) {
        if (demo->loud[i] == 0)
            demo->loud[i] = id;
        if (demo->loud[i] == id)
            return true;
    }
    return false;
}

void cli_demo_talk_begin(struct cli_demo_talk *talk,
                         const struct kindred_talk_start *start)
{
    struct kindred_talk_handler handler = {.phase = on_phase,
                                           .message = on_message,
                                           .ended = on_ended,
                                           .arg = talk};

    cli_demo_talk_close(talk);
    talk->start = *start;
    talk->script = (unsigned)(start->talk_id % SCRIPT_COUNT);
    talk->loud = is_loud(talk->person->demo, start->talk_id);
    talk->line = 0;
    talk->began = talk->over = false;
    talk->timer = kindred_timer_new(talk->person->demo->loop, on_time, talk);
    talk->talk = kindred_talk_new(talk->person->client, start, &handler);
    if (!talk->timer || !talk->talk)
        cli_demo_failed(talk->person->demo, "opening a talk", NULL);
}

void cli_demo_talk_close(struct cli_demo_talk *talk)
{
    kindred_talk_free(talk->talk);
    kindred_timer_free(talk->timer);
    talk->talk = NULL;
    talk->timer = NULL;
}
