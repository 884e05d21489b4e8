#include "store/decide.h"

#include <string.h>

enum err store_decide_member_active(struct store_work *work, uint64_t id,
                                    struct store_member *member)
{
    if (!work->keeper->ops->member(work->keeper, id, member))
        return ERR_NOT_ENROLLED;
    return member->held ? ERR_MEMBER_INACTIVE : ERR_NONE;
}

enum err store_decide_member_card(const struct store_member *member,
                                  enum match_role role, uint32_t version)
{
    if (member->card_version[role] == 0)
        return ERR_CARD_MISSING;
    return member->card_version[role] == version ? ERR_NONE : ERR_CARD_VERSION;
}

void store_decide_member_tell(struct store_work *work,
                              const struct store_member *member)
{
    struct store_result *result = &work->job->result;

    result->account.member = member->id;
    result->account.pool = member->pool;
    result->account.grade = member->grade;
    result->account.grade_until_ms = member->grade_until_ms;
    result->account.generation = member->generation;
    result->account.rotated_ms = member->rotated_ms;
    result->account.active = !member->held;
}

enum err store_decide_member_enrol(struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    struct store_keeper *keeper = work->keeper;
    struct store_member member = {.id = command->enrol.member,
                                  .pool = command->enrol.pool,
                                  .grade = command->enrol.grade,
                                  .grade_until_ms =
                                      command->enrol.grade_until_ms};
    struct store_member found;

    if (keeper->ops->member_of(keeper, command->enrol.handle, &found))
        return ERR_ENROLLED;
    if (member.id == 0 || keeper->ops->member(keeper, member.id, &found))
        return ERR_INTERNAL;
    memcpy(member.handle, command->enrol.handle, STORE_HASH);
    keeper->ops->put_member(keeper, &member);
    store_decide_member_tell(work, &member);
    work->reference = member.id;
    return ERR_NONE;
}

enum err store_decide_member_find(struct store_work *work)
{
    struct store_member found;

    if (!work->keeper->ops->member_of(
            work->keeper, work->job->command.find_account.handle, &found))
        return ERR_NOT_ENROLLED;
    store_decide_member_tell(work, &found);
    return ERR_NONE;
}

/* The id stays, and with it all that is the member's. */
enum err store_decide_member_rotate(struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    struct store_keeper *keeper = work->keeper;
    struct store_member member, other;

    if (!keeper->ops->member_of(keeper, command->rotate.old_handle, &member))
        return ERR_NOT_ENROLLED;
    if (member.held)
        return ERR_MEMBER_INACTIVE;
    if (keeper->ops->member_of(keeper, command->rotate.new_handle, &other))
        return ERR_ENROLLED;
    memcpy(member.handle, command->rotate.new_handle, STORE_HASH);
    member.generation++;
    member.rotated_ms = work->now_ms;
    keeper->ops->put_member(keeper, &member);
    store_decide_member_tell(work, &member);
    work->reference = member.id;
    return ERR_NONE;
}

enum { DAY_MS = 86400000 };

/* One more card today; false: that would be more than per_day.  A day begins
 * with its first card. */
static bool count_card(struct store_member *member, uint32_t per_day,
                       uint64_t now_ms)
{
    if (now_ms >= member->cards_since_ms + DAY_MS) {
        member->cards_since_ms = now_ms;
        member->cards_put = 0;
    }
    if (per_day != 0 && member->cards_put >= per_day)
        return false;
    if (member->cards_put < UINT32_MAX)
        member->cards_put++;
    return true;
}

enum err store_decide_member_put_card(struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    struct store_keeper *keeper = work->keeper;
    struct store_card card = {
        .member = command->put_card.member,
        .role = command->put_card.role,
        .version = command->put_card.version,
        .vocabulary_version = command->put_card.vocabulary_version,
        .consent_version = command->put_card.consent_version,
        .sealed = command->put_card.sealed};
    struct store_member member;
    enum err err = store_decide_member_active(work, card.member, &member);

    if (err != ERR_NONE)
        return err;
    if (card.sealed.size > STORE_CARD_MAX)
        return ERR_TOO_LARGE;
    work->job->result.card.version = member.card_version[card.role];
    if (card.version != member.card_version[card.role] + 1)
        return ERR_CARD_VERSION;
    if (!count_card(&member, command->put_card.per_day, work->now_ms))
        return ERR_CARDS_PER_DAY;
    keeper->ops->put_card(keeper, &card);
    member.card_version[card.role] = card.version;
    keeper->ops->put_member(keeper, &member);
    work->job->result.card.version = card.version;
    work->job->result.card.vocabulary_version = card.vocabulary_version;
    work->reference = card.version;
    return ERR_NONE;
}

enum err store_decide_member_get_card(struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    struct store_card card;

    if (!work->keeper->ops->card(work->keeper, command->get_card.member,
                                 command->get_card.role, &card,
                                 &work->job->arena))
        return ERR_CARD_MISSING;
    work->job->result.card.version = card.version;
    work->job->result.card.vocabulary_version = card.vocabulary_version;
    work->job->result.card.consent_version = card.consent_version;
    work->job->result.card.sealed = card.sealed;
    return ERR_NONE;
}
