#include "client/client.h"
#include "member_world.h"

struct heard {
    struct kindred_loop *loop;
    int ends, states, troubles, messages;
    struct kindred_error error;
    struct kindred_ticket ticket;
};

static void on_done(void *arg, const struct kindred_error *error)
{
    struct heard *heard = arg;

    heard->ends++;
    heard->error = *error;
    kindred_loop_stop(heard->loop);
}

static void on_ticket(void *arg, const struct kindred_ticket *ticket,
                      const struct kindred_talk_start *talk)
{
    struct heard *heard = arg;

    CHECK(!talk);
    heard->states++;
    heard->ticket = *ticket;
}

static void on_trouble(void *arg, const struct kindred_error *error)
{
    struct heard *heard = arg;

    CHECK(error->status != 0);
    heard->troubles++;
}

static struct kindred_ask *ask(struct member_world *world, struct heard *heard)
{
    struct kindred_ask_handler handler = {.ticket = on_ticket,
                                          .trouble = on_trouble,
                                          .ended = on_done,
                                          .arg = heard};
    struct kindred_ask_state state;
    struct kindred_ask *made;

    kindred_ask_state_make(&state);
    made = kindred_ask_new(world->member, &state, &handler);
    CHECK(made != NULL);
    return made;
}

static void on_login(void *arg, const struct kindred_error *error,
                     const struct kindred_login *login)
{
    CHECK((login != NULL) == (error->status == 0));
    if (login)
        CHECK(strcmp(login->pool, "test") == 0 &&
              strncmp(login->token, "token-", 6) == 0);
    on_done(arg, error);
}

/* Law 2: what leaves is a signature, over what the server checks. */
static void test_enroll_and_login(void)
{
    struct member_world *world = member_world_open();
    struct heard heard = {.loop = world->loop};

    CHECK(kindred_member_enroll(world->member, "test", KINDRED_PEER, NULL,
                                on_done, &heard));
    CHECK(heard.ends == 0);
    member_world_run(world, 5000);
    CHECK(heard.ends == 1 && heard.error.status == 0);
    CHECK(kindred_member_login(world->member, on_login, &heard));
    member_world_run(world, 5000);
    CHECK(heard.ends == 2 && heard.error.status == 0 && world->logins == 1);
    member_world_close(world);
}

/* Law 1: many calls, one login; a stale challenge is asked for anew, but not
 * for ever. */
static void test_one_login_for_all(void)
{
    struct member_world *world = member_world_open();
    struct heard heard[3] = {
        {.loop = world->loop}, {.loop = world->loop}, {.loop = world->loop}};
    struct kindred_ask *made[3];

    world->stale_challenges = 2;
    for (int i = 0; i < 3; i++)
        made[i] = ask(world, &heard[i]);
    member_world_run(world, 300);
    CHECK(world->logins == 1 && world->challenges == 3 && world->infos == 1);
    for (int i = 0; i < 3; i++) {
        CHECK(heard[i].states == 1 && heard[i].ticket.id == 77);
        kindred_ask_free(made[i]);
    }
    member_world_close(world);

    world = member_world_open();
    heard[0] = (struct heard){.loop = world->loop};
    world->stale_challenges = 99;
    CHECK(kindred_member_login(world->member, on_login, &heard[0]));
    member_world_run(world, 5000);
    CHECK(heard[0].ends == 1);
    CHECK(strcmp(heard[0].error.reason, "CHALLENGE_EXPIRED") == 0);
    CHECK(world->challenges == 3);
    member_world_close(world);
}

/* A token that expired is replaced, once per call, and its end is told once
 * (client/job law 1). */
static void test_expired_token(void)
{
    struct member_world *world = member_world_open();
    struct heard heard = {.loop = world->loop};
    struct kindred_ask *made;

    world->expired = 1;
    made = ask(world, &heard);
    member_world_run(world, 300);
    CHECK(world->logins == 2 && world->asks == 1 && heard.states == 1);
    kindred_ask_free(made);
    heard = (struct heard){.loop = world->loop};
    world->expired = 9;
    made = ask(world, &heard);
    member_world_run(world, 2000);
    CHECK(heard.ends == 1 && world->logins == 3);
    CHECK(strcmp(heard.error.reason, "TOKEN_EXPIRED") == 0);
    kindred_ask_free(made);
    member_world_close(world);
}

