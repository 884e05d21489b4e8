/* cli/attend -- be there for others: offers, answers, talks. */
#include <string.h>

#include "cli/chat.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/terminal.h"

enum { TALKS_MAX = 8 };

static const struct cli_option OPTIONS[] = {
    {"--capacity", "N", "how many people at once, 0 to 8 [1]", CLI_NUMBER, 0,
     8},
    {"--auto", "accept|decline", "every offer, unasked", CLI_TEXT, 1, 8},
    {"--rest-s", "SECONDS", "rest after each talk, 1 to 86400 [300]",
     CLI_NUMBER, 1, 86400},
    {"--talks-per-day", "N", "no more than so many in 24 hours, 1 to 16",
     CLI_NUMBER, 1, 16},
    {"--once", NULL, "go off duty after one talk", CLI_FLAG, 0, 0},
    {0}};

static const char ACCEPT_NOW[] = "Accept? [y/n] ";

enum automatic { BY_HAND, ACCEPT, DECLINE };

struct attending {
    struct cli_session session;
    struct kindred_duty *duty;
    struct kindred_duty_state state; /* the newest */
    struct cli_chat chat[TALKS_MAX];
    uint64_t seen[TALKS_MAX]; /* offers that were shown */
    uint64_t answered;        /* the last one answered by hand */
    unsigned current;         /* the chat that lines go to */
    enum automatic automatic;
    bool once, leaving, told;
    int status;
};

/* ---- whom lines are for ---- */

/* The first offer that waits for an answer, or NULL. */
static const struct kindred_offer *open_offer(const struct attending *attending)
{
    if (attending->automatic != BY_HAND)
        return NULL;
    for (uint32_t i = 0; i < attending->state.offers; i++)
        if (attending->state.offer[i].id != attending->answered)
            return &attending->state.offer[i];
    return NULL;
}

static struct cli_chat *current(struct attending *attending)
{
    for (unsigned i = 0; i < TALKS_MAX; i++) {
        unsigned at = (attending->current + i) % TALKS_MAX;

        if (attending->chat[at].talk) {
            attending->current = at;
            return &attending->chat[at];
        }
    }
    return NULL;
}

static void hold(struct attending *attending)
{
    const struct cli_chat *chat = current(attending);
    bool asked =
        open_offer(attending) || attending->state.phase == KINDRED_PAUSED;

    client_loop_hold(
        attending->session.loop,
        !asked && (chat ? !cli_chat_ready(chat) : !cli_terminal_is_open()));
    if (cli_terminal_is_open()) /* what the next line answers to */
        cli_say(CLI_PLAIN, open_offer(attending) ? ACCEPT_NOW : "> ");
    cli_terminal_show(asked || chat);
}

static void stop(struct attending *attending)
{
    kindred_loop_stop(attending->session.loop);
}

static void on_left(void *arg, const struct kindred_error *error)
{
    if (error->status != 0)
        cli_say_error(error);
    stop(arg);
}

static void leave(struct attending *attending)
{
    if (attending->leaving) {
        stop(attending);
        return;
    }
    attending->leaving = true;
    if (!kindred_member_leave(attending->session.member, on_left, attending))
        on_left(attending, cli_say_no_memory());
}

/* ---- offers ---- */

static void on_chat_over(void *arg, struct cli_chat *chat)
{
    struct attending *attending = arg;

    if (chat->status != CLI_OK)
        attending->status = chat->status;
    cli_chat_close(chat);
    if (attending->once)
        leave(attending);
    else
        cli_say(CLI_DIM, "You are on duty; after a rest offers come again.\n");
    hold(attending);
}

static void on_answered(void *arg, const struct kindred_error *error,
                        const struct kindred_talk_start *talk)
{
    struct attending *attending = arg;
    struct cli_chat *chat = NULL;

    if (error->status != 0 && cli_say_is_json())
        cli_say_error(error);
    else if (error->status != 0)
        cli_say(CLI_YELLOW, "That did not work: %s (%s).\n", error->text,
                error->reason);
    for (unsigned i = 0; talk && i < TALKS_MAX && !chat; i++)
        if (!cli_chat_is_busy(&attending->chat[i]))
            chat = &attending->chat[i];
    if (chat) {
        *chat = (struct cli_chat){.session = &attending->session,
                                  .over = on_chat_over,
                                  .arg = attending};
        if (!cli_chat_begin(chat, talk))
            attending->status = CLI_REFUSED;
    }
    cli_session_show(&attending->session);
    hold(attending);
}

static void answer(struct attending *attending, uint64_t offer, bool accept)
{
    attending->answered = offer;
    cli_say(CLI_DIM, accept ? "Accepting.\n" : "Declined; nobody is told.\n");
    if (!kindred_member_answer(attending->session.member, offer, accept,
                               on_answered, attending)) {
        attending->answered = 0; /* it may be answered yet */
        on_answered(attending, cli_say_no_memory(), NULL);
    }
}

