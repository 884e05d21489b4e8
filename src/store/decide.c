#include "store/decide.h"

#include <string.h>

#include "base/chance.h"
#include "base/require.h"

typedef enum err part_fn(struct store_work *work);

static part_fn *const match_parts[COMMAND_KINDS] = {
    [COMMAND_OPEN_TICKET] = store_decide_ticket_open,
    [COMMAND_CLOSE_TICKET] = store_decide_ticket_close,
    [COMMAND_OPEN_DUTY] = store_decide_duty_open,
    [COMMAND_SET_DUTY] = store_decide_duty_set,
    [COMMAND_CLOSE_DUTY] = store_decide_duty_close,
    [COMMAND_OFFER] = store_decide_offer_make,
    [COMMAND_ACCEPT] = store_decide_offer_accept,
    [COMMAND_DECLINE] = store_decide_offer_decline,
    [COMMAND_CLOSE_OFFER] = store_decide_offer_close,
    [COMMAND_JOIN] = store_decide_talk_join,
    [COMMAND_END_TALK] = store_decide_talk_end,
    [COMMAND_REFLECT] = store_decide_talk_reflect,
    [COMMAND_BLOCK] = store_decide_pair_block,
    [COMMAND_UNBLOCK] = store_decide_pair_unblock,
    [COMMAND_HOLD] = store_decide_pair_hold,
    [COMMAND_RAISE_DANGER] = store_decide_ticket_danger,
};

static part_fn *const other_parts[STORE_COMMAND_KINDS] = {
    [STORE_ENROL] = store_decide_member_enrol,
    [STORE_FIND_ACCOUNT] = store_decide_member_find,
    [STORE_ROTATE] = store_decide_member_rotate,
    [STORE_PUT_CARD] = store_decide_member_put_card,
    [STORE_GET_CARD] = store_decide_member_get_card,
    [STORE_FIND_TALK] = store_decide_mail_find_talk,
    [STORE_FIND_OTHER] = store_decide_block_other,
    [STORE_LIST_BLOCKS] = store_decide_block_list,
    [STORE_FIND_MAILBOX] = store_decide_mail_find,
    [STORE_SEND] = store_decide_mail_send,
    [STORE_RECEIVE] = store_decide_mail_receive,
    [STORE_ACKNOWLEDGE] = store_decide_mail_acknowledge,
};

/* A keyed hash is random: folded, it still names its mailbox or handle. */
static uint64_t fold(const uint8_t hash[STORE_HASH])
{
    uint64_t word, all = 0;

    for (size_t at = 0; at < STORE_HASH; at += sizeof word) {
        memcpy(&word, hash + at, sizeof word);
        all = chance_mix(all ^ word);
    }
    return all;
}

/* Within which a key is unique. */
static uint64_t match_scope(const struct match_command *command)
{
    switch (command->kind) {
    case COMMAND_OPEN_TICKET:
        return command->open_ticket.ticket.member;
    case COMMAND_CLOSE_TICKET:
        return command->close_ticket.member;
    case COMMAND_RAISE_DANGER:
        return command->raise_danger.member;
    case COMMAND_OPEN_DUTY:
        return command->open_duty.duty.member;
    case COMMAND_SET_DUTY:
        return command->set_duty.duty.member;
    case COMMAND_CLOSE_DUTY:
        return command->close_duty.member;
    case COMMAND_ACCEPT:
        return command->accept.peer;
    case COMMAND_DECLINE:
        return command->decline.peer;
    case COMMAND_JOIN:
        return command->join.talk;
    case COMMAND_END_TALK:
        return command->end_talk.talk;
    case COMMAND_REFLECT:
        return command->reflect.talk;
    case COMMAND_BLOCK:
    case COMMAND_UNBLOCK:
        return command->block.member;
    case COMMAND_HOLD:
        return command->hold.member;
    case COMMAND_OFFER:
    case COMMAND_CLOSE_OFFER:
    case COMMAND_RARITY:
    case COMMAND_KINDS:
        break;
    }
    return 0;
}

