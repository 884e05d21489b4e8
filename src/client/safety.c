#include <stdlib.h>

#include "base/require.h"
#include "base/wipe.h"
#include "client/member.h"
#include "client/op.h"
#include "pb/kindred/v1/safety.pb-c.h"

void kindred_member_block(struct kindred_member *member, uint64_t talk_id,
                          uint64_t offer_id, kindred_done *done, void *arg)
{
    Kindred__V1__BlockRequest request = KINDRED__V1__BLOCK_REQUEST__INIT;
    const struct client_op op = {.client = member->client,
                                 .member = member,
                                 .path = "/kindred.v1.Safety/Block",
                                 .request = &request,
                                 .key = &request.idempotency_key,
                                 .answer =
                                     &kindred__v1__block_response__descriptor,
                                 .done = done,
                                 .arg = arg};

    if (talk_id != 0) {
        request.whom_case = KINDRED__V1__BLOCK_REQUEST__WHOM_TALK_ID;
        request.talk_id = talk_id;
    } else {
        request.whom_case = KINDRED__V1__BLOCK_REQUEST__WHOM_OFFER_ID;
        request.offer_id = offer_id;
    }
    client_op_start(&op);
}

void kindred_member_unblock(struct kindred_member *member, uint64_t block_id,
                            kindred_done *done, void *arg)
{
    Kindred__V1__UnblockRequest request = KINDRED__V1__UNBLOCK_REQUEST__INIT;
    const struct client_op op = {.client = member->client,
                                 .member = member,
                                 .path = "/kindred.v1.Safety/Unblock",
                                 .request = &request,
                                 .key = &request.idempotency_key,
                                 .answer =
                                     &kindred__v1__unblock_response__descriptor,
                                 .done = done,
                                 .arg = arg};

    request.block_id = block_id;
    client_op_start(&op);
}

/* ---- the list ---- */

struct listing {
    kindred_blocks_listed *done;
    void *arg;
};

/* False: what the server said makes no sense. */
static bool fill(struct kindred_block block[KINDRED_BLOCKS],
                 const Kindred__V1__ListBlocksResponse *response)
{
    if (response->n_blocks > KINDRED_BLOCKS)
        return false;
    for (size_t i = 0; i < response->n_blocks; i++) {
        const Kindred__V1__Block *from = response->blocks[i];

        block[i].id = from->block_id;
        block[i].day = from->day;
        if (from->their_name[0] && /* else it was by an offer */
            !client_op_name(block[i].their_name, from->their_name))
            return false;
    }
    return true;
}

static void on_listed(void *arg, const struct kindred_error *error,
                      const void *answer)
{
    const Kindred__V1__ListBlocksResponse *response = answer;
    struct kindred_block block[KINDRED_BLOCKS] = {0};
    struct listing listing = *(struct listing *)arg;
    struct kindred_error failed = *error;

    free(arg);
    if (failed.status == STATUS_OK && !fill(block, response))
        client_error_set(&failed, ERR_PROTO);
    if (failed.status == STATUS_OK)
        listing.done(listing.arg, &failed, block, (uint32_t)response->n_blocks,
                     response->more);
    else
        listing.done(listing.arg, &failed, NULL, 0, false);
    wipe(block, sizeof block);
}

void kindred_member_blocks(struct kindred_member *member, uint64_t after_id,
                           kindred_blocks_listed *done, void *arg)
{
    Kindred__V1__ListBlocksRequest request =
        KINDRED__V1__LIST_BLOCKS_REQUEST__INIT;
    struct listing *listing = malloc(sizeof *listing);
    struct client_job_options options = {
        .client = member->client,
        .member = member,
        .path = "/kindred.v1.Safety/ListBlocks",
        .request = &request,
        .answer = &kindred__v1__list_blocks_response__descriptor,
        .done = on_listed,
        .arg = listing};

    REQUIRE(listing);
    *listing = (struct listing){.done = done, .arg = arg};
    request.after_block_id = after_id;
    REQUIRE(client_job_start(&options));
}
