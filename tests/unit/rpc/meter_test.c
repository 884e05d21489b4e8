#include "rpc/meter.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"

enum { METHODS = 5, CALLS = 200, STEPS = 50000 };

struct model {
    uint64_t calls[METHODS + 1][RPC_METER_PROTOCOLS][STATUS_COUNT];
    uint64_t open[METHODS + 1], in[METHODS + 1], out[METHODS + 1];
    uint64_t ended[METHODS + 1], ms[METHODS + 1], first[METHODS + 1];
};

static struct tally_sum sum_of(const struct tally_spread *spread)
{
    struct tally_sum sum = {.count = 0};

    tally_spread_read(spread, &sum);
    return sum;
}

static void agree(const struct rpc_meter *meter, const struct model *model)
{
    for (size_t m = 0; m <= METHODS; m++) {
        const struct rpc_meter_row *row = &meter->row[m];
        uint64_t all = 0;

        for (int p = 0; p < RPC_METER_PROTOCOLS; p++)
            for (int s = 0; s < STATUS_COUNT; s++) {
                all += tally_read(&row->calls[p][s]);
                CHECK(tally_read(&row->calls[p][s]) == model->calls[m][p][s]);
            }
        CHECK(all == model->ended[m]);
        CHECK(sum_of(&row->lasted).count == all); /* Law 1 */
        CHECK(sum_of(&row->lasted).sum == model->ms[m]);
        CHECK(sum_of(&row->first).count == model->first[m]);
        CHECK(tally_read(&row->open) == model->open[m]); /* Law 2 */
        CHECK(tally_read(&row->in) == model->in[m]);
        CHECK(tally_read(&row->out) == model->out[m]);
    }
}

/* Laws 1 to 3: any history, against plain sums. */
static void history(void)
{
    static struct model model;
    struct rpc_meter meter;
    uint64_t chance = 3;

    CHECK(rpc_meter_init(&meter, METHODS) == ERR_NONE);
    for (int i = 0; i < STEPS; i++) {
        size_t m = chance_below(&chance, METHODS + 1);
        struct rpc_meter_end end = {
            .method = m,
            .begun = model.open[m] > 0 && chance_below(&chance, 2) == 0,
            .streams = m % 2 == 0,
            .protocol = (enum rpc_protocol)chance_below(&chance, RPC_PLAIN),
            .status = (int)chance_below(&chance, STATUS_COUNT),
            .ms =
                chance_below(&chance, UINT64_C(1) << chance_below(&chance, 30)),
            .in = chance_below(&chance, 1000),
            .out = chance_below(&chance, 1000)};

        switch (chance_below(&chance, 3)) {
        case 0:
            rpc_meter_begin(&meter, m);
            model.open[m]++;
            break;
        case 1:
            rpc_meter_first(&meter, m, end.ms);
            model.first[m]++;
            break;
        default:
            rpc_meter_end(&meter, &end);
            model.calls[m][rpc_meter_protocol(end.protocol)][end.status]++;
            model.ended[m]++;
            model.ms[m] += end.ms;
            model.in[m] += end.in;
            model.out[m] += end.out;
            model.open[m] -= end.begun;
        }
        if (i % 5000 == 0)
            agree(&meter, &model);
    }
    agree(&meter, &model);
    rpc_meter_close(&meter);
    rpc_meter_close(&meter); /* harmless */
}

/* Law 3: what there is to tell apart is fixed. */
static void vocabulary(void)
{
    for (int streams = 0; streams < 2; streams++) {
        const uint64_t *steps = rpc_meter_steps(streams);

        CHECK(steps[0] > 0);
        for (int i = 1; i < TALLY_STEPS; i++)
            CHECK(steps[i] > steps[i - 1]);
    }
    CHECK(rpc_meter_protocol(RPC_GRPC) == RPC_METER_GRPC);
    CHECK(rpc_meter_protocol(RPC_WEB) == RPC_METER_WEB);
    CHECK(rpc_meter_protocol(RPC_WEB_TEXT) == RPC_METER_WEB);
    CHECK(rpc_meter_protocol(RPC_CONNECT) == RPC_METER_CONNECT);
    CHECK(rpc_meter_protocol(RPC_CONNECT_STREAM) == RPC_METER_CONNECT);
    for (int p = 0; p < RPC_METER_PROTOCOLS; p++)
        CHECK(strspn(rpc_meter_protocols[p], "abcdefghijklmnopqrstuvwxyz_") ==
              strlen(rpc_meter_protocols[p]));
    CHECK(!rpc_meter_protocols[RPC_METER_PROTOCOLS]);
}

static void out_of_memory(void)
{
    struct rpc_meter meter;

    fail_malloc_start(1);
    CHECK(rpc_meter_init(&meter, METHODS) == ERR_NOMEM);
    CHECK(fail_malloc_stop());
    rpc_meter_close(&meter);
}

int main(void)
{
    history();
    vocabulary();
    out_of_memory();
    return check_report("rpc/meter");
}
