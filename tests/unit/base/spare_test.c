/* Places taken and given back, against a plain account of who has what. */
#include "base/spare.h"

#include "base/chance.h"
#include "check.h"

enum { ITEMS = 40, ROUNDS = 20000 };

struct item {
    int number;
    struct list link;
};

int main(void)
{
    static struct item item[ITEMS + 1];
    struct spare spare;
    bool out[ITEMS] = {false};
    uint64_t seed = 9;
    uint32_t n = 0, most = 0;

    spare_init(&spare, &item[0].link, sizeof item[0], ITEMS);
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t at = (uint32_t)chance_below(&seed, ITEMS);

        if (out[at] && chance_below(&seed, 2)) {
            spare_give(&spare, &item[at].link);
            out[at] = false;
            n--;
        } else {
            struct list *node = spare_take(&spare);

            CHECK((node == NULL) == (n == ITEMS));
            if (!node)
                continue;
            at = (uint32_t)(LIST_ENTRY(node, struct item, link) - item);
            CHECK(at < ITEMS && !out[at]);
            out[at] = true;
            n++;
            CHECK(at <= most); /* none is touched before it must be */
            most = at == most ? at + 1 : most;
        }
        CHECK(spare_empty(&spare) == (n == ITEMS) && spare.out == n);
    }
    CHECK(spare.used == ITEMS);
    CHECK(!list_linked(&item[ITEMS].link));
    return check_report("base/spare");
}
