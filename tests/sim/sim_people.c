/* Members, their cards, and events that reach the engine later. */
#include <string.h>

#include "sim_cover.h"
#include "sim_model.h"

#define ARENA_BYTES ((size_t)1 << 16)

struct sim_member *sim_people_of(struct sim *sim, uint64_t id)
{
    for (uint32_t i = 0; i < sim->members; i++)
        if (sim->member[i].id == id)
            return &sim->member[i];
    return NULL;
}

void sim_people_enrol(struct sim *sim, struct sim_member *member)
{
    struct store_job job;

    *member =
        (struct sim_member){.id = sim_id(sim), .first_request = sim->requests};
    member->pool = (uint32_t)sim_roll(sim, 4) == 0;
    member->grade = sim_percent(sim, 10)   ? GRADE_MEMBER
                    : sim_percent(sim, 70) ? GRADE_PEER
                                           : GRADE_CRISIS_PEER;
    if (member->grade != GRADE_MEMBER && sim_percent(sim, 20))
        member->grade_until_ms = sim->now_ms + 20000 + sim_roll(sim, 200000);
    memset(&job, 0, sizeof job);
    arena_init(&job.arena, ARENA_BYTES);
    job.command.enrol.member = member->id;
    memcpy(job.command.enrol.handle, &member->id, sizeof member->id);
    job.command.enrol.pool = member->pool;
    job.command.enrol.grade = member->grade;
    job.command.enrol.grade_until_ms = member->grade_until_ms;
    sim_port_job(sim, &job, STORE_ENROL);
    LAW("a new member enrols", job.result.outcome == OUTCOME_OK);
    arena_reset(&job.arena);
    if (sim_percent(sim, 10))
        sim_probe_cardless(sim, member);
    sim_people_card(sim, member, MATCH_SEEKER);
    sim_people_card(sim, member, MATCH_PEER);
}

/* Up to most distinct terms. */
static uint8_t terms(struct sim *sim, uint64_t *token, uint32_t most)
{
    uint32_t n = (uint32_t)sim_roll(sim, most + 1);
    uint8_t made = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint64_t term = 1 + sim_roll(sim, SIM_TERMS);
        bool known = false;

        for (uint8_t j = 0; j < made; j++)
            known = known || token[j] == term;
        if (!known)
            token[made++] = term;
    }
    return made;
}

static void draw_card(struct sim *sim, struct match_card *card)
{
    card->haves = terms(sim, card->have, 6);
    card->show = chance_next(&sim->chance);
    for (uint64_t groups = sim_roll(sim, 4); groups > 0; groups--) {
        struct match_group *group = &card->seek[card->seeks];

        group->first = card->seek_tokens;
        group->count = terms(sim, card->seek_token + group->first, 3);
        group->importance = (uint8_t)(1 + sim_roll(sim, 3));
        card->seek_tokens = (uint8_t)(card->seek_tokens + group->count);
        card->seeks = (uint8_t)(card->seeks + (group->count > 0));
    }
    if (sim_percent(sim, 30)) {
        struct match_group *group = &card->must[0];

        group->count = terms(sim, card->must_token, 4);
        card->must_tokens = group->count;
        card->musts = group->count > 0;
        if (card->role == MATCH_SEEKER && sim_percent(sim, 50))
            group->relax_after_ms = 1 + (uint32_t)sim_roll(sim, 20000);
    }
    if (sim_percent(sim, 20))
        card->must_nots = terms(sim, card->must_not, 2);
}

void sim_people_card(struct sim *sim, struct sim_member *member,
                     enum match_role role)
{
    struct match_card card;
    struct store_job job;

    do {
        memset(&card, 0, sizeof card);
        card.role = role;
        card.version = member->card[role].version + 1;
        card.vocabulary_version = 1;
        draw_card(sim, &card);
    } while (match_card_check(&card) != ERR_NONE);
    memset(&job, 0, sizeof job);
    arena_init(&job.arena, ARENA_BYTES);
    job.command.put_card.member = member->id;
    job.command.put_card.role = role;
    job.command.put_card.version = card.version;
    job.command.put_card.vocabulary_version = 1;
    job.command.put_card.sealed =
        (struct store_bytes){(uint8_t *)&card, sizeof card};
    sim_port_job(sim, &job, STORE_PUT_CARD);
    for (uint32_t i = 0; i < sim->flyings; i++)
        sim->flying[i].clean = false; /* the engine has not heard of it */
    if (job.result.outcome == OUTCOME_OK) {
        member->card[role] = card;
        sim_model_card(sim, member->id, &card);
        sim_cover_card(sim, member->id);
    } else {
        LAW("a card is put", job.result.err == ERR_MEMBER_INACTIVE);
    }
    arena_reset(&job.arena);
}

void sim_people_open(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->members; i++)
        sim_people_enrol(sim, &sim->member[i]);
    sim->act_due_ms = sim->now_ms;
}

/* ---- what reaches the engine later than the store ---- */

void sim_later_block(struct sim *sim, uint32_t member, uint64_t other)
{
    sim_later(sim, EVENT_BLOCK, member, MATCH_SEEKER);
    for (uint32_t i = 0; i < SIM_LATER; i++)
        if (sim->later[i].used && sim->later[i].kind == EVENT_BLOCK &&
            sim->later[i].other == 0)
            sim->later[i].other = other;
}

void sim_later(struct sim *sim, enum match_event_kind kind, uint32_t member,
               enum match_role role)
{
    for (uint32_t i = 0; i < SIM_LATER; i++) {
        if (sim->later[i].used)
            continue;
        sim->later[i] = (struct sim_later){
            .used = true,
            .kind = kind,
            .member = member,
            .role = role,
            .due_ms = sim->now_ms + sim_roll(sim, sim->mix.delay_ms + 1)};
        return;
    }
    LAW("simulator: room for later", false);
}

uint64_t sim_later_due_ms(const struct sim *sim)
{
    uint64_t due_ms = UINT64_MAX;

    for (uint32_t i = 0; i < SIM_LATER; i++)
        if (sim->later[i].used && sim->later[i].due_ms < due_ms)
            due_ms = sim->later[i].due_ms;
    return due_ms;
}

void sim_later_step(struct sim *sim)
{
    uint64_t due_ms = sim_later_due_ms(sim);

    for (uint32_t i = 0; i < SIM_LATER; i++) {
        struct sim_later *later = &sim->later[i];
        struct sim_member *member = &sim->member[later->member];
        struct match_event event = {.kind = later->kind, .member = member->id};

        if (!later->used || later->due_ms != due_ms)
            continue;
        later->used = false;
        if (member->gone)
            return;
        event.pool = member->pool;
        if (later->kind == EVENT_CARD) /* the newest: the service reads it */
            event.card.card = &member->card[later->role];
        if (later->kind == EVENT_HOLD)
            event.hold.held = member->held = !member->held;
        if (later->kind == EVENT_BLOCK)
            event.block.other = later->other;
        if (later->kind == EVENT_GONE)
            member->gone = true;
        if (later->kind == EVENT_HOLD || later->kind == EVENT_GONE)
            sim_laws_asked(sim, &event);
        sim_event(sim, &event);
        return;
    }
}
