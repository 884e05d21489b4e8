/* cli/card -- write and read one's cards, in words. */
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/session.h"
#include "client/vocabulary.h"
#include "pb/kindred/v1/cards.pb-c.h"

static const struct cli_option OPTIONS[] = {
    {"--have", "TERM,...", "what is so of you; may be given again", CLI_LIST, 0,
     0},
    {"--show", "TERM,...", "the same, and it may be named as a reason",
     CLI_LIST, 0, 0},
    {"--seek", "TERM[:1-3],...", "what the other should have, and how much",
     CLI_LIST, 0, 0},
    {"--must", "TERM,...",
     "the other must have one of these; again for each more", CLI_LIST, 0, 0},
    {"--must-not", "TERM,...", "the other must have none of these", CLI_LIST, 0,
     0},
    {"--relax-s", "SECONDS",
     "after this wait a must is waived, to 86400 [0: never]", CLI_NUMBER, 0,
     86400},
    {0}};

struct compile {
    struct kindred_card *card;
    const struct kindred_vocabulary *vocabulary;
    struct kindred_error error;
    uint32_t relax_ms;
};

static bool add_have(struct compile *compile, char *term)
{
    return kindred_card_have(compile->card, compile->vocabulary, term, false,
                             &compile->error);
}

static bool add_show(struct compile *compile, char *term)
{
    return kindred_card_have(compile->card, compile->vocabulary, term, true,
                             &compile->error);
}

/* "veteran:3"; terms may have a colon themselves ("lang:en"). */
static bool add_seek(struct compile *compile, char *term)
{
    size_t size = strlen(term);
    uint32_t importance = 0;

    if (size > 2 && term[size - 2] == ':' && term[size - 1] >= '1' &&
        term[size - 1] <= '3') {
        importance = (uint32_t)(term[size - 1] - '0');
        term[size - 2] = '\0';
    }
    return kindred_card_seek(compile->card, compile->vocabulary, term,
                             importance, &compile->error);
}

static bool add_must_not(struct compile *compile, char *term)
{
    return kindred_card_must_not(compile->card, compile->vocabulary, term,
                                 &compile->error);
}

static bool fail(const struct compile *compile, const char *option,
                 const char *term)
{
    cli_say_usage("kindred card: %s %.40s: %s (%s)", option, term,
                  compile->error.text, compile->error.reason);
    if (strcmp(compile->error.reason, "TERM_UNKNOWN") == 0)
        cli_say_hint("\"kindred vocabulary search WORD\" finds terms");
    return false;
}

static bool each_term(struct compile *compile, const struct cli_args *args,
                      const char *option,
                      bool (*add)(struct compile *compile, char *term))
{
    uint32_t at = 0;
    const char *list;

    while ((list = cli_args_next(args, option, &at)) != NULL) {
        char term[KINDRED_LEN_ID + 3], as_given[sizeof term];

        while (cli_args_split(&list, term, sizeof term)) {
            memcpy(as_given, term, sizeof term);
            if (!add(compile, term))
                return fail(compile, option, as_given);
        }
        if (!list) {
            cli_say_usage("kindred card: %s: terms with commas between, each "
                          "at most 40 bytes",
                          option);
            return false;
        }
    }
    return true;
}

static bool each_must(struct compile *compile, const struct cli_args *args)
{
    uint32_t at = 0;
    const char *list;

    while ((list = cli_args_next(args, "--must", &at)) != NULL) {
        char term[9][KINDRED_LEN_ID];
        const char *terms[9];
        uint32_t count = 0;

        while (count < 9 && cli_args_split(&list, term[count], sizeof *term)) {
            terms[count] = term[count];
            count++;
        }
        if (!list ||
            !kindred_card_must(compile->card, compile->vocabulary, terms, count,
                               compile->relax_ms, &compile->error))
            return fail(compile, "--must", count ? term[0] : "");
    }
    return true;
}

static int set_card(struct cli_session *session, enum kindred_role role)
{
    const struct cli_args *args = session->args;
    struct kindred_card card = {.role = role};
    struct compile compile = {.card = &card, .vocabulary = session->vocabulary};
    int status;

    compile.relax_ms = (uint32_t)cli_args_number(args, "--relax-s", 0) * 1000;
    card.vocabulary_version = session->vocabulary->said->version;
    if (!each_term(&compile, args, "--have", add_have) ||
        !each_term(&compile, args, "--show", add_show) ||
        !each_term(&compile, args, "--seek", add_seek) ||
        !each_must(&compile, args) ||
        !each_term(&compile, args, "--must-not", add_must_not))
        return CLI_USAGE;
    status = cli_session_wait(
        session, kindred_member_put_card(session->member, &card,
                                         cli_session_done, session));
    if (status == CLI_OK)
        cli_say(CLI_GREEN,
                "The card is kept: %u things that are so, %u sought, %u "
                "required, %u ruled out.\n",
                card.haves, card.seeks, card.musts, card.must_nots);
    return status;
}

