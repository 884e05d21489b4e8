#include "member_world.h"

/* A service of Peers of which Attend alone is called: it tells of one offer. */
static char met_name[80];

static struct rpc_verdict attend(struct rpc_call *call, const void *asked)
{
    Kindred__V1__AttendResponse response = KINDRED__V1__ATTEND_RESPONSE__INIT;
    Kindred__V1__DutyState duty = KINDRED__V1__DUTY_STATE__INIT;
    Kindred__V1__Offer offer = KINDRED__V1__OFFER__INIT;
    Kindred__V1__Offer *offers[] = {&offer};

    (void)asked;
    offer.offer_id = 5;
    offer.met_name = met_name;
    duty.phase = KINDRED__V1__DUTY_PHASE__DUTY_PHASE_ON;
    duty.n_offers = 1;
    duty.offers = offers;
    response.duty = &duty;
    CHECK(rpc_send(call, &response) == ERR_NONE);
    rpc_end(call, ERR_NONE);
    return rpc_later(call);
}

#define ALWAYS(prefix, name, path_, Request, Response)                         \
    {.path = path_, .handler = prefix},
static const struct rpc_binding bindings[] = {
    API_KINDRED_V1_PEERS(ALWAYS, attend)};

struct heard {
    struct kindred_loop *loop;
    struct kindred_duty_state state;
    int ends;
};

static void on_state(void *arg, const struct kindred_duty_state *state)
{
    ((struct heard *)arg)->state = *state;
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct heard *heard = arg;

    CHECK(error->status == 0);
    heard->ends++;
    kindred_loop_stop(heard->loop);
}

/* Names come from a server and go to terminals: one that is no name is none. */
static void test_met_name(void)
{
    static const char *const said[] = {
        "Quiet Heron 42", "",
        "\033]0;x\007",   "Heron\n",
        "\302\23331m",    "a name of more than any that we give"};
    struct member_world *world = member_world_open();
    struct kindred_duty_terms terms = {.capacity = 1};

    WORLD_BIND(world, bindings);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct heard heard = {.loop = world->loop};
        struct kindred_duty_handler handler = {
            .state = on_state, .ended = on_ended, .arg = &heard};
        struct kindred_duty *duty;

        (void)snprintf(met_name, sizeof met_name, "%s", said[i]);
        duty = kindred_duty_new(world->member, &terms, &handler);
        CHECK(duty != NULL);
        member_world_run(world, 5000);
        CHECK(heard.ends == 1 && heard.state.offers == 1);
        CHECK(strcmp(heard.state.offer[0].met_name, i == 0 ? said[0] : "") ==
              0);
        kindred_duty_free(duty);
    }
    member_world_close(world);
}

int main(void)
{
    test_met_name();
    return check_report("client/duty");
}