/* A stream ends for its token, because the key was rotated elsewhere or by us:
 * it goes on with a new one, as often as that was good. */
static void test_revoked_token(void)
{
    struct member_world *world = member_world_open();
    struct heard heard = {.loop = world->loop};
    struct kindred_ask *made;

    world->expired = 1;
    world->ask_ends[0] = world->ask_ends[1] = ERR_TOKEN_EXPIRED;
    made = ask(world, &heard);
    member_world_run(world, 1000);
    CHECK(world->logins == 4 && world->asks == 3 && heard.states == 3);
    CHECK(heard.ends == 0 && heard.troubles == 0);
    CHECK(memcmp(world->ask_key[0], world->ask_key[1], 16) == 0);
    kindred_ask_free(made);
    member_world_close(world);
}

/* A stream that breaks is resumed with its key; one that was replaced is not;
 * one that ended well is over (client/lease laws 1 and 3). */
static void test_resume(void)
{
    struct member_world *world = member_world_open();
    struct heard heard = {.loop = world->loop};
    struct kindred_ask *made;

    world->ask_ends[0] = MEMBER_WORLD_AWAY;
    world->ask_ends[1] = ERR_CARD_VERSION;
    made = ask(world, &heard);
    member_world_run(world, 1000);
    CHECK(world->asks == 3 && heard.states == 3 && heard.troubles == 2);
    CHECK(memcmp(world->ask_key[0], world->ask_key[1], 16) == 0);
    CHECK(heard.ends == 0);
    CHECK(kindred_ask_withdraw(made, on_done, &heard));
    member_world_run(world, 2000); /* the withdrawal … */
    if (heard.ends < 2)
        member_world_run(world, 2000); /* … and the end of the ask */
    CHECK(heard.ends == 2 && heard.ticket.phase == KINDRED_TICKET_ENDED);
    CHECK(heard.error.status == 0 && world->asks == 3);
    kindred_ask_free(made);

    heard = (struct heard){.loop = world->loop};
    world->asks = 0;
    world->ask_ends[0] = ERR_REPLACED;
    made = ask(world, &heard);
    member_world_run(world, 2000);
    CHECK(heard.ends == 1 && world->asks == 1);
    CHECK(strcmp(heard.error.reason, "REPLACED") == 0);
    kindred_ask_free(made);
    member_world_close(world);
}

/* What logs in by itself proves each request; a token that is given away is a
 * plain bearer, also where a bound one was asked for first. */
static void test_proofs(void)
{
    struct member_world *world = member_world_open();
    struct heard heard = {.loop = world->loop}, plain = {.loop = world->loop};
    struct kindred_ask *made = ask(world, &heard);

    member_world_run(world, 300);
    CHECK(heard.states == 1 && world->bound && world->proofs > 0);
    kindred_ask_free(made);
    member_world_close(world);

    world = member_world_open();
    heard = (struct heard){.loop = world->loop};
    plain = (struct heard){.loop = world->loop};
    made = ask(world, &heard);
    CHECK(kindred_member_login(world->member, on_login, &plain));
    member_world_run(world, 300);
    if (heard.states == 0)
        member_world_run(world, 300);
    CHECK(plain.ends == 1 && plain.error.status == 0);
    CHECK(heard.states == 1 && !world->bound && world->proofs == 0);
    kindred_ask_free(made);
    member_world_close(world);
}

static void rotate(struct member_world *world, struct heard *heard,
                   const struct kindred_identity *fresh)
{
    *heard = (struct heard){.loop = world->loop};
    CHECK(kindred_member_rotate(world->member, fresh, on_done, heard));
    CHECK(heard->ends == 0);
    member_world_run(world, 5000);
    CHECK(heard->ends == 1);
}

