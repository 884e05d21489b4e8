#include "store/decide.h"

#include "store/move.h"

enum err store_decide_talk_join(struct store_work *work)
{
    const uint8_t both = 1 << MATCH_SEEKER | 1 << MATCH_PEER;
    struct match_talk_row *talk =
        store_work_talk(work, work->command->join.talk);

    if (!talk)
        return ERR_NO_TALK;
    if (talk->state == TALK_ENDED)
        return ERR_TALK_ENDED;
    talk->joined |= (uint8_t)(1u << work->command->join.side);
    if (talk->joined == both && talk->state == TALK_JOINING)
        store_move_talk_open(talk);
    work->reference = talk->id;
    return ERR_NONE;
}

enum err store_decide_talk_end(struct store_work *work)
{
    struct match_talk_row *talk =
        store_work_talk(work, work->command->end_talk.talk);
    uint64_t rest_until_ms = work->command->end_talk.rest_until_ms, own_ms;
    struct match_pair_row rests;

    if (!talk)
        return ERR_NO_TALK;
    (void)store_work_duty(work, talk->peer);
    if (talk->state == TALK_ENDED)
        return ERR_TALK_ENDED;
    /* after a load the engine does not know how long an absent peer rests */
    own_ms = store_move_rest_until_ms(work, talk->peer);
    if (own_ms > rest_until_ms)
        rest_until_ms = own_ms;
    store_move_talk_end(work, talk, work->command->end_talk.why, rest_until_ms);
    rests = store_decide_pair_of(PAIR_RESTS, talk->seeker, talk->peer);
    store_decide_pair_rest(work, &rests,
                           work->command->end_talk.rests_until_ms);
    work->reference = talk->id;
    return ERR_NONE;
}

bool store_decide_talk_bond(const struct match_talk_row *talk)
{
    return talk->again == (1 << MATCH_SEEKER | 1 << MATCH_PEER);
}

static void bond(struct store_work *work, const struct match_talk_row *talk)
{
    struct match_pair_row row = {
        .kind = PAIR_BLOCK, .a = talk->seeker, .b = talk->peer};

    if (work->keeper->ops->pair(work->keeper, &row))
        return;
    row.a = talk->peer;
    row.b = talk->seeker;
    if (work->keeper->ops->pair(work->keeper, &row))
        return;
    row = store_decide_pair_of(PAIR_BOND, talk->seeker, talk->peer);
    store_work_change_pair(work, &row);
}

enum err store_decide_talk_reflect(struct store_work *work)
{
    const struct match_command *command = work->command;
    enum match_role side = command->reflect.side;
    struct match_talk_row *talk = store_work_talk(work, command->reflect.talk);
    uint8_t bit = (uint8_t)(1u << side);
    struct match_duty_row *duty;
    uint64_t since_ms = 0;

    if (!talk)
        return ERR_NO_TALK;
    if (talk->state != TALK_ENDED)
        return ERR_TALK_LIVES;
    if (talk->reflected & bit)
        return ERR_REFLECTED;
    if (work->now_ms > talk->ended_ms)
        since_ms = work->now_ms - talk->ended_ms;
    if (since_ms >= command->reflect.within_ms)
        return ERR_REFLECTED; /* too late */
    talk->reflected |= bit;
    if (command->reflect.again)
        talk->again |= bit;
    duty = store_work_duty(work, talk->peer);
    if (duty && side == MATCH_SEEKER && command->reflect.said) {
        store_decide_duty_age(work, duty->member);
        duty->total++;
        duty->yes += command->reflect.understood;
    }
    if (store_decide_talk_bond(talk))
        bond(work, talk);
    work->reference = talk->id;
    return ERR_NONE;
}
