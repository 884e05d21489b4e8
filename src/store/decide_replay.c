#include "store/decide.h"

#include "base/require.h"

/* An attend whose duty only a claim ended may take it up again: the peer left
 * nothing, the node did. */
static bool resumes(struct store_work *work)
{
    const struct match_key *key = &work->command->key;
    const struct match_duty_row *duty;

    if (work->job->command.kind != STORE_MATCH ||
        work->command->kind != COMMAND_OPEN_DUTY)
        return false;
    duty = store_work_duty(work, work->command->open_duty.duty.member);
    return duty && duty->state == DUTY_OFF && duty->why == DUTY_WHY_CLAIM &&
           duty->key.word[0] == key->word[0] &&
           duty->key.word[1] == key->word[1];
}

/* OUTCOME_OK: go on.  The key was used before: REPLAY with the reference, or
 * REFUSED. */
enum match_outcome store_decide_replay_memo(struct store_work *work,
                                            const struct store_memo *memo,
                                            enum err *err)
{
    struct store_memo found = *memo;

    if ((memo->key.word[0] | memo->key.word[1]) == 0 ||
        !work->keeper->ops->memo(work->keeper, &found))
        return OUTCOME_OK;
    if (found.call != memo->call ||
        found.key.request_hash != memo->key.request_hash) {
        *err = ERR_KEY_REUSED;
        return OUTCOME_REFUSED;
    }
    if (resumes(work))
        return OUTCOME_OK;
    work->reference = found.reference;
    return OUTCOME_REPLAY;
}

static void show_offer(struct store_work *work, uint64_t id)
{
    const struct match_offer_row *offer = store_work_offer(work, id);

    if (!offer)
        return;
    (void)store_work_ticket(work, offer->ticket);
    (void)store_work_duty(work, offer->peer);
}

static void show_talk(struct store_work *work, uint64_t id)
{
    const struct match_talk_row *talk = store_work_talk(work, id);

    if (talk)
        (void)store_work_duty(work, talk->peer);
}

static void show_ticket(struct store_work *work, uint64_t ticket)
{
    uint64_t id[STORE_FOUND_MAX];

    if (store_work_ticket(work, ticket) &&
        store_work_find(work, FIND_OFFER_OF_TICKET, ticket, id))
        show_offer(work, id[0]);
}

/* The rows a command is about, for a REPLAY by its key. */
void store_decide_replay_subjects(struct store_work *work)
{
    const struct match_command *command = work->command;
    uint64_t id[STORE_FOUND_MAX];

    switch (command->kind) {
    case COMMAND_OPEN_TICKET:
        if (store_work_find(work, FIND_TALK_OF_TICKET, work->reference, id))
            (void)store_work_talk(work, id[0]);
        show_ticket(work, work->reference);
        break;
    case COMMAND_CLOSE_TICKET:
    case COMMAND_RAISE_DANGER:
        show_ticket(work, work->reference);
        break;
    case COMMAND_OPEN_DUTY:
        store_decide_duty_show(work, work->reference);
        store_decide_duty_today(work, work->reference,
                                command->open_duty.day_since_ms);
        break;
    case COMMAND_SET_DUTY:
    case COMMAND_CLOSE_DUTY:
        store_decide_duty_show(work, work->reference);
        break;
    case COMMAND_ACCEPT:
        show_talk(work, work->reference);
        show_offer(work, command->accept.offer);
        break;
    case COMMAND_DECLINE:
        show_offer(work, command->decline.offer);
        break;
    case COMMAND_JOIN:
    case COMMAND_END_TALK:
    case COMMAND_REFLECT:
        show_talk(work, work->reference);
        break;
    case COMMAND_OFFER:
    case COMMAND_CLOSE_OFFER:
    case COMMAND_BLOCK:
    case COMMAND_UNBLOCK:
    case COMMAND_HOLD:
    case COMMAND_RARITY:
    case COMMAND_KINDS:
        break;
    }
}

