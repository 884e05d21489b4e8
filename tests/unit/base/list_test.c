/* Against a model too slow to be wrong: an array in order of arrival. */
#include "base/list.h"

#include <stdint.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"

enum { NODES = 24, STEPS = 5000, SEEDS = 20 };

struct item {
    uint64_t before; /* so that the link is not at offset 0 */
    struct list link;
};

struct model {
    struct item *line[NODES];
    size_t n;
};

static void model_forget(struct model *model, const struct item *item)
{
    size_t kept = 0;

    for (size_t i = 0; i < model->n; i++)
        if (model->line[i] != item)
            model->line[kept++] = model->line[i];
    model->n = kept;
}

static bool same(const struct list *head, const struct model *model)
{
    size_t at = 0;

    LIST_EACH (node, head) {
        if (at == model->n ||
            LIST_ENTRY(node, struct item, link) != model->line[at++])
            return false;
        if (node->next->prev != node || node->prev->next != node)
            return false;
    }
    return at == model->n && list_empty(head) == (model->n == 0);
}

static void agrees_with_model(uint64_t seed)
{
    struct item item[NODES];
    struct model model = {.n = 0};
    struct list head;

    memset(item, 0, sizeof item); /* all zero: in no list */
    list_init(&head);
    for (int step = 0; step < STEPS; step++) {
        struct item *who = &item[chance_below(&seed, NODES)];
        uint64_t act = chance_below(&seed, 8);

        if (act == 0 && !list_linked(&who->link)) {
            list_push_front(&head, &who->link);
            memmove(&model.line[1], model.line, model.n * sizeof model.line[0]);
            model.line[0] = who;
            model.n++;
        } else if (act < 4 && !list_linked(&who->link)) {
            list_push_back(&head, &who->link);
            model.line[model.n++] = who;
        } else if (act < 7) {
            list_unlink(&who->link); /* harmless if in no list */
            model_forget(&model, who);
            CHECK(!list_linked(&who->link));
        } else {
            struct list *first = list_pop_front(&head);

            CHECK(first == (model.n ? &model.line[0]->link : NULL));
            if (first) {
                CHECK(!list_linked(first));
                model_forget(&model, model.line[0]);
            }
        }
        CHECK(same(&head, &model));
    }
}

int main(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        agrees_with_model(seed);
    return check_report("base/list");
}
