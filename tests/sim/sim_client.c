/* Clients: streams, calls and their answers. */
#include "sim_cover.h"

uint32_t sim_people_request(struct sim *sim, enum match_event_kind kind,
                            uint32_t member, uint64_t subject, bool flag)
{
    struct sim_request *request;

    LAW("simulator: room for requests", sim->requests < SIM_CALLS);
    request = &sim->request[sim->requests];
    *request = (struct sim_request){
        .kind = kind, .member = member, .subject = subject, .flag = flag};
    request->key.word[0] = sim_id(sim);
    request->key.word[1] = sim_id(sim);
    request->key.request_hash = sim_id(sim);
    return sim->requests++;
}

struct match_event sim_people_call(struct sim *sim, enum match_event_kind kind,
                                   uint32_t member, uint32_t request)
{
    struct match_event event = {.kind = kind,
                                .member = sim->member[member].id,
                                .pool = sim->member[member].pool};

    LAW("simulator: room for calls", sim->calls < SIM_CALLS);
    sim->call[sim->calls] =
        (struct sim_call){.kind = kind, .member = member, .request = request};
    event.call = sim->calls++;
    if (request)
        event.key = sim->request[request].key;
    return event;
}

static void say_ask(struct sim *sim, struct sim_request *request,
                    struct match_event *event)
{
    struct sim_member *member = &sim->member[request->member];

    event->ask.card = &member->card[MATCH_SEEKER];
    event->generation = member->generation;
    event->ask.danger = request->flag;
    event->ask.after = request->subject;
    event->ask.wish = request->wish; /* for them alone: 0 = till the end */
    event->ask.wish_ms = request->key.word[0] % 4 * 9000;
    sim->call[event->call].older = member->ask_call;
    member->ask_call = event->call;
    sim->call[event->call].streams = true;
}

static void say_attend(struct sim *sim, struct sim_request *request,
                       struct match_event *event)
{
    struct sim_member *member = &sim->member[request->member];

    event->attend.card = &member->card[MATCH_PEER];
    event->attend.grade = member->grade;
    event->attend.grade_until_ms = member->grade_until_ms;
    event->generation = member->generation;
    event->attend.capacity = (uint8_t)(request->subject & 0xf);
    event->attend.day_max = (uint8_t)(request->subject >> 4 & 0xf);
    event->attend.rest_ms = request->subject >> 8 & 0xffff;
    event->attend.until_ms = request->subject >> 24;
    sim->call[event->call].older = member->attend_call;
    member->attend_call = event->call;
    sim->call[event->call].streams = true;
}

static void say_talk(struct sim *sim, const struct sim_request *request,
                     struct match_event *event)
{
    const struct match_row *row =
        sim_truth_row(sim, ROW_TALK, request->subject);
    enum match_role side =
        row && row->talk.seeker == event->member ? MATCH_SEEKER : MATCH_PEER;

    if (event->kind == EVENT_REFLECT) {
        event->reflect.talk = request->subject;
        event->reflect.side = side;
        event->reflect.said = true;
        event->reflect.understood = request->flag;
        event->reflect.again = request->flag;
    } else {
        event->talk.talk = request->subject;
        event->talk.side = side;
    }
}

/* The ban of a pair is over, or never was. */
static void lift(struct sim *sim, uint64_t a, uint64_t b)
{
    for (int i = 0; i < SIM_KNOWN; i++)
        if (sim->ban[i].a == a && (b == 0 || sim->ban[i].b == b))
            sim->ban[i] = (struct sim_ban){0, 0};
}

static void say_block(struct sim *sim, const struct sim_request *request,
                      struct match_event *event)
{
    const struct match_row *talk =
        sim_truth_row(sim, ROW_TALK, request->subject);

    if (sim_people_of(sim, request->subject)) {
        event->block.other = request->subject; /* the operator's block */
    } else {
        event->block.via = request->subject;
        if (talk) /* the service may know who it is, or not */
            event->block.other = request->flag
                                     ? talk->talk.seeker == event->member
                                           ? talk->talk.peer
                                           : talk->talk.seeker
                                     : 0;
    }
    if (event->kind == EVENT_UNBLOCK)
        lift(sim, event->member, event->block.other);
    else if (event->block.via == 0 && !request->said)
        sim->ban[sim->bans++ % SIM_KNOWN] =
            (struct sim_ban){event->member, event->block.other};
}