/* The offer that a decline or a lapse was about: a lapse that pauses a duty
 * touches others, whose pairs do not rest. */
static uint64_t closed_offer(const struct match_command *command)
{
    if (command->kind == COMMAND_DECLINE)
        return command->decline.offer;
    return command->kind == COMMAND_CLOSE_OFFER ? command->close_offer.offer
                                                : 0;
}

/* As it is; where the command took it away, as gone. */
static void show_taken(struct store_work *work,
                       const struct match_pair_row *pair, bool taken)
{
    struct match_pair_row found = *pair;

    if (taken && work->pairs < MATCH_ROWS_MAX &&
        !work->keeper->ops->pair(work->keeper, &found)) {
        work->pair[work->pairs] = *pair;
        work->pair[work->pairs++].gone = true;
        return;
    }
    store_work_show_pair(work, pair);
}

/* The pairs a command wrote or returned, for a REPLAY. */
void store_decide_replay_pairs(struct store_work *work)
{
    const struct match_command *command = work->command;
    struct match_pair_row pair = {.kind = PAIR_RESTS};
    uint64_t x = 0, y = 0;

    if (command->kind == COMMAND_OPEN_TICKET)
        store_work_show_pairs(work, command->open_ticket.ticket.member,
                              MATCH_PEER);
    if (command->kind == COMMAND_OPEN_DUTY)
        store_work_show_pairs(work, command->open_duty.duty.member,
                              MATCH_SEEKER);
    if (command->kind == COMMAND_BLOCK || command->kind == COMMAND_UNBLOCK) {
        x = command->block.member;
        y = work->reference;
    }
    for (uint32_t i = 0; i < work->entries; i++) {
        const struct match_row *row = &work->entry[i].now.row;

        if (row->kind == ROW_TALK && (command->kind == COMMAND_END_TALK ||
                                      command->kind == COMMAND_REFLECT)) {
            x = row->talk.seeker;
            y = row->talk.peer;
        }
        if (row->kind == ROW_OFFER && row->offer.id == closed_offer(command)) {
            x = row->offer.seeker;
            y = row->offer.peer;
            store_work_show_pair(
                work, &(struct match_pair_row){.kind = PAIR_TICKET,
                                               .a = x,
                                               .b = y,
                                               .ticket = row->offer.ticket});
        }
    }
    if (x == 0 || y == 0)
        return;
    pair = store_decide_pair_of(PAIR_RESTS, x, y);
    store_work_show_pair(work, &pair);
    pair.kind = PAIR_BOND;
    show_taken(work, &pair, command->kind == COMMAND_BLOCK);
    pair = (struct match_pair_row){.kind = PAIR_BLOCK, .a = x, .b = y};
    show_taken(work, &pair, command->kind == COMMAND_UNBLOCK);
}

/* Was this very operation carried out before?  Then say so again, with the
 * rows it touched as they are now. */
bool store_decide_replay_done(struct store_work *work,
                              struct store_result *result)
{
    struct store_done *done = &work->done;

    done->epoch = work->command->epoch;
    done->op = work->command->op;
    if (!work->keeper->ops->done(work->keeper, done))
        return false;
    REQUIRE(done->touched <= STORE_WORK_MAX);
    for (uint32_t i = 0; i < done->touched; i++) {
        if (done->kind[i] == ROW_TICKET)
            (void)store_work_ticket(work, done->id[i]);
        else if (done->kind[i] == ROW_OFFER)
            show_offer(work, done->id[i]); /* closed since, it moved both */
        else if (done->kind[i] == ROW_DUTY)
            (void)store_work_duty(work, done->id[i]);
        else
            (void)store_work_talk(work, done->id[i]);
    }
    work->reference = done->reference;
    store_decide_replay_pairs(work);
    result->outcome =
        done->outcome == OUTCOME_OK ? OUTCOME_REPLAY : done->outcome;
    result->err = done->err;
    return true;
}
