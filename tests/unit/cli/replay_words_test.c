#include "cli/replay_words.h"

#include <jansson.h>
#include <string.h>

#include "cli/recording.h"
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
                           cli_replay_words_command(
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

/* Every kind has a word of its own. */
static void words_differ(void)
{
    for (int a = 0; a < EVENT_KINDS; a++)
        for (int b = 0; b < a; b++)
            CHECK(strcmp(cli_replay_words_event((enum match_event_kind)a),
                         cli_replay_words_event((enum match_event_kind)b)) !=
                  0);
    for (int a = 0; a < COMMAND_KINDS; a++)
        for (int b = 0; b < a; b++)
            CHECK(strcmp(cli_replay_words_command((enum match_command_kind)a),
                         cli_replay_words_command(
                             (enum match_command_kind)b)) != 0);
    for (int a = 0; a < EFFECT_KINDS; a++)
        CHECK(cli_replay_words_effect((enum match_effect_kind)a)[0] != '\0');
}

int main(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++)
        one_line_each(seed);
    for (int kind = 0; kind < COMMAND_RARITY; kind++)
        CHECK(seen[kind] > 0);
    words_differ();
    return check_report("cli/replay_words");
}
