#include "member_world.h"

/* A service of Peers that tells of one offer, and nothing else. */
static char met_name[80];

static struct rpc_verdict peers_attend(struct rpc_call *call,
                                       const Kindred__V1__AttendRequest *asked)
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

#define NOT_HERE(prefix, name, path, Request, Response)                        \
    static inline struct rpc_verdict refuse_##name(struct rpc_call *call,      \
                                                   const Request *asked)       \
    {                                                                          \
        (void)asked;                                                           \
        return rpc_fail(call, ERR_METHOD);                                     \
    }
API_KINDRED_V1_PEERS(NOT_HERE, refuse)
#define peers_beat         refuse_beat
#define peers_answer       refuse_answer
#define peers_set_capacity refuse_set_capacity
#define peers_pause        refuse_pause
#define peers_resume       refuse_resume
#define peers_leave        refuse_leave
API_KINDRED_V1_PEERS(RPC_WRAP, peers)
static const struct rpc_binding bindings[] = {
    API_KINDRED_V1_PEERS(RPC_BIND, peers)};

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
