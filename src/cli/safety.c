/* cli/safety -- block, unblock, blocks: who one never wants to meet again. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/wipe.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/session.h"

/* ---- block ---- */

static const struct cli_option BLOCK_OPTIONS[] = {
    {"--offer", "OFFER", "whoever is behind an offer", CLI_TEXT, 1, 20}, {0}};

/* Of a talk whose keys are gone, the id is enough. */
static bool find_talk(const struct cli_session *session, const char *which,
                      struct kindred_talk_start *start)
{
    char path[CLI_PATH_MAX];

    return (which && cli_args_id(which, &start->talk_id)) ||
           cli_session_load_talk(session, which, path, start);
}

static int run_block(const struct cli_args *args)
{
    const char *offer_text = cli_args_text(args, "--offer", NULL);
    struct kindred_talk_start start = {0};
    struct cli_session session;
    uint64_t offer = 0;
    int status;

    if (offer_text && (args->words || !cli_args_id(offer_text, &offer))) {
        cli_say_usage("usage: kindred block [NAME|ID] | --offer OFFER");
        return CLI_USAGE;
    }
    status = cli_session_open(&session, args, true);
    if (status != CLI_OK)
        return status;
    if (!offer &&
        !find_talk(&session, args->words ? args->word[0] : NULL, &start)) {
        status = CLI_USAGE;
    } else {
        status = cli_session_wait(
            &session, kindred_member_block(session.member, start.talk_id, offer,
                                           cli_session_done, &session));
        if (status == CLI_OK)
            cli_say(CLI_GREEN, "You will not meet %s again.\n",
                    start.their_name[0] ? start.their_name : "them");
    }
    wipe(&start, sizeof start);
    cli_session_close(&session);
    return status;
}

const struct cli_command cli_safety_block = {
    .name = "block",
    .words = "[NAME|ID]",
    .help = "never meet a person again",
    .about =
        "  kindred block\n"
        "  kindred block \"Quiet Heron\"\n"
        "  kindred block --offer 0123456789abcdef\n\n"
        "The other of the newest talk, or of the one with a person of that\n"
        "name; up to 30 days after it.  After \"kindred reflect\", which "
        "tells\n"
        "it, the ID is needed.  A talk with them ends.  They are not told.\n"
        "\"kindred blocks\" lists whom you blocked.\n",
    .calls = "Safety/Block",
    .options = BLOCK_OPTIONS,
    .words_max = 1,
    .run = run_block};

/* ---- the list ---- */

enum { LIST_MAX = 1024 };

struct listing {
    struct cli_session session;
    struct kindred_block block[LIST_MAX];
    uint32_t count;
    bool more;
};

static void on_page(void *arg, const struct kindred_error *error,
                    const struct kindred_block *block, uint32_t count,
                    bool more)
{
    struct listing *listing = arg;

    listing->more = more && count > 0 && listing->count + count < LIST_MAX;
    for (uint32_t i = 0; i < count && listing->count < LIST_MAX; i++)
        listing->block[listing->count++] = block[i];
    cli_session_done(&listing->session, error);
}

/* All pages; the exit status. */
static int list_all(struct listing *listing)
{
    int status = CLI_OK;

    do {
        uint64_t after =
            listing->count ? listing->block[listing->count - 1].id : 0;

        listing->more = false;
        status = cli_session_wait(
            &listing->session, kindred_member_blocks(listing->session.member,
                                                     after, on_page, listing));
    } while (status == CLI_OK && listing->more);
    return status;
}

static void print(const struct kindred_block *block)
{
    time_t at = (time_t)block->day * 86400;
    struct tm day = {0};
    char id[CLI_ID_TEXT];

    (void)gmtime_r(&at, &day);
    cli_say_id(id, block->id);
    cli_say(CLI_PLAIN, "%s  %04d-%02d-%02d  %s\n", id, day.tm_year + 1900,
            day.tm_mon + 1, day.tm_mday,
            block->their_name[0] ? block->their_name : "(an offer)");
}

static int run_list(const struct cli_args *args)
{
    static struct listing listing;
    int status = cli_session_open(&listing.session, args, true);

    if (status != CLI_OK)
        return status;
    status = list_all(&listing);
    for (uint32_t i = 0; i < listing.count && status == CLI_OK; i++)
        print(&listing.block[i]);
    if (status == CLI_OK && listing.count == 0)
        cli_say(CLI_DIM, "You blocked nobody.\n");
    cli_session_close(&listing.session);
    return status;
}

const struct cli_command cli_safety_list = {
    .name = "blocks",
    .words = "",
    .help = "list whom you blocked",
    .about = "  kindred blocks\n\n"
             "One line each: ID, day, and what you called them.\n",
    .calls = "Safety/ListBlocks",
    .run = run_list};

/* ---- unblock ---- */

/* The one block that is meant; 0: none, or more than one. */
static uint64_t meant(const struct listing *listing, const char *which)
{
    uint64_t found = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < listing->count; i++) {
        const struct kindred_block *block = &listing->block[i];
        char id[CLI_ID_TEXT];

        cli_say_id(id, block->id);
        if (strcmp(id, which) != 0 && strcmp(block->their_name, which) != 0)
            continue; /* a whole one: half a name may be somebody else's */
        found = block->id;
        n++;
    }
    return n == 1 ? found : 0;
}

static int run_unblock(const struct cli_args *args)
{
    static struct listing listing;
    int status = cli_session_open(&listing.session, args, true);
    uint64_t id;

    if (status != CLI_OK)
        return status;
    status = list_all(&listing);
    id = status == CLI_OK ? meant(&listing, args->word[0]) : 0;
    if (status == CLI_OK && id == 0) {
        cli_say_usage("kindred unblock: not one block is of that name or id");
        cli_say_hint("\"kindred blocks\" lists them");
        status = CLI_USAGE;
    } else if (status == CLI_OK) {
        status = cli_session_wait(&listing.session,
                                  kindred_member_unblock(listing.session.member,
                                                         id, cli_session_done,
                                                         &listing.session));
        if (status == CLI_OK)
            cli_say(CLI_GREEN, "Taken back.\n");
    }
    cli_session_close(&listing.session);
    return status;
}

const struct cli_command cli_safety_unblock = {
    .name = "unblock",
    .words = "NAME|ID",
    .help = "take a block back",
    .about = "  kindred unblock \"Quiet Heron\"\n"
             "  kindred unblock 0123456789abcdef\n\n"
             "Whom you blocked under more than one name stays blocked until\n"
             "each is taken back.\n",
    .calls = "Safety/Unblock",
    .words_min = 1,
    .words_max = 1,
    .run = run_unblock};
