#include "server/effects.h"

#include "base/require.h"

static void send_signal(struct server_turn *turn,
                        const struct service_signal *signal, bool reserved)
{
    if (signal->call != 0) /* else nobody is there to hear it */
        turn->config.signal(turn->config.arg, signal, reserved);
}

/* The end of a call's wait (server/turn law 5); later signals take no reserved
 * place. */
static void answer(struct server_turn *turn,
                   const struct service_signal *signal)
{
    bool waits = server_secrets_find(&turn->calls, signal->call) != NULL;

    server_secrets_forget(&turn->calls, signal->call);
    send_signal(turn, signal, waits);
}

static void tell_talk(struct server_turn *turn,
                      const struct match_talk_view *view)
{
    struct service_signal signal = {.kind = SIGNAL_TALK, .talk = *view};

    for (int side = 0; side < MATCH_ROLES; side++) {
        signal.call = server_hub_find(turn->config.hub, view->talk,
                                      (enum match_role)side);
        send_signal(turn, &signal, false);
    }
}

void server_effects_put(struct server_turn *turn, struct store_job *job)
{
    turn->in_flight++; /* server/turn law 2: all three have room for that many */
    REQUIRE(turn->in_flight <= server_turn_flights(&turn->config.sizes));
    REQUIRE(net_queue_reserve(&turn->inbox, 1) == ERR_NONE);
    server_storage_put_turn(turn->config.storage, job, &turn->origin);
}

static void store(struct server_turn *turn, const struct match_effect *effect)
{
    struct store_job *job = server_join_command(&turn->join, effect);

    /* Without memory for a command the promise behind it cannot be kept. */
    REQUIRE(job);
    server_effects_put(turn, job);
}

void server_effects_carry_out(struct server_turn *turn,
                              const struct match_effect *effect)
{
    struct service_signal signal = {.call = effect->call};

    switch (effect->kind) {
    case EFFECT_STORE:
        store(turn, effect);
        break;
    case EFFECT_REPLY:
        signal.kind = SIGNAL_REPLY;
        signal.reply.err = effect->reply.err;
        signal.reply.reference = effect->reply.reference;
        answer(turn, &signal);
        break;
    case EFFECT_TELL_TICKET:
        signal.kind = SIGNAL_TICKET;
        signal.ticket = effect->ticket;
        send_signal(turn, &signal, false);
        break;
    case EFFECT_TELL_DUTY:
        signal.kind = SIGNAL_DUTY;
        signal.duty = effect->duty;
        send_signal(turn, &signal, false);
        break;
    case EFFECT_TELL_TALK:
        tell_talk(turn, &effect->talk);
        break;
    case EFFECT_DROP:
        signal.kind = SIGNAL_DROP;
        signal.drop = effect->drop;
        answer(turn, &signal);
        break;
    case EFFECT_NOTE:
        log_event(effect->note.code, effect->note.n, effect->note.reason);
        break;
    case EFFECT_KINDS:
        break;
    }
}
