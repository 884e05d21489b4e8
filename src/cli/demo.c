/* cli/demo -- the stage: everybody comes, asks one after another, is met, and
 * goes. */
#include "cli/demo.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "kindred_data.h"

enum {
    BETWEEN_MS = 900,    /* two asks */
    PATIENCE_MS = 3000,  /* with a ticket that has no offer */
    DEADLINE_MS = 85000, /* for all of it */
    LEAVING_MS = 3000,
    SETTLE_MS = 700
};

static const char POOL[] = "demo";

void cli_demo_tell(struct cli_demo *demo, enum cli_colour colour,
                   const char *format, ...)
{
    uint64_t ms = kindred_loop_now_ms(demo->loop) - demo->began_ms;
    char text[400];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    cli_say(colour, "%3u.%u s  %s\n", (unsigned)(ms / 1000),
            (unsigned)(ms % 1000 / 100), text);
}

void cli_demo_failed(struct cli_demo *demo, const char *what,
                     const struct kindred_error *error)
{
    demo->failures++;
    if (error && demo->first.status == 0)
        demo->first = *error;
    if (demo->failures > 5)
        return;
    if (error)
        cli_demo_tell(demo, CLI_RED, "failed: %s: %s (%s)", what, error->text,
                      error->reason);
    else
        cli_demo_tell(demo, CLI_RED, "failed: %s", what);
}

unsigned cli_demo_below(struct cli_demo *demo, unsigned sides)
{
    return (unsigned)chance_below(&demo->chance, sides);
}

/* ---- everybody comes ---- */

static void clear_stage(struct cli_demo *demo);

static void give_up(struct cli_demo *demo, const char *what,
                    const struct kindred_error *error)
{
    cli_demo_failed(demo, what, error);
    clear_stage(demo);
}

static void on_card(void *arg, const struct kindred_error *error)
{
    struct cli_demo_person *person = arg;

    if (person->demo->finishing)
        return;
    if (error->status != 0)
        give_up(person->demo, "writing a card", error);
    else
        person->ready(person);
}

static void on_enrolled(void *arg, const struct kindred_error *error)
{
    struct cli_demo_person *person = arg;

    if (person->demo->finishing)
        return;
    if (error->status != 0) {
        give_up(person->demo, "an enrolment", error);
        return;
    }
    person->demo->enrolled++;
    if (!kindred_member_put_card(person->member, &person->card, on_card,
                                 person))
        on_card(person, cli_say_no_memory());
}

static bool come(struct cli_demo *demo, struct cli_demo_person *person,
                 unsigned number, enum kindred_grade grade)
{
    bool peer = grade != KINDRED_MEMBER;
    struct kindred_identity identity;
    struct kindred_error error;

    person->demo = demo;
    person->number = number;
    person->ready = peer ? cli_demo_peer_ready : cli_demo_seeker_ready;
    cli_demo_card_deal(person, peer ? KINDRED_GIVER : KINDRED_SEEKER);
    person->client = kindred_client_new(demo->loop, demo->server, &error);
    if (!person->client) {
        cli_demo_failed(demo, "a connection", &error);
        return false;
    }
    kindred_identity_make(&identity);
    person->member = kindred_member_new(person->client, &identity);
    kindred_identity_wipe(&identity);
    if (person->member && kindred_member_enroll(person->member, POOL, grade,
                                                NULL, on_enrolled, person))
        return true;
    cli_demo_failed(demo, "an enrolment", cli_say_no_memory());
    return false;
}

static bool all_come(struct cli_demo *demo)
{
    bool all = true;

    for (unsigned i = 0; all && i < CLI_DEMO_PEERS; i++)
        all = come(demo, &demo->peer[i].person, i + 1,
                   i < CLI_DEMO_CRISIS_PEERS ? KINDRED_CRISIS_PEER
                                             : KINDRED_PEER);
    for (unsigned i = 0; all && i < CLI_DEMO_SEEKERS; i++)
        all = come(demo, &demo->seeker[i].person, i + 1, KINDRED_MEMBER);
    return all;
}

