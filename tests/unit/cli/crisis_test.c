#include "cli/crisis.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

/* What it prints, from a file that standard output is meanwhile. */
static size_t printed(const Kindred__V1__CrisisResources *resources, char *text,
                      size_t room)
{
    FILE *file = tmpfile();
    int was = dup(STDOUT_FILENO);
    size_t size;

    if (!file || was < 0)
        abort();
    (void)fflush(stdout);
    CHECK(dup2(fileno(file), STDOUT_FILENO) >= 0);
    cli_crisis_print(resources);
    (void)fflush(stdout);
    CHECK(dup2(was, STDOUT_FILENO) >= 0);
    (void)close(was);
    rewind(file);
    size = fread(text, 1, room - 1, file);
    text[size] = '\0';
    (void)fclose(file);
    return size;
}

/* Nothing of it reaches a terminal with its control characters. */
static void test_clean(void)
{
    static char evil[] = "x\033c\nx";
    Kindred__V1__CrisisEntry entry = KINDRED__V1__CRISIS_ENTRY__INIT;
    Kindred__V1__CrisisResources resources =
        KINDRED__V1__CRISIS_RESOURCES__INIT;
    Kindred__V1__CrisisEntry *entries[] = {&entry};
    char *texts[] = {evil}, text[2000];
    size_t size;

    entry.name = entry.phone = entry.text = entry.web = evil;
    entry.hours = entry.serves = entry.source = entry.source_date = evil;
    resources.known = true;
    resources.name = evil;
    resources.n_texts = resources.n_entries = 1;
    resources.texts = texts;
    resources.entries = entries;
    size = printed(&resources, text, sizeof text);
    CHECK(strstr(text, "not confirmed here"));
    CHECK(strlen(text) == size && !strchr(text, '\033'));
}

static void test_date(void)
{
    static char date[] = "2026-01-31 and more", name[] = "a source";
    Kindred__V1__CrisisEntry entry = KINDRED__V1__CRISIS_ENTRY__INIT;
    Kindred__V1__CrisisResources resources =
        KINDRED__V1__CRISIS_RESOURCES__INIT;
    Kindred__V1__CrisisEntry *entries[] = {&entry};
    char text[2000];

    entry.source = name;
    entry.source_date = date;
    resources.n_entries = 1;
    resources.entries = entries;
    (void)printed(&resources, text, sizeof text);
    CHECK(strstr(text, "not confirmed here; from a source, 2026-01-31\n"));
}

int main(void)
{
    test_clean();
    test_date();
    return check_report("cli/crisis");
}