/* The member is of the new key exactly if the server says so, or knows it. */
static void test_rotate(void)
{
    struct member_world *world = member_world_open();
    struct kindred_identity fresh;
    struct heard heard;

    kindred_identity_make(&fresh);
    world->stale_challenges = 2;
    rotate(world, &heard, &fresh);
    CHECK(heard.error.status == 0 && world->rotations == 1);
    CHECK(memcmp(world->public_key, fresh.public_key, 32) == 0);
    heard = (struct heard){.loop = world->loop};
    CHECK(kindred_member_login(world->member, on_login, &heard));
    member_world_run(world, 5000);
    CHECK(heard.ends == 1 && heard.error.status == 0);

    kindred_identity_make(&fresh); /* done, but what is heard is another */
    world->rotations_lost = true;
    rotate(world, &heard, &fresh);
    CHECK(heard.error.status == 0 && world->rotations == 2);

    world->rotations_refused = true; /* not done: the key stays */
    kindred_identity_make(&fresh);
    rotate(world, &heard, &fresh);
    CHECK(strcmp(heard.error.reason, "NOT_ENROLLED") == 0);
    CHECK(world->rotations == 2);
    heard = (struct heard){.loop = world->loop};
    CHECK(kindred_member_login(world->member, on_login, &heard));
    member_world_run(world, 5000);
    CHECK(heard.ends == 1 && heard.error.status == 0);
    member_world_close(world);
}

struct last { /* tries to begin all of it anew, when told */
    struct kindred_member *member;
    struct heard heard;
};

static void on_last(void *arg, const struct kindred_error *error)
{
    struct last *last = arg;
    struct kindred_identity fresh;

    kindred_identity_make(&fresh);
    CHECK(!kindred_member_enroll(last->member, "test", KINDRED_PEER, NULL,
                                 on_last, last));
    CHECK(!kindred_member_rotate(last->member, &fresh, on_last, last));
    CHECK(!kindred_member_login(last->member, on_login, &last->heard));
    on_done(&last->heard, error);
}

/* A member that goes with an enrolment, a rotation and logins under way tells
 * each of them that it is over, once, and nothing begins any more. */
static void test_freed_under_way(void)
{
    struct member_world *world = member_world_open();
    struct last last = {world->member, {.loop = world->loop}};
    struct heard heard[3];
    struct kindred_identity fresh;

    for (int i = 0; i < 3; i++)
        heard[i] = (struct heard){.loop = world->loop};
    kindred_identity_make(&fresh);
    CHECK(kindred_member_enroll(world->member, "test", KINDRED_PEER, NULL,
                                on_done, &heard[0]));
    CHECK(kindred_member_rotate(world->member, &fresh, on_last, &last));
    for (int i = 1; i < 3; i++)
        CHECK(kindred_member_login(world->member, on_login, &heard[i]));
    kindred_member_free(world->member);
    world->member = NULL;
    member_world_run(world, 100);
    for (int i = 0; i < 3; i++) {
        CHECK(heard[i].ends == 1);
        CHECK(heard[i].error.status == STATUS_CANCELLED);
    }
    CHECK(last.heard.ends == 1 && world->logins == 0);
    member_world_close(world);
}

struct first { /* of two who wait: frees the member, and looks at the second */
    struct member_world *world;
    struct heard *second;
};

static void on_first(void *arg, const struct kindred_error *error,
                     const struct kindred_login *login)
{
    struct first *first = arg;

    CHECK(error->status == STATUS_OK && login != NULL);
    kindred_member_free(first->world->member);
    first->world->member = NULL;
    CHECK(first->second->ends == 1);
    CHECK(first->second->error.status == STATUS_CANCELLED);
}

static void test_freed_by_who_is_told(void)
{
    struct member_world *world = member_world_open();
    struct heard second = {.loop = world->loop};
    struct first first = {world, &second};

    CHECK(kindred_member_login(world->member, on_first, &first));
    CHECK(kindred_member_login(world->member, on_login, &second));
    member_world_run(world, 5000);
    CHECK(world->member == NULL && second.ends == 1);
    member_world_close(world);
}

static void test_beats(void)
{
    struct member_world *world = member_world_open();
    struct heard heard = {.loop = world->loop};
    struct kindred_ask *made;

    world->beat_ms = 1000;
    made = ask(world, &heard);
    member_world_run(world, 900);
    CHECK(world->beats == 0);
    member_world_run(world, 1600);
    CHECK(world->beats == 2);
    kindred_ask_free(made);
    member_world_run(world, 1200);
    CHECK(world->beats == 2);
    member_world_close(world);
}