/* ---- one after another asks ---- */

static void on_stage(void *arg)
{
    struct cli_demo *demo = arg;
    uint64_t since_ms = kindred_loop_now_ms(demo->loop) - demo->asked_ms;

    if (demo->finishing || demo->asked == CLI_DEMO_SEEKERS)
        return;
    if (demo->asked > 0 && cli_demo_seeker_alone(demo) &&
        since_ms < PATIENCE_MS) {
        kindred_timer_set(demo->stage, 100); /* see demo.h */
        return;
    }
    cli_demo_seeker_ask(&demo->seeker[demo->asked]);
    kindred_timer_set(demo->stage,
                      BETWEEN_MS + cli_demo_below(demo, BETWEEN_MS));
}

static unsigned seekers_ready(const struct cli_demo *demo)
{
    unsigned n = 0;

    for (unsigned i = 0; i < CLI_DEMO_SEEKERS; i++)
        n += demo->seeker[i].ready;
    return n;
}

void cli_demo_check(struct cli_demo *demo)
{
    if (demo->finishing)
        return;
    if (demo->done == CLI_DEMO_SEEKERS) {
        clear_stage(demo);
    } else if (demo->asked == 0 && demo->asked_ms == 0 &&
               demo->on_duty == CLI_DEMO_PEERS &&
               seekers_ready(demo) == CLI_DEMO_SEEKERS) {
        demo->asked_ms = kindred_loop_now_ms(demo->loop);
        cli_demo_tell(demo, CLI_BOLD,
                      "%u members enrolled, %u peers are on duty",
                      demo->enrolled, demo->on_duty);
        kindred_timer_set(demo->stage, 500);
    }
}

/* ---- everybody goes ---- */

static void on_gone(void *arg, const struct kindred_error *error)
{
    struct cli_demo *demo = arg;

    (void)error; /* who did not get through is lost by the server in 30 s */
    if (--demo->leaving == 0)
        kindred_loop_stop(demo->loop);
}

/* So that nothing of this run meets the next one. */
static void clear_stage(struct cli_demo *demo)
{
    if (demo->finishing)
        return;
    demo->finishing = true;
    demo->leaving = 1; /* for this function */
    for (unsigned i = 0; i < CLI_DEMO_SEEKERS; i++) {
        struct cli_demo_seeker *seeker = &demo->seeker[i];

        if (seeker->ask && !seeker->matched) {
            demo->leaving += kindred_ask_withdraw(seeker->ask, on_gone, demo);
        } else if (seeker->talk.talk && !seeker->talk.over) {
            demo->leaving += kindred_talk_end(
                seeker->person.client, &seeker->talk.start, on_gone, demo);
        }
    }
    for (unsigned i = 0; i < CLI_DEMO_PEERS; i++) {
        if (demo->peer[i].on)
            demo->leaving += kindred_member_leave(demo->peer[i].person.member,
                                                  on_gone, demo);
    }
    kindred_timer_set(demo->deadline, LEAVING_MS);
    on_gone(demo, NULL);
}

static void on_deadline(void *arg)
{
    struct cli_demo *demo = arg;

    if (demo->finishing) {
        kindred_loop_stop(demo->loop);
        return;
    }
    cli_demo_failed(demo, "not everybody was met and done in time", NULL);
    clear_stage(demo);
}

static void on_interrupt(void *arg)
{
    struct cli_demo *demo = arg;

    if (demo->finishing) {
        kindred_loop_stop(demo->loop);
        return;
    }
    cli_demo_tell(demo, CLI_YELLOW, "interrupted: everybody goes home");
    demo->failures++;
    clear_stage(demo);
}

