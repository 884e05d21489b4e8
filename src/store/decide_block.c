#include "store/decide.h"

enum { DAY_MS = 86400000 };

/* The entries of one pair on the list of who commands: how many; taken off if
 * `take`. */
static uint32_t entries(struct store_work *work, uint64_t other, bool take)
{
    uint64_t member = work->command->block.member, after = 0;
    struct store_block page[STORE_PAGE_MAX];
    uint32_t n, found = 0;

    do {
        n = work->keeper->ops->blocks(work->keeper, member, after, page,
                                      STORE_PAGE_MAX);
        for (uint32_t i = 0; i < n; i++) {
            after = page[i].via;
            if (page[i].other != other)
                continue;
            found++;
            page[i].gone = true;
            if (take)
                work->keeper->ops->put_block(work->keeper, &page[i]);
        }
    } while (n == STORE_PAGE_MAX);
    return found;
}

static bool entry(struct store_work *work, struct store_block *block)
{
    *block = (struct store_block){.member = work->command->block.member,
                                  .via = work->command->block.via};
    return work->keeper->ops->block(work->keeper, block);
}

enum err store_decide_block_room(struct store_work *work)
{
    struct store_block block;

    if (entry(work, &block) ||
        work->keeper->ops->blocks_of(work->keeper, block.member) <
            STORE_BLOCKS_MAX)
        return ERR_NONE;
    return ERR_BLOCKS_FULL;
}

enum err store_decide_block_find(struct store_work *work, uint64_t *other,
                                 bool *last)
{
    struct store_block block;

    if (!entry(work, &block) || (*other != 0 && *other != block.other))
        return ERR_NO_RELATION;
    *other = block.other;
    *last = entries(work, block.other, false) == 1;
    return ERR_NONE;
}

void store_decide_block_write(struct store_work *work)
{
    bool blocks = work->command->kind == COMMAND_BLOCK;
    struct store_block block;

    if (work->command->block.via == 0) {
        if (!blocks)
            (void)entries(work, work->reference, true);
        return;
    }
    if (entry(work, &block) == blocks)
        return; /* it stands already */
    block.gone = !blocks;
    if (blocks && store_decide_pair_known(work, block.member, block.via,
                                          &block.other, &block.known))
        return; /* the guard found it: only a keeper that failed does not */
    if (blocks)
        block.day = (uint32_t)(work->now_ms / DAY_MS);
    work->keeper->ops->put_block(work->keeper, &block);
}

/* A block that was made already is known by its key, and by its entry while
 * that stands: repeated, it is found even if what it was by is gone since. */
enum err store_decide_block_other(struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    uint64_t member = command->find_other.member;
    struct store_memo memo = {.scope = member,
                              .key = command->key,
                              .call = (uint32_t)STORE_MATCH << 8 |
                                      (uint32_t)COMMAND_BLOCK};
    enum err err = ERR_NONE;
    enum match_outcome was = store_decide_replay_memo(work, &memo, &err);
    enum store_known known;

    if (was == OUTCOME_REFUSED)
        return err;
    work->job->result.other = work->reference;
    if (was == OUTCOME_REPLAY)
        return ERR_NONE;
    return store_decide_pair_known(work, member, command->find_other.via,
                                   &work->job->result.other, &known);
}

enum err store_decide_block_list(struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    uint64_t member = command->list_blocks.member;
    struct store_result *result = &work->job->result;
    uint32_t most = command->list_blocks.most, n;
    struct store_block *block;

    if (most == 0 || most > STORE_PAGE_MAX)
        most = STORE_PAGE_MAX;
    block = arena_alloc(&work->job->arena, (most + 1) * sizeof *block);
    if (!block) {
        work->keeper->err = ERR_STORE;
        return ERR_NONE;
    }
    n = work->keeper->ops->blocks(
        work->keeper, member, command->list_blocks.after_via, block, most + 1);
    result->listed.block = block;
    result->listed.more = n > most;
    result->listed.blocks = n > most ? most : n;
    return ERR_NONE;
}