void sim_people_say(struct sim *sim, uint32_t id)
{
    struct sim_request *request = &sim->request[id];
    struct match_event event =
        sim_people_call(sim, request->kind, request->member, id);

    switch ((int)request->kind) {
    case EVENT_ASK:
        say_ask(sim, request, &event);
        break;
    case EVENT_ATTEND:
        say_attend(sim, request, &event);
        break;
    case EVENT_WITHDRAW:
    case EVENT_DANGER:
        event.withdraw.ticket = request->subject;
        break;
    case EVENT_CAPACITY:
        event.capacity.capacity = (uint8_t)request->subject;
        break;
    case EVENT_ANSWER:
        event.answer.offer = request->subject;
        event.answer.accept = request->flag;
        break;
    case EVENT_JOIN:
    case EVENT_END:
    case EVENT_REFLECT:
        say_talk(sim, request, &event);
        break;
    case EVENT_BLOCK:
    case EVENT_UNBLOCK:
        say_block(sim, request, &event);
        break;
    default:
        break;
    }
    request->said = true;
    sim_event(sim, &event);
}

/* ---- what comes back ---- */

/* Refused: the stream before it goes on, if it still does. */
static void refuse_stream(struct sim *sim, uint64_t id)
{
    struct sim_call *call = &sim->call[id];
    struct sim_member *member = &sim->member[call->member];
    uint64_t older = call->older;

    call->streams = false;
    if (older < sim->first_call || !sim->call[older].streams)
        older = 0;
    if (member->ask_call == id)
        member->ask_call = older;
    if (member->attend_call == id)
        member->attend_call = older;
    if (call->request && member->ask == call->request && member->older_ask)
        member->ask = member->older_ask;
    if (call->request && member->attend == call->request &&
        member->older_attend)
        member->attend = member->older_attend;
}

static void end_stream(struct sim *sim, uint64_t call)
{
    struct sim_member *member = &sim->member[sim->call[call].member];

    sim->call[call].streams = false;
    if (member->ask_call == call)
        member->ask_call = 0;
    if (member->attend_call == call)
        member->attend_call = 0;
}

/* Is what was acknowledged true at the store?  (DESIGN law 7) */
static void check_durable(struct sim *sim, const struct sim_request *request,
                          uint64_t reference)
{
    const struct match_row *row;

    switch ((int)request->kind) {
    case EVENT_ASK:
        row = sim_truth_row(sim, ROW_TICKET, reference);
        LAW("DESIGN law 7: an acknowledged ask is stored",
            row && row->ticket.member == sim->member[request->member].id &&
                row->ticket.key.word[0] == request->key.word[0]);
        LAW("an acknowledged ask is for whom it asked for",
            row->ticket.wish_talk == request->wish);
        row = sim_truth_row(sim, ROW_TALK, request->subject);
        LAW("an acknowledged ask has the age it asked for",
            request->subject == 0 || (row && row->talk.carry & CARRY_LENT));
        break;
    case EVENT_WITHDRAW:
        row = sim_truth_row(sim, ROW_TICKET, request->subject);
        LAW("DESIGN law 7: an acknowledged withdrawal is stored",
            row && row->ticket.state == TICKET_ENDED);
        break;
    case EVENT_DANGER:
        row = sim_truth_row(sim, ROW_TICKET, request->subject);
        LAW("DESIGN law 7: acknowledged danger is stored",
            row && row->ticket.danger);
        break;
    case EVENT_ATTEND:
        LAW("DESIGN law 7: an acknowledged duty is stored",
            sim_truth_row(sim, ROW_DUTY, sim->member[request->member].id));
        break;
    case EVENT_ANSWER:
        row = sim_truth_row(sim, ROW_OFFER, request->subject);
        sim_trace(sim, "  offer %04llx state %d, said %s, key %04llx",
                  (unsigned long long)(request->subject & 0xffff),
                  row ? (int)row->offer.state : -1,
                  request->flag ? "accept" : "decline",
                  (unsigned long long)(request->key.word[0] & 0xffff));
        LAW("DESIGN law 7: an acknowledged answer is stored",
            row && row->offer.state ==
                       (request->flag ? OFFER_ACCEPTED : OFFER_DECLINED));
        if (request->flag)
            LAW("DESIGN law 7: an acknowledged match is stored",
                sim_truth_row(sim, ROW_TALK, reference));
        break;
    case EVENT_END:
        row = sim_truth_row(sim, ROW_TALK, request->subject);
        LAW("DESIGN law 7: an acknowledged end is stored",
            row && row->talk.state == TALK_ENDED);
        break;
    default:
        break;
    }
}

