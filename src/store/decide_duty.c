#include "store/decide.h"

#include "store/move.h"

enum { DAYS_90_MS_K = 7776000 }; /* thousands of ms */

/* A grade that may go on duty, as the member holds it now. */
static enum err graded(const struct store_member *member,
                       enum match_grade wanted, uint64_t now_ms)
{
    if (wanted < GRADE_PEER || wanted > member->grade)
        return ERR_GRADE;
    if (member->grade_until_ms != 0 && now_ms >= member->grade_until_ms)
        return ERR_GRADE;
    return ERR_NONE;
}

static enum err no_ticket_lives(struct store_work *work, uint64_t member)
{
    uint64_t id[STORE_FOUND_MAX];

    if (store_work_find(work, FIND_TICKET_OF_MEMBER, member, id) == 0)
        return ERR_NONE;
    (void)store_work_ticket(work, id[0]);
    return ERR_TICKET_LIVES;
}

void store_decide_duty_show(struct store_work *work, uint64_t member)
{
    uint64_t id[STORE_FOUND_MAX];
    uint32_t n = store_work_find(work, FIND_OFFERS_OF_PEER, member, id);

    (void)store_work_duty(work, member);
    for (uint32_t i = 0; i < n; i++)
        (void)store_work_offer(work, id[i]);
    n = store_work_find(work, FIND_TALKS_OF_PEER, member, id);
    for (uint32_t i = 0; i < n; i++)
        (void)store_work_talk(work, id[i]);
}

enum err store_decide_duty_open(struct store_work *work)
{
    const struct match_duty_row *wanted = &work->command->open_duty.duty;
    struct store_member member;
    struct match_duty_row *duty;
    enum err err = store_decide_member_active(work, wanted->member, &member);

    if (err == ERR_NONE && member.pool != wanted->pool)
        err = ERR_PERMISSION;
    if (err == ERR_NONE)
        err = graded(&member, wanted->grade, work->now_ms);
    if (err == ERR_NONE)
        err = store_decide_member_card(&member, MATCH_PEER,
                                       work->command->open_duty.card_version);
    if (err == ERR_NONE)
        err = no_ticket_lives(work, member.id);
    if (err == ERR_NONE && (wanted->capacity > MATCH_CAPACITY_MAX ||
                            wanted->day_max > MATCH_DAY_MAX))
        err = ERR_CAPACITY;
    if (err == ERR_NONE && wanted->state != DUTY_ON)
        err = ERR_INTERNAL;
    if (err != ERR_NONE)
        return err;

    duty = store_work_duty(work, member.id);
    if (!duty) {
        struct match_row row = {.kind = ROW_DUTY, .duty = *wanted};

        row.duty.used = row.duty.lapses = 0;
        row.duty.yes = row.duty.total = 0;
        store_work_add(work, &row);
        *store_work_record_ms(work, member.id) = work->now_ms;
    } else {
        struct match_duty_row old = *duty;

        store_move_duty(duty, DUTY_ON, DUTY_WHY_NONE);
        *duty = *wanted;
        duty->used = old.used; /* the store's own */
        duty->yes = old.yes;
        duty->total = old.total;
        if (old.rest_until_ms > duty->rest_until_ms)
            duty->rest_until_ms = old.rest_until_ms; /* of a talk just ended */
        duty->lapses = 0;
        store_decide_duty_age(work, member.id);
    }
    store_decide_duty_show(work, member.id);
    store_decide_duty_today(work, member.id,
                            work->command->open_duty.day_since_ms);
    store_work_show_pairs(work, member.id, MATCH_SEEKER);
    work->reference = member.id;
    return ERR_NONE;
}

/* The talks of a peer begun after since_ms, which are fetched: the newest
 * MATCH_DAY_MAX of them, how many. */