static void free_all(struct cli_demo *demo)
{
    demo->finishing = true;
    for (unsigned i = 0; i < CLI_DEMO_PEERS; i++) {
        struct cli_demo_peer *peer = &demo->peer[i];

        cli_demo_talk_close(&peer->talk);
        kindred_duty_free(peer->duty);
        kindred_timer_free(peer->think);
        kindred_member_free(peer->person.member);
        kindred_client_free(peer->person.client);
    }
    for (unsigned i = 0; i < CLI_DEMO_SEEKERS; i++) {
        struct cli_demo_seeker *seeker = &demo->seeker[i];

        cli_demo_talk_close(&seeker->talk);
        kindred_ask_free(seeker->ask);
        kindred_member_free(seeker->person.member);
        kindred_client_free(seeker->person.client);
    }
    kindred_timer_free(demo->stage);
    kindred_timer_free(demo->deadline);
}

static void stop(void *arg)
{
    kindred_loop_stop(arg);
}

/* Connections close, the server counts. */
static void let_settle(struct kindred_loop *loop)
{
    struct kindred_timer *timer = kindred_timer_new(loop, stop, loop);

    if (!timer)
        return;
    kindred_timer_set(timer, SETTLE_MS);
    kindred_loop_run(loop);
    kindred_timer_free(timer);
}

static void play(struct cli_demo *demo)
{
    demo->began_ms = kindred_loop_now_ms(demo->loop);
    demo->stage = kindred_timer_new(demo->loop, on_stage, demo);
    demo->deadline = kindred_timer_new(demo->loop, on_deadline, demo);
    if (!demo->stage || !demo->deadline ||
        !client_loop_interrupts(demo->loop, on_interrupt, demo)) {
        cli_demo_failed(demo, "the stage", cli_say_no_memory());
        return;
    }
    kindred_timer_set(demo->deadline, DEADLINE_MS);
    if (all_come(demo))
        kindred_loop_run(demo->loop);
}

static int run(const struct cli_args *args)
{
    static struct cli_demo demo;
    struct cli_session session;
    const char *server = getenv("KINDRED_SERVER");
    int status = cli_session_open(&session, args, false);

    if (status != CLI_OK)
        return status;
    status = cli_session_vocabulary(&session);
    if (status == CLI_OK) {
        demo.loop = session.loop;
        demo.vocabulary = session.vocabulary;
        demo.chance = cli_args_number(args, "--seed", 1);
        demo.server = cli_args_text(
            args, "--server", server && *server ? server : "127.0.0.1:50051");
        cli_say(CLI_PLAIN,
                "%u peers and %u seekers, each over a connection of their own, "
                "in the pool \"%s\".\n",
                (unsigned)CLI_DEMO_PEERS, (unsigned)CLI_DEMO_SEEKERS, POOL);
        cli_say(CLI_DIM, "Cards are drawn from: %s.\n\n", data_demo_source);
        play(&demo);
        free_all(&demo);
        let_settle(demo.loop);
        cli_demo_report_table(&demo);
        cli_demo_report_stats(cli_args_text(
            args, "--socket", "/var/lib/kindred/operations.sock"));
        status = demo.failures > 0 ? CLI_REFUSED : CLI_OK;
        if (status != CLI_OK)
            (void)fputs("kindred demo: it did not go well; above is why\n",
                        stderr);
        if (status != CLI_OK && cli_say_status(&demo.first) == CLI_UNREACHABLE)
            status = CLI_UNREACHABLE;
    }
    cli_session_close(&session);
    return status;
}

static const struct cli_option OPTIONS[] = {
    {"--socket", "PATH", "DATA/operations.sock, for what the server counts",
     CLI_TEXT, 1, 100},
    {"--seed", "N", "whom the cards describe [1]", CLI_NUMBER, 0, UINT32_MAX},
    {0}};

const struct cli_command cli_demo = {
    .name = "demo",
    .words = "",
    .help = "watch the main job, on realistic input",
    .about =
        "  kindred demo\n"
        "  kindred demo --socket /var/lib/kindred/operations.sock\n\n"
        "Sixty peers and twenty seekers, each with a key, a card and a\n"
        "connection of their own, in a pool of their own: asking, offers,\n"
        "declines and lapses, matches, encrypted talks, reflections.  Cards\n"
        "are drawn from SAMHSA's TEDS-D 2019.  About a minute; exit status 1\n"
        "if anybody was not met.\n",
    .options = OPTIONS,
    .run = run};