/* An open stream is a proof of life, from when it was asked for. */
static void prove(struct sim *sim, uint64_t id)
{
    struct sim_call *call = &sim->call[id];
    struct sim_member *member = &sim->member[call->member];

    if (call->kind == EVENT_ASK && member->ask_call == id)
        member->ask_proof_ms = sim->now_ms;
    if (call->kind == EVENT_ATTEND && member->attend_call == id)
        member->attend_proof_ms = sim->now_ms;
}

static bool passing(enum err err)
{
    return err == ERR_STORE || err == ERR_FENCED || err == ERR_STARTING ||
           err == ERR_DRAINING || err == ERR_FULL;
}

void sim_people_reply(struct sim *sim, const struct match_effect *effect)
{
    struct sim_call *call;
    struct sim_request *request;
    enum err err = effect->reply.err;

    LAW("a reply names a call", effect->call > 0 && effect->call < sim->calls);
    LAW("a reply is to a call of this life", effect->call >= sim->first_call);
    call = &sim->call[effect->call];
    LAW("engine law 5: a call is answered exactly once", !call->answered);
    call->answered = true;
    call->err = err;
    sim_cover_reply(call->kind, err);
    sim_trace(sim, "  <- call %llu %s: %s", (unsigned long long)effect->call,
              match_words_event(call->kind), err_reason(err));
    if (err != ERR_NONE)
        refuse_stream(sim, effect->call);
    else
        prove(sim, effect->call);
    if (call->request == 0)
        return;
    request = &sim->request[call->request];
    if (err == ERR_NONE) {
        check_durable(sim, request, effect->reply.reference);
        LAW("DESIGN law 6: a key has a stable answer",
            !request->ok || request->reference == effect->reply.reference);
        request->ok = true;
        request->reference = effect->reply.reference;
    } else if (request->kind == EVENT_BLOCK) {
        lift(sim, sim->member[request->member].id, 0);
    } else if (request->ok && request->kind == EVENT_ANSWER) {
        LAW("DESIGN law 6: an answer given once replays", passing(err));
    }
}

static void know(uint64_t *ring, uint32_t *n, uint64_t id)
{
    for (uint32_t i = 0; i < SIM_KNOWN; i++)
        if (ring[i] == id)
            return;
    ring[(*n)++ % SIM_KNOWN] = id;
}

static void told_ticket(struct sim *sim, const struct match_effect *effect)
{
    const struct match_ticket_view *view = &effect->ticket;
    const struct match_row *row = sim_truth_row(sim, ROW_TICKET, view->ticket);
    struct sim_member *member =
        row ? sim_people_of(sim, row->ticket.member) : 0;

    LAW("nothing is told before it is stored",
        row &&
            (view->state != TICKET_MATCHED ||
             row->ticket.state == TICKET_MATCHED) &&
            (view->state != TICKET_ENDED || row->ticket.state == TICKET_ENDED));
    LAW("offered is told as waiting", view->state != TICKET_OFFERED);
    if (effect->call && view->state != TICKET_WAITING)
        end_stream(sim, effect->call); /* that was the last word */
    if (view->talk == 0)
        return;
    LAW("nothing is told before it is stored",
        sim_truth_row(sim, ROW_TALK, view->talk));
    if (member)
        know(member->talk, &member->talks, view->talk);
}

static void told_duty(struct sim *sim, const struct match_effect *effect)
{
    const struct match_duty_view *view = &effect->duty;
    struct sim_member *member = sim_people_of(sim, view->member);

    sim_trace(sim, "  <- call %llu duty %d, %u offers, %u talks",
              (unsigned long long)effect->call, (int)view->state, view->offers,
              view->talks);
    if (effect->call && view->state == DUTY_OFF)
        end_stream(sim, effect->call);
    for (uint32_t i = 0; i < view->offers; i++) {
        const struct match_row *row =
            sim_truth_row(sim, ROW_OFFER, view->offer[i].id);

        LAW("nothing is told before it is stored",
            row && row->offer.peer == view->member &&
                row->offer.deadline_ms == view->offer[i].deadline_ms);
        if (member)
            know(member->offer, &member->offers, view->offer[i].id);
    }
    for (uint32_t i = 0; i < view->talks; i++) {
        LAW("nothing is told before it is stored",
            sim_truth_row(sim, ROW_TALK, view->talk[i]));
        if (member)
            know(member->talk, &member->talks, view->talk[i]);
    }
}

