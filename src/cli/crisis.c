#include "cli/crisis.h"

#include <ctype.h>
#include <string.h>

#include "cli/say.h"

static void line(const char *before, const char *text)
{
    char clean[600];

    if (!text[0])
        return;
    cli_say_clean(clean, sizeof clean, text, strlen(text));
    cli_say(CLI_PLAIN, "%s%s\n", before, clean);
}

static void print_entry(const Kindred__V1__CrisisEntry *entry)
{
    char name[200], phone[64];

    cli_say_clean(name, sizeof name, entry->name, strlen(entry->name));
    cli_say_clean(phone, sizeof phone, entry->phone, strlen(entry->phone));
    cli_say(CLI_BOLD, "  %s  %s\n", phone[0] ? phone : "-",
            entry->emergency ? "emergency number" : name);
    line("      text ", entry->text);
    line("      web  ", entry->web);
    line("      ", entry->hours);
    line("      for  ", entry->serves);
    if (!entry->confirmed) {
        char source[300], date[11];

        cli_say_clean(source, sizeof source, entry->source,
                      strlen(entry->source));
        cli_say_clean(date, sizeof date, entry->source_date,
                      strlen(entry->source_date));
        cli_say(CLI_DIM, "      not confirmed here; from %s, %s\n", source,
                date);
    }
}

void cli_crisis_print(const Kindred__V1__CrisisResources *resources)
{
    if (!resources) {
        cli_say(CLI_PLAIN, "The server said nothing about this country.\n");
        return;
    }
    if (resources->known)
        line("", resources->name);
    for (size_t i = 0; i < resources->n_texts && i < 8; i++)
        line("", resources->texts[i]);
    for (size_t i = 0; i < resources->n_entries && i < 32; i++)
        print_entry(resources->entries[i]);
}

void cli_crisis_tell(void *arg, const uint8_t *bytes, size_t size)
{
    Kindred__V1__CrisisResources *resources =
        kindred__v1__crisis_resources__unpack(NULL, size, bytes);

    (void)arg;
    cli_crisis_print(resources);
    kindred__v1__crisis_resources__free_unpacked(resources, NULL);
}

void cli_crisis_country(char country[static 3], const char *text)
{
    for (size_t i = 0; i < 2 && text[i]; i++)
        country[i] = (char)toupper((unsigned char)text[i]);
}
