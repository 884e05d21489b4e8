/* cli/demo_card -- cards as people of TEDS 2019 would write them: each column
 * of the table is drawn once, by its frequencies. */
#include "cli/demo.h"

#include <string.h>

#include "kindred_data.h"

/* What people seek in each other, where they have it: FACTS say that they
 * care most about what they name themselves. */
static const struct {
    const char *variable;
    uint32_t importance;
} SOUGHT[] = {{"primary", 3},       {"secondary", 2}, {"veteran", 3},
              {"co-occurrence", 2}, {"age", 1},       {"sex", 1},
              {"relationship", 1}};

static uint32_t importance_of(const char *variable)
{
    for (size_t i = 0; i < sizeof SOUGHT / sizeof *SOUGHT; i++)
        if (strcmp(SOUGHT[i].variable, variable) == 0)
            return SOUGHT[i].importance;
    return 0;
}

/* The row that holds for this person, or NULL: none of them. */
static const struct data_demo_row *draw(struct cli_demo *demo,
                                        const struct data_demo_variable *from)
{
    uint32_t left = cli_demo_below(demo, 65536);

    for (uint32_t i = 0; i < from->rows; i++) {
        const struct data_demo_row *row = &data_demo_rows[from->first + i];

        if (left < row->p)
            return row;
        left -= row->p;
    }
    return NULL;
}

static void put(struct cli_demo_person *person, const char *variable,
                const struct data_term *term)
{
    const struct kindred_vocabulary *vocabulary = person->demo->vocabulary;
    struct kindred_card *card = &person->card;
    uint32_t importance = importance_of(variable);
    struct kindred_error error;
    bool woman = strcmp(term->id, "woman") == 0;

    if (!kindred_card_have(card, vocabulary, term->id, term->show, &error)) {
        if (strcmp(error.reason, "CARD_INVALID") != 0) /* it is full */
            cli_demo_failed(person->demo, "dealing a card", &error);
        return;
    }
    /* What somebody seeks twice, and what no longer fits, is left out. */
    if (importance > 0)
        (void)kindred_card_seek(card, vocabulary, term->id, importance, &error);
    if (woman && card->role == KINDRED_SEEKER &&
        cli_demo_below(person->demo, 3) == 0)
        (void)kindred_card_must(card, vocabulary, &term->id, 1, 0, &error);
}

void cli_demo_card_deal(struct cli_demo_person *person, enum kindred_role role)
{
    person->card = (struct kindred_card){.role = role};
    for (int i = 0; i < DATA_DEMO_VARIABLES; i++) {
        const struct data_demo_variable *from = &data_demo_variables[i];
        const struct data_demo_row *row = draw(person->demo, from);

        if (row)
            put(person, from->id, &data_terms[row->term]);
    }
}