void sim_people_told(struct sim *sim, const struct match_effect *effect)
{
    const struct match_row *row;

    if (effect->kind == EFFECT_TELL_TALK) {
        row = sim_truth_row(sim, ROW_TALK, effect->talk.talk);
        LAW("nothing is told before it is stored",
            row && (effect->talk.state != TALK_ENDED ||
                    row->talk.state == TALK_ENDED));
        return;
    }
    LAW("what is told goes to a stream",
        effect->call == 0 ||
            (effect->call >= sim->first_call && effect->call < sim->calls));
    if (effect->kind == EFFECT_TELL_TICKET)
        told_ticket(sim, effect);
    else
        told_duty(sim, effect);
}

void sim_people_dropped(struct sim *sim, uint64_t call)
{
    LAW("a drop names a stream of this life",
        call >= sim->first_call && call < sim->calls &&
            (sim->call[call].kind == EVENT_ASK ||
             sim->call[call].kind == EVENT_ATTEND));
    sim_trace(sim, "  <- call %llu dropped", (unsigned long long)call);
    sim->call[call].answered = true; /* no reply may follow */
    end_stream(sim, call);
}

void sim_people_cut_off(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->members; i++) {
        struct sim_member *member = &sim->member[i];

        member->ask_call = member->attend_call = 0;
        member->held = member->held_stored; /* what was asked for is lost */
        member->gone = member->gone_stored;
    }
    sim->first_call = sim->calls;
    sim->askeds = 0;
    for (int i = 0; i < SIM_KNOWN; i++)
        sim->ban[i] = (struct sim_ban){0, 0};
}

void sim_people_come_back(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->members; i++) {
        const struct sim_member *member = &sim->member[i];

        if (member->gone || !sim_percent(sim, sim->mix.patience))
            continue;
        if (member->ask)
            sim_people_say(sim, member->ask);
        if (member->attend)
            sim_people_say(sim, member->attend);
    }
}

/* ---- beats ---- */

static bool streams(const struct sim_member *member)
{
    return !member->silent && (member->ask_call || member->attend_call);
}

uint64_t sim_people_due_ms(const struct sim *sim)
{
    uint64_t due_ms = UINT64_MAX;

    for (uint32_t i = 0; i < sim->members; i++)
        if (streams(&sim->member[i]) && sim->member[i].beat_due_ms < due_ms)
            due_ms = sim->member[i].beat_due_ms;
    return due_ms;
}

/* By the stream, as any traffic on it proves; or by a call of its own. */
static void beat_one(struct sim *sim, uint32_t id, enum match_role role)
{
    struct sim_member *member = &sim->member[id];
    uint64_t stream =
        role == MATCH_SEEKER ? member->ask_call : member->attend_call;
    struct match_event event = {.kind = EVENT_SEEN, .member = member->id};
    uint64_t ticket = sim->request[sim->call[stream].request].reference;

    if (stream == 0)
        return;
    if (sim_percent(sim, 50) && (role == MATCH_PEER || ticket != 0))
        event = sim_people_call(sim, EVENT_SEEN, id, 0);
    event.stream.role = role;
    if (event.call == 0)
        event.stream.stream = stream;
    else if (role == MATCH_SEEKER)
        event.stream.ticket = ticket;
    if (role == MATCH_SEEKER)
        member->ask_proof_ms = sim->now_ms;
    else
        member->attend_proof_ms = sim->now_ms;
    sim_event(sim, &event);
}

void sim_people_beat(struct sim *sim)
{
    uint64_t due_ms = sim_people_due_ms(sim);

    for (uint32_t i = 0; i < sim->members; i++) {
        struct sim_member *member = &sim->member[i];

        if (!streams(member) || member->beat_due_ms != due_ms)
            continue;
        member->beat_due_ms =
            sim->now_ms + sim->limits.beat_ms / 2 +
            sim_roll(sim, sim->quiet ? 1 : sim->limits.beat_ms);
        beat_one(sim, i, MATCH_SEEKER);
        beat_one(sim, i, MATCH_PEER);
        return;
    }
}