static uint32_t begun(struct store_work *work, uint64_t peer, uint64_t since_ms,
                      uint64_t id[MATCH_DAY_MAX])
{
    uint64_t found[STORE_FOUND_MAX], at_ms[MATCH_DAY_MAX];
    uint32_t n = store_work_find(work, FIND_TALKS_BEGUN, peer, found), kept = 0;

    for (uint32_t i = 0; i < n; i++) {
        struct store_row row;
        uint32_t at = kept;

        if (!work->keeper->ops->row(work->keeper, ROW_TALK, found[i], &row) ||
            row.row.talk.started_ms <= since_ms ||
            (kept == MATCH_DAY_MAX &&
             row.row.talk.started_ms <= at_ms[kept - 1]))
            continue;
        if (kept < MATCH_DAY_MAX)
            kept++;
        else
            at--;
        for (; at > 0 && at_ms[at - 1] < row.row.talk.started_ms; at--) {
            at_ms[at] = at_ms[at - 1];
            id[at] = id[at - 1];
        }
        at_ms[at] = row.row.talk.started_ms;
        id[at] = found[i];
    }
    return kept;
}

void store_decide_duty_today(struct store_work *work, uint64_t member,
                             uint64_t since_ms)
{
    const struct match_duty_row *duty = store_work_duty(work, member);
    uint64_t id[MATCH_DAY_MAX];
    uint32_t n =
        duty && duty->day_max > 0 ? begun(work, member, since_ms, id) : 0;

    for (uint32_t i = 0; i < n; i++)
        (void)store_work_talk(work, id[i]);
}

bool store_decide_duty_full_today(struct store_work *work,
                                  const struct match_duty_row *duty,
                                  uint64_t since_ms)
{
    uint64_t id[STORE_FOUND_MAX];
    uint32_t today;

    if (duty->day_max == 0)
        return false;
    today = store_work_find(work, FIND_OFFERS_OF_PEER, duty->member, id);
    return today + begun(work, duty->member, since_ms, id) >= duty->day_max;
}

void store_decide_duty_age(struct store_work *work, uint64_t member)
{
    const uint64_t term_ms = (uint64_t)DAYS_90_MS_K * 1000;
    struct match_duty_row *duty = store_work_duty(work, member);
    uint64_t *since_ms;

    if (!duty)
        return;
    since_ms = store_work_record_ms(work, member);
    if (duty->total == 0)
        *since_ms = work->now_ms; /* nothing to halve: start anew */
    while (duty->total > 0 && *since_ms + term_ms <= work->now_ms) {
        *since_ms += term_ms;
        duty->yes /= 2;
        duty->total /= 2;
    }
}

enum err store_decide_duty_set(struct store_work *work)
{
    const struct match_duty_row *wanted = &work->command->set_duty.duty;
    struct match_duty_row *duty = store_work_duty(work, wanted->member);
    struct store_member member;
    enum err err = ERR_NONE;

    if (!duty || duty->state == DUTY_OFF)
        return ERR_NOT_ON_DUTY;
    if (wanted->state == DUTY_OFF)
        return ERR_DUTY_STATE;
    if (wanted->capacity > MATCH_CAPACITY_MAX)
        return ERR_CAPACITY;
    if (wanted->state == DUTY_ON && duty->state == DUTY_PAUSED) {
        err = store_decide_member_active(work, wanted->member, &member);
        if (err == ERR_NONE)
            err = graded(&member, duty->grade, work->now_ms);
        if (err == ERR_NONE)
            err = no_ticket_lives(work, member.id);
        if (err != ERR_NONE)
            return err;
        duty->lapses = 0;
    }
    store_move_duty(duty, wanted->state,
                    wanted->state == DUTY_ON ? DUTY_WHY_NONE : wanted->why);
    duty->capacity = wanted->capacity;
    if (wanted->state == DUTY_PAUSED && work->command->set_duty.revoke)
        store_move_revoke_all(work, duty->member);
    work->reference = duty->member;
    return ERR_NONE;
}

enum err store_decide_duty_close(struct store_work *work)
{
    uint64_t member = work->command->close_duty.member;
    struct match_duty_row *duty = store_work_duty(work, member);

    if (!duty || duty->state == DUTY_OFF)
        return ERR_NOT_ON_DUTY;
    store_move_duty(duty, DUTY_OFF, work->command->close_duty.why);
    store_move_revoke_all(work, member);
    work->reference = member;
    return ERR_NONE;
}