/* Nobody there: said at once, not waited for. */
static void test_unreachable(void)
{
    struct member_world *world = member_world_open();
    struct heard heard = {.loop = world->loop};
    struct kindred_identity identity;
    struct kindred_error error;
    struct kindred_client *client;
    struct kindred_member *member;

    CHECK(kindred_client_new(world->loop, "nonsense", &error) == NULL);
    CHECK(strcmp(error.reason, "ADDRESS") == 0);
    CHECK(kindred_client_new(world->loop, "https://unix:/x", &error) == NULL);
    CHECK(strcmp(error.reason, "ADDRESS") == 0);
    CHECK(kindred_client_new(world->loop, "https://[::1]", &error) == NULL);
    client = kindred_client_new(world->loop, "https://[::1]:1", &error);
    CHECK(client && strcmp(client->name, "::1") == 0);
    CHECK(!kindred_loop_trust(world->loop, &(struct kindred_trust){0}, &error));
    CHECK(strcmp(error.reason, "INVALID") == 0); /* too late */
    kindred_client_free(client);
    net_listener_stop(&world->listener);
    client = kindred_client_new(world->loop, world->where, &error);
    kindred_identity_make(&identity);
    member = kindred_member_new(client, &identity);
    CHECK(kindred_member_login(member, on_login, &heard));
    member_world_run(world, 5000);
    CHECK(heard.ends == 1);
    CHECK(strcmp(heard.error.reason, "UNREACHABLE") == 0);
    kindred_member_free(member);
    kindred_client_free(client);
    member_world_close(world);
}

struct danger {
    struct kindred_loop *loop;
    int crises, dones;
    bool matched;
    struct kindred_error error;
};

static void on_crisis(void *arg, const uint8_t *bytes, size_t size)
{
    struct danger *danger = arg;
    Kindred__V1__CrisisResources *crisis =
        kindred__v1__crisis_resources__unpack(NULL, size, bytes);

    CHECK(danger->dones == 0); /* first of all */
    CHECK(crisis && strcmp(crisis->country, "US") == 0);
    kindred__v1__crisis_resources__free_unpacked(crisis, NULL);
    danger->crises++;
}

static void on_raised(void *arg, const struct kindred_error *error,
                      bool matched)
{
    struct danger *danger = arg;

    danger->dones++;
    danger->error = *error;
    danger->matched = matched;
    kindred_loop_stop(danger->loop);
}

/* Who helps is told first, whatever becomes of it: the ticket goes first,
 * somebody is there already, or there is no such ticket. */
static void test_danger(void)
{
    struct member_world *world = member_world_open();

    for (uint64_t ticket = 77; ticket < 80; ticket++) {
        struct danger danger = {.loop = world->loop};
        struct kindred_danger_handler handler = {
            .crisis = on_crisis, .done = on_raised, .arg = &danger};

        CHECK(kindred_member_raise_danger(world->member, ticket, "US", "en",
                                          &handler));
        CHECK(danger.crises == 0); /* never inside the call */
        member_world_run(world, 5000);
        CHECK(danger.crises == 1 && danger.dones == 1);
        CHECK(danger.matched == (ticket == 78));
        CHECK(ticket < 79 ? danger.error.status == 0
                          : strcmp(danger.error.reason, "NO_TICKET") == 0);
    }
    member_world_close(world);
}

/* client/job law 2, of a call whose packed messages are told: who helps is
 * scanned like all else, and that it could not be shown is told. */
static void test_danger_malformed(void)
{
    struct member_world *world = member_world_open();
    struct danger danger = {.loop = world->loop};
    struct kindred_danger_handler handler = {
        .crisis = on_crisis, .done = on_raised, .arg = &danger};

    CHECK(kindred_member_raise_danger(world->member, 76, "US", "en", &handler));
    member_world_run(world, 5000);
    CHECK(danger.crises == 0 && danger.dones == 1);
    CHECK(danger.error.status != 0);
    member_world_close(world);
}

int main(void)
{
    test_enroll_and_login();
    test_one_login_for_all();
    test_expired_token();
    test_revoked_token();
    test_resume();
    test_proofs();
    test_rotate();
    test_freed_under_way();
    test_freed_by_who_is_told();
    test_beats();
    test_unreachable();
    test_danger();
    test_danger_malformed();
    return check_report("client/member");
}