/* ---- show ---- */

static void print_tokens(const struct cli_session *session, const char *what,
                         const uint64_t *tokens, size_t count,
                         const char *after)
{
    char text[600];

    cli_say_tokens(text, sizeof text, session->vocabulary, tokens,
                   (uint32_t)count);
    cli_say(CLI_PLAIN, "%-10s %s%s\n", what, text, after);
}

static int show_card(struct cli_session *session, enum kindred_role role)
{
    Kindred__V1__GetCardRequest request = KINDRED__V1__GET_CARD_REQUEST__INIT;
    struct cli_call call = {.path = "/kindred.v1.Cards/GetCard",
                            .request = &request,
                            .answer =
                                &kindred__v1__get_card_response__descriptor,
                            .with_token = true};
    const Kindred__V1__GetCardResponse *response;
    const Kindred__V1__Card *card;
    ProtobufCMessage *answer;
    int status;

    request.role = (Kindred__V1__Role)(int)role;
    answer = cli_session_call(session, &call, &status);
    if (status != CLI_OK)
        return status;
    response = (const void *)answer;
    card = response->card;
    for (size_t i = 0; card && i < card->n_have; i++)
        print_tokens(session, "have", &card->have[i]->token, 1,
                     card->have[i]->show ? "  (may be named)" : "");
    for (size_t i = 0; card && i < card->n_seek; i++) {
        char after[32];

        (void)snprintf(after, sizeof after, "  (importance %u)",
                       card->seek[i]->importance);
        print_tokens(session, "seek", card->seek[i]->tokens,
                     card->seek[i]->n_tokens, after);
    }
    for (size_t i = 0; card && i < card->n_must; i++)
        print_tokens(session, "must", card->must[i]->tokens,
                     card->must[i]->n_tokens,
                     card->must[i]->relax_after_ms ? "  (for a while)" : "");
    for (size_t i = 0; card && i < card->n_must_not; i++)
        print_tokens(session, "must not", &card->must_not[i], 1, "");
    protobuf_c_message_free_unpacked(answer, NULL);
    return CLI_OK;
}

static int run(const struct cli_args *args)
{
    bool set = strcmp(args->word[0], "set") == 0;
    const char *who = args->word[1];
    struct cli_session session;
    enum kindred_role role = KINDRED_SEEKER;
    int status;

    if (strcmp(who, "peer") == 0)
        role = KINDRED_GIVER;
    if ((!set && strcmp(args->word[0], "show") != 0) ||
        (role == KINDRED_SEEKER && strcmp(who, "seeker") != 0)) {
        cli_say_usage("usage: kindred card set|show seeker|peer [OPTION ...]");
        return CLI_USAGE;
    }
    status = cli_session_open(&session, args, true);
    if (status != CLI_OK)
        return status;
    status = cli_session_vocabulary(&session);
    if (status == CLI_OK)
        status = set ? set_card(&session, role) : show_card(&session, role);
    cli_session_close(&session);
    return status;
}

const struct cli_command cli_card = {
    .name = "card",
    .words = "set|show seeker|peer",
    .help = "say what you have lived and whom you want to meet",
    .about =
        "  kindred card set seeker --have alcohol --show heroin,veteran \\\n"
        "      --seek heroin:3,veteran:2 --must lang:en --must-not gambling\n"
        "  kindred card set peer --show heroin,veteran --have lang:en\n"
        "  kindred card show seeker\n\n"
        "Terms are ids of \"kindred vocabulary\".  A term brings all above it\n"
        "(heroin: opioid, substance) and a level all below it.  --show is "
        "what\n"
        "may be named to the other if both have it.  The words are turned "
        "into\n"
        "opaque numbers here: the server matches numbers.  To write a card is\n"
        "to agree to the consent text in force.\n",
    .options = OPTIONS,
    .calls = "Cards/PutCard Cards/GetCard",
    .words_min = 2,
    .words_max = 2,
    .run = run};