static void show_offer(struct attending *attending,
                       const struct kindred_offer *offer)
{
    char text[600], left[16];

    cli_say_tokens(text, sizeof text, attending->session.vocabulary,
                   offer->shown, offer->shown_count);
    cli_say_time(left, offer->expires_in_ms);
    cli_say(CLI_BOLD, "Somebody could use you%s.  You share: %s\n",
            offer->danger ? ", and may be in danger" : "", text);
    cli_say(CLI_DIM, "  offer %08x%08x, for %s\n", (unsigned)(offer->id >> 32),
            (unsigned)(offer->id & UINT32_MAX), left);
    if (offer->met_name[0] != '\0')
        cli_say(CLI_PLAIN, "  You have met: %s, who asks for you.\n",
                offer->met_name);
    if (attending->automatic == BY_HAND)
        cli_say(CLI_PLAIN, ACCEPT_NOW);
    else
        answer(attending, offer->id, attending->automatic == ACCEPT);
}

static bool was_seen(const struct attending *attending, uint64_t offer)
{
    for (unsigned i = 0; i < TALKS_MAX; i++)
        if (attending->seen[i] == offer)
            return true;
    return false;
}

static void see_offers(struct attending *attending)
{
    const struct kindred_duty_state *state = &attending->state;
    struct kindred_offer fresh[TALKS_MAX];
    uint32_t n = 0;

    for (uint32_t i = 0; i < state->offers; i++)
        if (!was_seen(attending, state->offer[i].id))
            fresh[n++] = state->offer[i];
    memset(attending->seen, 0, sizeof attending->seen);
    for (uint32_t i = 0; i < state->offers; i++)
        attending->seen[i] = state->offer[i].id;
    for (uint32_t i = 0; i < n; i++)
        show_offer(attending, &fresh[i]);
}

static void on_state(void *arg, const struct kindred_duty_state *state)
{
    static const char *const why[] = {"",
                                      "",
                                      "two offers lapsed without an answer",
                                      "you asked for support yourself",
                                      "the time you set is over",
                                      "your grade expired",
                                      "the connection was away too long",
                                      "this account is on hold"};
    struct attending *attending = arg;
    unsigned reason = (unsigned)state->reason;

    for (uint32_t i = 0; i < attending->state.offers; i++) {
        bool there = false;

        for (uint32_t k = 0; k < state->offers; k++)
            there |= state->offer[k].id == attending->state.offer[i].id;
        if (!there && attending->state.offer[i].id != attending->answered)
            cli_say(CLI_DIM, "\nThat offer is over.\n");
    }
    attending->state = *state;
    if (state->phase == KINDRED_ON && !attending->told)
        cli_say(CLI_GREEN,
                "You are on duty for %u at once.  Ctrl-C goes off "
                "duty; talks go on.\n",
                state->capacity);
    attending->told |= state->phase == KINDRED_ON;
    if (state->phase == KINDRED_PAUSED && reason < 8)
        cli_say(CLI_YELLOW, "No offers come now: %s.  Enter: here again.\n",
                why[reason]);
    else if (state->phase == KINDRED_OFF && reason > 1 && reason < 8)
        cli_say(CLI_YELLOW, "You are off duty: %s.\n", why[reason]);
    see_offers(attending);
    hold(attending);
}

static void on_trouble(void *arg, const struct kindred_error *error)
{
    (void)arg;
    cli_say(CLI_YELLOW, "%s; trying again.\n", error->text);
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct attending *attending = arg;

    kindred_duty_free(attending->duty);
    attending->duty = NULL;
    if (error->status != 0) {
        cli_say_error(error);
        if (strcmp(error->reason, "CARD_MISSING") == 0)
            cli_say_hint("\"kindred card set peer --help\" says how");
        attending->status = cli_say_status(error);
    }
    if (!current(attending))
        stop(attending);
}

/* ---- lines ---- */

static void on_resumed(void *arg, const struct kindred_error *error)
{
    (void)arg; /* the stream tells the rest */
    if (error->status != 0)
        cli_say_error(error);
    else
        cli_say(CLI_GREEN, "You are on duty again.\n");
}

/* Only the word itself: who writes in a talk may begin with it. */
static bool says(const char *line, const char *word, const char *capital)
{
    return strcmp(line, word) == 0 || strcmp(line, capital) == 0 ||
           ((line[0] == word[0] || line[0] == capital[0]) && line[1] == '\0');
}