static struct store_memo memo_of(const struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    struct store_memo memo = {.key = command->key,
                              .call = (uint32_t)command->kind << 8,
                              .made_ms = work->now_ms};

    if (command->kind == STORE_MATCH) {
        memo.key = work->command->key;
        memo.call |= (uint32_t)work->command->kind;
        memo.scope = match_scope(work->command);
    } else if (command->kind == STORE_ENROL) {
        memo.scope = fold(command->enrol.handle);
    } else if (command->kind == STORE_ROTATE) {
        memo.scope = fold(command->rotate.old_handle);
    } else if (command->kind == STORE_PUT_CARD) {
        memo.scope = command->put_card.member;
    } else if (command->kind == STORE_SEND) {
        memo.scope = fold(command->send.send_hash);
    } else {
        memo.key = (struct match_key){{0, 0}, 0};
    }
    return memo;
}

static void note_done(struct store_work *work,
                      const struct store_result *result)
{
    struct store_done *done = &work->done;

    *done = (struct store_done){.epoch = work->command->epoch,
                                .op = work->command->op,
                                .reference = work->reference,
                                .outcome = result->outcome,
                                .err = result->err,
                                .touched = work->entries};
    for (uint32_t i = 0; i < work->entries; i++) {
        done->kind[i] = (uint8_t)work->entry[i].now.row.kind;
        done->id[i] = store_work_id(&work->entry[i].now.row);
    }
    work->keeper->ops->put_done(work->keeper, done);
}

/* What goes with the rows but is none: secrets and mailboxes. */
static void put_secrets(struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    struct store_keeper *keeper = work->keeper;

    if (work->command->kind == COMMAND_OPEN_TICKET)
        keeper->ops->seal(keeper, ROW_TICKET, work->reference,
                          command->match.ticket_sealed);
    if (work->command->kind == COMMAND_ACCEPT) {
        keeper->ops->seal(keeper, ROW_TALK, work->reference,
                          command->match.link_sealed);
        store_decide_mail_open(work);
    }
    if (work->command->kind == COMMAND_RARITY)
        keeper->ops->rarity(keeper, work->command);
    if (work->command->kind == COMMAND_BLOCK ||
        work->command->kind == COMMAND_UNBLOCK)
        store_decide_block_write(work);
    if (work->command->kind == COMMAND_HOLD)
        store_decide_pair_hold_write(work);
    store_decide_mail_close(work);
}

/* Law 1: rows are written on success, or where the refusal itself writes. */
static void conclude(struct store_work *work, const struct store_memo *memo,
                     struct store_result *result)
{
    bool write = result->err == ERR_NONE || work->refused_but_done;

    result->outcome = result->err == ERR_NONE ? OUTCOME_OK : OUTCOME_REFUSED;
    if (!write)
        store_work_revert_rows(work);
    if (!store_work_report(work)) {
        work->keeper->err = ERR_STORE;
        return;
    }
    if (!write)
        return;
    store_work_flush(work);
    note_done(work, result);
    if (result->err != ERR_NONE)
        return;
    put_secrets(work);
    if ((memo->key.word[0] | memo->key.word[1]) != 0) {
        struct store_memo made = *memo;

        made.reference = work->reference;
        work->keeper->ops->put_memo(work->keeper, &made);
    }
}

static void decide_match(struct store_work *work, struct store_result *result)
{
    struct store_memo memo = memo_of(work);
    part_fn *part;

    REQUIRE(work->command->kind < COMMAND_KINDS);
    result->match.op = work->command->op;
    result->match.seq = ++work->keeper->seq;
    if (work->command->epoch != work->keeper->ops->epoch(work->keeper)) {
        result->outcome = OUTCOME_FENCED;
        result->err = ERR_FENCED;
        return;
    }
    if (store_decide_replay_done(work, result)) { /* Law 2 */
        if (!store_work_report(work))
            work->keeper->err = ERR_STORE;
        return;
    }
    result->outcome = store_decide_replay_memo(work, &memo, &result->err);
    if (result->outcome == OUTCOME_REPLAY) {
        store_decide_replay_subjects(work);
        store_decide_replay_pairs(work);
    }
    if (result->outcome != OUTCOME_OK) {
        if (!store_work_report(work))
            work->keeper->err = ERR_STORE;
        return;
    }
    part = match_parts[work->command->kind];
    result->err = part ? part(work) : ERR_NONE;
    conclude(work, &memo, result);
}

