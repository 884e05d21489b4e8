#define _DEFAULT_SOURCE 1 /* MADV_DONTNEED */

#include "cli/replay_words.h"

#include <jansson.h>
#include <string.h>

#include "cli/recording.h"
#include "match/words.h"
#include "record_world.h"

static const char *field(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static uint64_t seen[COMMAND_KINDS]; /* lines of each command */

/* Law 1: one object a line for each effect of a life, with small numbers. */
static void one_line_each(uint64_t seed)
{
    struct world *w = recorded_world(seed);
    struct cli_replay_words words;
    struct cli_recording recording;
    FILE *file = tmpfile(), *out = tmpfile();
    uint64_t effects = 0, read = 0, stores = 0;
    static char line[1 << 16];
    bool more = true;

    history(w, seed * 31);
    write_out();
    CHECK(file && out &&
          fwrite(record_file, 1, record_size, file) == record_size);
    rewind(file);
    CHECK(cli_recording_open(&recording, file) == ERR_NONE);
    cli_replay_words_init(&words, out);
    while (more) {
        CHECK(cli_recording_step(&recording, &more) == ERR_NONE);
        if (!more)
            break;
        effects += recording.effects.n;
        CHECK(cli_replay_words_step(&words, recording.reader.events,
                                    &recording.event,
                                    &recording.effects) == ERR_NONE);
    }
    rewind(out);
    while (fgets(line, sizeof line, out)) {
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

        read++;
        CHECK(object && field(object, "is")[0] && field(object, "of")[0]);
        CHECK(json_integer_value(json_object_get(object, "event")) > 0);
        CHECK(json_integer_value(json_object_get(object, "member")) < 100);
        if (strcmp(field(object, "is"), "store") == 0)
            for (int kind = 0; kind < COMMAND_KINDS; kind++)
                if (strcmp(field(object, "command"),
                           match_words_command(
                               (enum match_command_kind)kind)) == 0) {
                    seen[kind]++;
                    stores++;
                }
        json_decref(object);
    }
    CHECK(read == effects && effects > 100 && stores > 50);
    cli_replay_words_close(&words);
    cli_recording_close(&recording);
    (void)fclose(file);
    (void)fclose(out);
    world_free(w);
}

/* Law 1, of each kind of effect and command. */
static void every_kind(void)
{
    struct match_event event = {.kind = EVENT_TICK, .now_ms = 5};
    struct match_effect effect = {.call = 7};
    struct match_effects effects = {.item = &effect, .n = 1};
    struct cli_replay_words words;
    char line[1024];

    for (int kind = 0; kind < EFFECT_KINDS + COMMAND_KINDS - 1; kind++) {
        FILE *out = tmpfile();
        json_t *object;

        effect.kind =
            kind < EFFECT_KINDS ? (enum match_effect_kind)kind : EFFECT_STORE;
        memset(&effect.store, 0, sizeof effect.store);
        if (kind >= EFFECT_KINDS)
            effect.store.kind =
                (enum match_command_kind)(kind - EFFECT_KINDS + 1);
        CHECK(out != NULL);
        cli_replay_words_init(&words, out);
        CHECK(cli_replay_words_step(&words, 1, &event, &effects) == ERR_NONE);
        cli_replay_words_close(&words);
        rewind(out);
        CHECK(fgets(line, sizeof line, out) && strchr(line, '\n'));
        object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        CHECK(strcmp(field(object, "is"), match_words_effect(effect.kind)) ==
              0);
        CHECK(json_integer_value(json_object_get(object, "call")) == 1);
        CHECK(!fgets(line, sizeof line, out));
        json_decref(object);
        (void)fclose(out);
    }
}

int main(void)
{
    for (uint64_t seed = 1; seed <= 6; seed++)
        one_line_each(seed);
    CHECK(seen[COMMAND_OFFER] > 0 && seen[COMMAND_ACCEPT] > 0);
    every_kind();
    return check_report("cli/replay_words");
}