static void on_line(void *arg, const char *line, size_t size)
{
    struct attending *attending = arg;
    const struct kindred_offer *offer = open_offer(attending);
    struct cli_chat *chat = current(attending);

    if (!line) {
        if (chat && cli_terminal_is_open())
            cli_chat_leave(chat);
        else if (cli_terminal_is_open())
            leave(attending);
    } else if (offer) {
        if (says(line, "yes", "Yes") || says(line, "no", "No"))
            answer(attending, offer->id, says(line, "yes", "Yes"));
        else
            cli_say(CLI_PLAIN, ACCEPT_NOW);
    } else if (strcmp(line, "/next") == 0) {
        attending->current = (attending->current + 1) % TALKS_MAX;
        chat = current(attending);
        if (chat)
            cli_say(CLI_DIM, "* lines go to %s now\n", chat->start.their_name);
    } else if (chat) {
        cli_chat_line(chat, line, size);
    } else if (attending->state.phase == KINDRED_PAUSED) {
        if (!kindred_member_resume(attending->session.member, on_resumed,
                                   attending))
            on_resumed(attending, cli_say_no_memory());
    }
    hold(attending);
}

static void on_interrupt(void *arg)
{
    struct attending *attending = arg;

    cli_say(CLI_DIM, "\nGoing off duty; open talks stay: \"kindred talk\".\n");
    leave(attending);
}

static bool configure(struct attending *attending, const struct cli_args *args,
                      struct kindred_duty_terms *terms)
{
    const char *automatic = cli_args_text(args, "--auto", "");

    attending->once = cli_args_has(args, "--once");
    if (strcmp(automatic, "accept") == 0)
        attending->automatic = ACCEPT;
    else if (strcmp(automatic, "decline") == 0)
        attending->automatic = DECLINE;
    else if (*automatic)
        return false;
    terms->capacity = (uint32_t)cli_args_number(args, "--capacity", 1);
    terms->rest_ms = (uint32_t)cli_args_number(args, "--rest-s", 0) * 1000;
    terms->talks_per_day =
        (uint32_t)cli_args_number(args, "--talks-per-day", 0);
    return true;
}

static int run(const struct cli_args *args)
{
    static struct attending attending;
    struct kindred_duty_handler handler = {.state = on_state,
                                           .trouble = on_trouble,
                                           .ended = on_ended,
                                           .arg = &attending};
    struct kindred_duty_terms terms = {0};
    int status;

    if (!configure(&attending, args, &terms)) {
        cli_say_usage("kindred attend: --auto is accept or decline");
        return CLI_USAGE;
    }
    status = cli_session_open(&attending.session, args, true);
    if (status != CLI_OK)
        return status;
    attending.session.later = "/kindred.v1.Peers/Answer";
    status = cli_session_vocabulary(&attending.session);
    if (status == CLI_OK) {
        client_loop_hold(attending.session.loop, true);
        attending.duty =
            kindred_duty_new(attending.session.member, &terms, &handler);
        if (attending.duty &&
            client_loop_interrupts(attending.session.loop, on_interrupt,
                                   &attending) &&
            cli_terminal_open(attending.session.loop, on_line, &attending)) {
            kindred_loop_run(attending.session.loop);
            status = attending.status;
        } else {
            cli_say_error(cli_say_no_memory());
            status = CLI_REFUSED;
        }
    }
    for (unsigned i = 0; i < TALKS_MAX; i++)
        if (attending.chat[i].talk)
            cli_chat_close(&attending.chat[i]);
    kindred_duty_free(attending.duty);
    cli_session_close(&attending.session);
    return status;
}

const struct cli_command cli_attend = {
    .name = "attend",
    .words = "",
    .help = "be there for others: go on duty",
    .about =
        "  kindred attend\n"
        "  kindred attend --capacity 2\n"
        "  kindred attend --auto accept --once\n\n"
        "Shows each offer with what you share, and asks.  Declining needs no\n"
        "reason and has no consequence.  After you accept, lines you type go\n"
        "to the other; with several talks /next turns to the next.  Ctrl-C\n"
        "goes off duty.\n",
    .options = OPTIONS,
    .calls = "Peers/Attend Peers/Answer Talks/Receive",
    .run = run};

/* ---- leave ---- */

static int run_leave(const struct cli_args *args)
{
    struct cli_session session;
    int status = cli_session_open(&session, args, true);

    if (status != CLI_OK)
        return status;
    status = cli_session_wait(
        &session,
        kindred_member_leave(session.member, cli_session_done, &session));
    if (status == CLI_OK)
        cli_say(CLI_GREEN, "You are off duty; talks go on.\n");
    cli_session_close(&session);
    return status;
}

const struct cli_command cli_attend_leave = {.name = "leave",
                                             .words = "",
                                             .help = "go off duty; talks go on",
                                             .about = "  kindred leave\n",
                                             .calls = "Peers/Leave",
                                             .run = run_leave};