/* A replayed call of the other family: its result from today's rows. */
static void replay_other(struct store_work *work, struct store_result *result)
{
    const struct store_command *command = &work->job->command;
    struct store_keeper *keeper = work->keeper;
    struct store_member member;
    struct store_box box;

    if ((command->kind == STORE_ENROL || command->kind == STORE_ROTATE) &&
        keeper->ops->member(keeper, work->reference, &member)) {
        store_decide_member_tell(work, &member);
    } else if (command->kind == STORE_PUT_CARD) {
        result->card.version = (uint32_t)work->reference;
    } else if (command->kind == STORE_SEND) {
        result->sent.seq = work->reference;
        if (!keeper->ops->box(keeper, command->send.send_hash, true, &box,
                              &work->job->arena))
            return; /* swept since: there is nobody to wake */
        result->sent.link = box.link;
        memcpy(result->sent.receive_hash, box.receive_hash, STORE_HASH);
    }
}

static void decide_other(struct store_work *work, struct store_result *result)
{
    struct store_memo memo = memo_of(work);
    part_fn *part = other_parts[work->job->command.kind];

    REQUIRE(part != NULL);
    result->outcome = store_decide_replay_memo(work, &memo, &result->err);
    if (result->outcome == OUTCOME_REPLAY)
        replay_other(work, result);
    if (result->outcome != OUTCOME_OK)
        return;
    result->err = part(work);
    if (result->err != ERR_NONE) {
        result->outcome = OUTCOME_REFUSED;
        return;
    }
    if ((memo.key.word[0] | memo.key.word[1]) != 0) {
        memo.reference = work->reference;
        work->keeper->ops->put_memo(work->keeper, &memo);
    }
}

static void sweep(struct store_keeper *keeper, struct store_job *job)
{
    struct store_command *command = &job->command;

    job->result.swept.idle =
        arena_alloc(&job->arena, (size_t)STORE_PAGE_MAX * STORE_HASH);
    if (command->sweep.most > STORE_BATCH_MAX)
        command->sweep.most = STORE_BATCH_MAX;
    if (!job->result.swept.idle)
        keeper->err = ERR_STORE;
    else if (command->sweep.most > 0)
        keeper->ops->sweep(keeper, job);
}

static void decide_node(struct store_work *work, struct store_result *result)
{
    struct store_keeper *keeper = work->keeper;
    struct store_job *job = work->job;

    if (job->command.kind == STORE_CLAIM) {
        uint64_t epoch = keeper->ops->epoch(keeper) + 1;

        keeper->ops->claim(keeper, epoch);
        result->epoch = epoch;
        result->rotated_ms = keeper->ops->rotated_ms(keeper);
        result->latest_ms = keeper->ops->latest_ms(keeper);
    } else if (job->command.kind == STORE_COUNT) {
        keeper->ops->count(keeper, job);
    } else if (job->command.kind == STORE_SWEEP) {
        sweep(keeper, job);
    } else if (job->command.epoch != keeper->ops->epoch(keeper)) {
        result->outcome = OUTCOME_FENCED;
        result->err = ERR_FENCED;
    } else {
        keeper->ops->load(keeper, job);
    }
}

bool store_decide(struct store_keeper *keeper, struct store_work *work,
                  struct store_job *job)
{
    struct store_result *result = &job->result;

    *result = (struct store_result){.outcome = OUTCOME_OK};
    keeper->err = ERR_NONE;
    store_work_begin(work, keeper, job);
    if (!keeper->ops->room(keeper, job)) {
        keeper->err = ERR_STORE;
    } else if (job->command.kind == STORE_MATCH) {
        decide_match(work, result);
    } else if (job->command.kind == STORE_CLAIM ||
               job->command.kind == STORE_LOAD ||
               job->command.kind == STORE_SWEEP ||
               job->command.kind == STORE_COUNT) {
        decide_node(work, result);
    } else {
        decide_other(work, result);
    }
    if (keeper->err == ERR_NONE)
        return true;
    *result = (struct store_result){.outcome = OUTCOME_REFUSED, /* Law 3 */
                                    .err = ERR_STORE};
    if (job->command.kind == STORE_MATCH)
        result->match.op = work->command->op;
    return false;
}
