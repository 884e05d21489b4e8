#include "match/words.h"

#include <string.h>

#include "check.h"

/* The words of one kind; the first n values of `none` have none. */
struct kind {
    const char *word[64];
    int n, none;
};

#define KIND(of, values, without)                                              \
    do {                                                                       \
        struct kind kind = {.n = (values), .none = (without)};                 \
                                                                               \
        for (int i = 0; i < kind.n; i++)                                       \
            kind.word[i] = match_words_##of((unsigned)i);                      \
        each_its_own(&kind);                                                   \
    } while (0)

/* Law 1: one each, of letters that need no escape, and no word twice. */
static void each_its_own(const struct kind *kind)
{
    for (int i = 0; i < kind->n; i++) {
        const char *word = kind->word[i];

        CHECK((word == NULL) == (i < kind->none));
        if (!word)
            continue;
        CHECK(word[0] != '\0');
        CHECK(strspn(word, "abcdefghijklmnopqrstuvwxyz_") == strlen(word));
        for (int j = kind->none; j < i; j++)
            CHECK(kind->word[j] && strcmp(word, kind->word[j]) != 0);
    }
}

int main(void)
{
    KIND(event, EVENT_KINDS, 0);
    KIND(effect, EFFECT_KINDS, 0);
    KIND(command, COMMAND_KINDS, 0);
    KIND(ticket, TICKET_STATES, 0);
    KIND(offer, OFFER_STATES, 0);
    KIND(duty, DUTY_STATES, 0);
    KIND(talk, TALK_STATES, 0);
    KIND(ticket_why, TICKET_WHYS, 1);
    KIND(duty_why, DUTY_WHYS, 1);
    KIND(talk_why, TALK_WHYS, 1);
    KIND(bound, BOUND_COUNT, 1);
    return check_report("match/words");
}
