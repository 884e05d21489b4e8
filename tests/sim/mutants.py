#!/usr/bin/env python3
"""mutants -- deliberate bugs in engine and store, and the seed at which the
simulator finds each.  A bug that no seed finds is a hole in its laws.  What
costs time alone, or shows too seldom for a few thousand seeds, names the unit
test that finds it; that is run instead.

Works on a copy of the sources in a temporary folder.
Usage: mutants.py [--seeds N] [NAME ...]      (names: any part of one)"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

REPO = pathlib.Path(__file__).resolve().parents[2]
FLAGS = ["-std=c11", "-O1", "-D_POSIX_C_SOURCE=200809L", "-Isrc", "-Itests/lib", "-w"]

# name, edits: (file, what is there once, what takes its place), and the unit
# test that is to find it, if not the simulator
ENGINE = [
    ("capacity off by one", [
        ("match/duty.c", "used < duty->row.capacity ? (uint8_t)(duty->row.capacity - used) : 0",
         "used <= duty->row.capacity ? (uint8_t)(duty->row.capacity - used + 1) : 0")]),
    ("nothing is reserved when proposed", [
        ("match/duty.c", "uint32_t used = match_duty_used(duty), today", "uint32_t used = duty->row.used, today")]),
    ("exclusions are not adopted", [
        ("match/adopt.c", "        match_adopt_pair(engine, &row->pair, seq);\n        break;", "        break;")]),
    ("an exclusion holds one way only", [
        ("match/pair.c", "if (row->gone || !same_pair(row, seeker, peer))",
         "if (row->gone || row->a != seeker || row->b != peer)")]),
    ("a lapse comes at the deadline, without the slack", [
        ("match/offer.c", "due = match_timer_add(offer->row.deadline_ms, engine->limits.slack_ms);",
         "due = offer->row.deadline_ms;")]),
    ("an answer after the deadline is accepted", [
        ("match/peer.c", "if (event->answer.accept && engine->now_ms >= offer->row.deadline_ms) {", "if (0) {"),
        ("store/decide_offer.c", "if (work->now_ms >= offer->deadline_ms)", "if (0)")]),
    ("what must wait is dropped, not latched", [
        ("match/flight.c", "    list_push_back(&engine->latched, &latch->link);\n    return true;", "    return true;")]),
    ("a refusal's rows are not adopted", [
        ("match/adopt.c", "        if (whole(result, &result->row[i]))",
         "        if (result->outcome != OUTCOME_REFUSED && whole(result, &result->row[i]))")]),
    ("an older result replaces a newer", [
        ("match/duty.c", "    if (seq < duty->subject.seq)\n        return;\n", "")]),
    ("no back-off", [
        ("match/peer.c", "    if (match_ticket_offers(offer->ticket) < engine->limits.offers_max)\n        return 0;",
         "    if (1)\n        return 0;"),
        ("match/ticket.c", "} else if (match_ticket_offers(ticket) >= engine->limits.offers_max) {", "} else if (0) {")]),
    ("a pause does not revoke", [
        ("match/peer.c", "command.set_duty.revoke = event->kind == EVENT_PAUSE;", "command.set_duty.revoke = false;")]),
    ("stale proofs of life are good enough", [
        ("match/line.c", "    return engine->now_ms - ticket->presence.seen_ms <= engine->limits.fresh_ms;", "    return true;"),
        ("match/line.c", "            REQUIRE(!is_fresh(engine, ticket)); /* Law 1 */\n", "            (void)ticket;\n")]),
    ("peers who are away are offered to", [
        ("match/duty.c", "duty->asking || duty->presence.away)", "duty->asking)")]),
    ("peers who rest are offered to", [
        ("match/duty.c", "return engine->now_ms >= duty->row.rest_until_ms &&", "return")]),
    ("a peer's own maximum a day is not looked at", [
        ("match/duty.c", "    if (duty->row.day_max == 0)\n        return room;", "    if (1)\n        return room;")]),
    ("open offers do not count in a day", [
        ("match/duty.c", "today = duty->offers;", "today = 0;")]),
    ("a day is a millisecond longer", [
        ("match/duty.c", "duty->begun[at].at_ms <= since_ms", "duty->begun[at].at_ms < since_ms")]),
    ("talks begun are not counted", [
        ("match/adopt.c", "            match_duty_begun(engine, duty, &row->talk);", "            ;")]),
    ("a talk counts twice in a day", [
        ("match/duty.c", "        if (duty->begun[i].talk == talk->id)\n            return;", "        ;")]),
    ("nobody wakes at the end of a day", [
        ("match/duty.c", "    if (duty->row.day_max == 0 || first == duty->begins)\n        return MATCH_NEVER;",
         "    if (1)\n        return MATCH_NEVER;")]),
    ("a batch knows nothing of the day", [
        ("match/batch.c", "assign->capacity[duty->batch_index] = match_duty_room(engine, duty);",
         "assign->capacity[duty->batch_index] = (uint8_t)(duty->row.capacity - match_duty_used(duty));")]),
    ("a hold does not tighten when proposed", [
        ("match/bar.c", "        set_held(engine, event->member, true);", "        ;")]),
    ("a block does not tighten when proposed", [
        ("match/fit.c", "if (match_flight_blocks(engine, ticket->row.member, duty->row.member))", "if (0)")]),
    ("musts and must_nots are forgotten", [
        ("match/fit.c", "return age != UINT32_MAX && match_ticket_age(engine, ticket) >= age;", "return true;")]),
    ("tickets live for ever", [
        ("match/ticket.c", "due[TICKET_LIFETIME] = ticket->row.expires_ms;", "due[TICKET_LIFETIME] = UINT64_MAX;")]),
    ("a lost seeker's ticket stays", [
        ("match/presence.c", "    presence->away = true;\n", "")]),
    ("a replayed answer is not told apart", [
        ("match/peer.c", "    else if (offer->row.state == OFFER_REVOKED)\n        err = ERR_OFFER_GONE;", "    else if (0)\n        ;")]),
    ("a late row brings an ended talk back", [
        ("match/adopt.c", "return flight->kind == COMMAND_ACCEPT &&", "return true || flight->kind == COMMAND_ACCEPT &&")]),
    ("two lapses of a peer at a time", [
        ("match/peer.c", "(lapsing(duty) || match_subject_busy(&duty->subject))", "0")]),
    ("holds of one member overtake each other", [
        ("match/bar.c", "    if (match_flight_holds(engine, event->member, event) ||\n        (held", "    if ((held")]),
    ("one candidate in seven is missed", [
        ("match/fit.c", "    return ticket->row.pool == duty->row.pool &&\n",
         "    return ticket->row.pool == duty->row.pool && duty->row.member % 7 != 0 &&\n")]),
    ("the record does not count", [
        ("match/fit.c", "        duty->row.yes, duty->row.total);", "        0, 0);")]),
    ("ties go to the greater h", [
        ("match/rank.c", "return a->h < b->h;", "return a->h > b->h;")]),
    ("the load does not count", [
        ("match/rank.c", "return a->load < b->load;", ";")]),
    ("the standard is of the free only", [
        ("match/fit.c", "    if (!match_fit_cards(engine, ticket, duty))\n        return;\n",
         "    if (!match_fit_cards(engine, ticket, duty) || !match_duty_free(engine, duty))\n        return;\n")]),
    ("who is found at once need not reach the standard", [
        ("match/index.c", "        theta_of(sweep->engine, sweep->ticket, match_sweep_most(sweep));\n", "        0;\n")]),
    ("fewer than were asked for are found at once", [
        ("match/index.c", "    if (match_sweep_top(sweep) == sweep->k)\n", "    if (match_sweep_top(sweep) > 0)\n")]),
    ("the standard does not fall", [
        ("match/index.c", "    uint64_t waited = match_ticket_age(engine, ticket);\n", "    uint64_t waited = 0;\n")]),
    ("danger is not first", [
        ("match/line.c", "return ticket->row.danger ? since : since | TURN_LATER;", "return since | TURN_LATER;")]),
    ("danger takes whoever is best", [
        ("match/agenda.c", "if (ticket->row.danger &&\n        match_index_top", "if (0 &&\n        match_index_top")]),
    ("moments come in no order of the batch", [
        ("match/agenda.c", "&ticket->moment, match_line_turn(ticket));", "&ticket->moment, 0);")]),
    ("a look along the line goes on whatever came between", [
        ("match/agenda.c", "    engine->look.duty = NULL;\n}", "}")], "match/agenda"),
    ("a look that something came between is given no more time", [
        ("match/agenda.c", "        engine->look.vain++;", "        ;")], "match/agenda"),
    ("of a look along the line the last slice alone counts", [
        ("match/agenda.c", "    if (look->duty != duty) /* Law 3 */\n        *look = (struct match_look){.duty = duty, .vain = look->vain};\n",
         "    *look = (struct match_look){.duty = duty, .last = look->duty == duty ? look->last : NULL};\n")], "match/agenda"),
    ("a look along the line is taken at once", [
        ("match/agenda.c", "        if (engine->work - begun >= (uint64_t)SLICE_WORK << look->vain)\n", "        if (0)\n")], "match/agenda"),
    ("what a call is refused holds off the end of a ticket", [
        ("match/adopt.c", "    if (flight->call != 0 || flight->kind == COMMAND_OFFER)", "    if (flight->kind == COMMAND_OFFER)")], "match/fire"),
    ("danger does not get a freed slot at once", [
        ("match/agenda.c", "    if (ticket->row.danger || match_ticket_wishes(engine, ticket)) {", "    if (match_ticket_wishes(engine, ticket)) {")]),
    ("who is fresh still leaves the line after a gap", [
        ("match/engine.c", "passed_ms > engine->limits.fresh_ms)", "passed_ms >= engine->limits.fresh_ms)")], "match/line"),
    ("who leaves the line after a gap is in the batch's still", [
        ("match/line.c", "    heap_clear(&engine->line);\n", "    ;\n")], "match/line"),
    ("who waits is in no list", [
        ("match/line.c", "        list_push_back(waiting, &ticket->wait_link);\n", "        ;\n")]),
    ("danger is in line behind the others", [
        ("match/line.c", "    if (ticket->ahead)\n", "    if (!ticket->ahead)\n")]),
    ("who could not leave, for want of room, is not offered to", [
        ("match/turn.c", "    duty->closing = match_flight_closes(engine, 0, duty->row.member);\n", "")], "match/turn"),
    ("who could not withdraw, for want of room, is offered nobody", [
        ("match/turn.c", "    ticket->closing = match_flight_closes(engine, ticket->row.id, 0);\n", "")], "match/turn"),
    ("who could not be held, for want of room, is", [
        ("match/turn.c", "        match_bar_lift(engine, event->member);\n", "        ;\n")], "match/turn"),
    ("who wants to leave twice is offered to once more", [
        ("match/turn.c", "    duty->closing = match_flight_closes(engine, 0, duty->row.member);\n", "    duty->closing = false;\n")], "match/turn"),
    ("a hold that was refused in the end holds", [
        ("match/bar.c", "        set_held(engine, event->member, false); /* there was no other */\n", "        match_bar_lift(engine, event->member);\n")], "match/turn"),
    ("a back-off that is earned again is slept through", [
        ("match/ticket.c", "    heap_set(&engine->naps, &ticket->nap, due[TICKET_BACKOFF]);\n", ""),
        ("match/ticket.c", "    for (int i = 0; i < TICKET_TIMERS; i++)\n        heap_set(&engine->timers, &ticket->timer[i].due, due[i]);\n",
         "    for (int i = 0; i < TICKET_TIMERS; i++)\n        heap_set(&engine->timers, &ticket->timer[i].due, due[i]);\n    heap_set(&engine->naps, &ticket->nap, due[TICKET_BACKOFF]);\n")], "match/line"),
    ("a hold that was refused counts on", [
        ("match/turn.c", "    match_bar_over(engine, event->kind);\n", "")], "match/turn"),
    ("holds are not counted", [
        ("match/bar.c", "        ++*count;\n", "        *count += kind == EVENT_BLOCK;\n")]),
    ("a hold leaves the talks of a seeker as they are", [
        ("match/bar.c", "    while ((talk = match_talk_sought(engine, member, talk)))\n        match_flight_lock(engine, flight, &talk->subject);\n", "")], "match/turn"),
    ("a hold does not wait for the talks of a seeker", [
        ("match/bar.c", "    while ((talk = match_talk_sought(engine, member, talk)))\n        if", "    while (0)\n        if")]),
    ("one talk of a seeker is found", [
        ("match/talk.c", "    return after && next == first ? NULL : next;\n", "    return after ? NULL : next;\n")]),
    ("a talk that ended is found", [
        ("match/talk.c", "    leave_ring(engine, talk);\n", "")]),
    ("who is offered somebody counts as waiting", [
        ("match/ticket.c", "    engine->tickets_in[row->state]++;\n", "    engine->tickets_in[row->state == TICKET_OFFERED ? TICKET_WAITING : row->state]++;\n")]),
    ("of a few who are free one is not looked at", [
        ("match/sweep.c", "    for (uint32_t i = 0; i < n && n <= FEW; i++) {", "    for (uint32_t i = 1; i < n && n <= FEW; i++) {")], "match/index"),
    ("a few who are free need not reach the standard", [
        ("match/sweep.c", "        if (p >= s->theta &&\n            (s->who", "        if ((s->who")], "match/index"),
    ("a few who are free are as good as trained", [
        ("match/sweep.c", "(s->who != SWEEP_CRISIS ||", "(1 ||")], "match/index"),
    ("more than a few are thought to be all", [
        ("match/slice.c", "                        return most + 1;\n", "                        return most;\n")], "match/index"),
    ("who is in flight stays in line", [
        ("match/flight.c", "    if (subject->kind == SUBJECT_TICKET)\n", "    if (0)\n")]),
    ("who was not seen for a while is first in line", [
        ("match/line.c", "        if (is_fresh(engine, ticket)) /* danger", "        if (1) /* danger")]),
    ("a back-off ends with its TICK", [
        ("match/fire.c", "            match_line_up(engine,", "            if (0) match_line_up(engine,")]),
    ("who stands in line stands in half of it", [
        ("match/line.c", "    heap_set(&engine->line, &ticket->turn, match_line_turn(ticket));\n", "")]),
    ("who rests is woken by nobody but their TICK", [
        ("match/fire.c", "            match_duty_woken(engine,", "            if (0) match_duty_woken(engine,")], "match/index"),
    ("of those who rest one is woken", [
        ("match/fire.c", "    while ((nap = heap_pop(&engine->naps, engine->now_ms))) {", "    if ((nap = heap_pop(&engine->naps, engine->now_ms))) {")], "match/index"),
    ("a day that ends after the rest is not seen to", [
        ("match/duty.c", "    heap_set(&engine->naps, &duty->nap, next_free_ms(engine, duty));\n", "")], "match/fire"),
    ("the older of two gets a freed slot", [
        ("match/agenda.c", "        look->several = look->one != NULL;\n        look->one = ticket;\n",
         "        if (!look->one || match_line_before(ticket, look->one))\n            look->one = ticket;\n")]),
    ("a batch's offers in another order", [
        ("match/line.c", "return ticket->row.danger ? since : since | TURN_LATER;", "return ticket->row.danger ? since : (TURN_LATER - since) | TURN_LATER;")]),
    ("a batch forgets the age", [
        ("match/batch.c", "    if (age > limits->age_max)\n        age", "    if (1)\n        age = 0;\n    if (age > limits->age_max)\n        age")]),
    ("a batch takes fewer tickets", [
        ("match/batch.c", "(uint32_t)engine->limits.batch_tickets);", "(uint32_t)engine->limits.batch_tickets / 2 + 1);")]),
    ("a batch takes the first edge of each", [
        ("match/assign.c", "    REQUIRE(a->tickets <= a->tickets_max);\n", "    for (uint32_t t = 0; t < a->tickets; t++)\n"
         "        a->edges[t] = a->edges[t] > 0;\n")]),
    ("nobody compatible is told as all busy", [
        ("match/why.c", "    if (*peers > 0)\n", "    if (1)\n")]),
    ("five are said to be few", [
        ("match/view.c", "ticket->bound_peers < INDEX_TOLD", "ticket->bound_peers <= INDEX_TOLD")]),
    ("a must that binds four is told", [
        ("match/why.c", "match_index_compatible(engine, ticket) == INDEX_TOLD", "match_index_compatible(engine, ticket) >= 4")]),
    ("what is asked without a must leaves it out", [
        ("match/why.c", "        *hand = whole;\n", "")]),
    ("another must is said to bind", [
        ("match/why.c", "            binding |= (uint32_t)1 << i; /* Law 2 */", "            binding |= (uint32_t)2 << i;")]),
    ("nobody on duty is told as none compatible", [
        ("match/why.c", "return engine->slices.pool[ticket->row.pool].n > 0 ?", "return 1 ?")]),
    ("the best that is remembered outlives an exclusion", [
        ("match/index.c", "           engine->now_ms < best->until_ms &&\n", "")]),
    ("the best that is remembered outlives its holder's change", [
        ("match/index.c", " && known == best->p;", ";")]),
    ("the best that is remembered outlives its holder's bar", [
        ("match/index.c", "    if (!duty || duty->row.state != DUTY_ON ||\n        !match_fit_hard(engine, ticket, duty))\n", "    if (!duty || duty->row.state != DUTY_ON)\n")]),
    ("who reaches the standard of who was the best is wanted", [
        ("match/index.c", "ticket, match_sweep_most(&sweep)))\n            return true;", "ticket, known))\n            return true;")], "match/index"),
    ("who does not reach the standard of the most there may be is not wanted", [
        ("match/index.c", "        if (p < theta_of(engine, ticket, known))\n", "        if (p < theta_of(engine, ticket, match_sweep_most(&sweep)))\n")], "match/index"),
    ("only the first of two may meet the other again", [
        ("match/index.c", "    for (int i = 0; i < 2; i++)\n        if (of[i])\n", "    for (int i = 0; i < 1; i++)\n        if (of[i])\n")], "match/index"),
    ("the best that is remembered outlives an unblock", [
        ("match/adopt.c", "        match_index_part(engine, row->a, row->b); /* it may permit */", "        {}")]),
    ("the best that is remembered outlives a hold", [
        ("match/bar.c", "            match_index_rise(engine, duty); /* somebody's best, it may be */", "            {}")], "match/index"),
    ("the best that is remembered outlives a refused block", [
        ("match/adopt.c", "        match_index_part(engine, was.member, was.other); /* if refused */", "        ;")],
     "match/index"),
    ("the best that is remembered outlives a block without room", [
        ("match/bar.c", "        match_index_part(engine, event->member, other); /* it forbade */\n", "")],
     "match/index"),
    ("who comes is not held against what is remembered", [
        ("match/index.c", "    match_index_rise(engine, duty);\n", "")]),
    ("the ring of who came runs over", [
        ("match/index.c", "           pool->rises - best->rises <= STATE_RISEN && known", "           known")]),
    ("a grade that ends later is not heard of", [
        ("match/duty.c", "    if (row->grade_until_ms != was.grade_until_ms) ", "    if (0) ")], "match/index"),
    ("a column keeps its old hand", [
        ("match/bar.c", "        match_index_drop(engine, duty);\n", "        ;\n"),
        ("match/bar.c", "        match_index_put(engine, duty);\n", "        ;\n")]),
    ("a peer who frees a slot has no bit of it", [
        ("match/offer.c", "    match_index_touch(engine, offer->duty);\n", "")]),
    ("a load is remembered too long", [
        ("match/slice.c", "    place->load = (uint8_t)load->offers;\n", "")]),
    ("a load outlives the offers it counts", [
        ("match/duty.c", "            oldest = b;\n", "            oldest = b + 1;\n")], "match/index"),
    ("a load is taken for known for ever", [
        ("match/sweep.c", "!match_slice_knows(place, match_duty_bucket(s->engine))", "0")], "match/index"),
    ("the bits say a load that is over", [
        ("match/slice.c", "match_slice_knows(&place[i], s->block[block].bucket)", "true")], "match/slice"),
    ("what was a load is said of an empty place", [
        ("match/slice.c", "i < n && i < 64", "i < 64")], "match/slice"),
    ("the bits of loads stay in their bucket", [
        ("match/slice.c", "    if (slices->block[block].bucket == bucket)\n", "    if (1)\n")], "match/slice"),
    ("who has fewer offers is passed over with those who have more", [
        ("match/sweep.c", "match_slice_laden(walk->slices, taken->block, walk->load_end, bucket,",
         "match_slice_laden(walk->slices, taken->block, walk->load_end > 1 ? walk->load_end - 1 : 1, bucket,")], "match/index"),
    ("equals before the one who was found do not matter", [
        ("match/sweep.c", "    if (last->load == 0 && last->h < h)\n", "    if (last->load == 0)\n")]),
    ("nor do those of less load", [
        ("match/sweep.c", "    if (last->load == 0 && last->h < h)\n", "    if (last->h < h)\n")], "match/index"),
    ("nor equals of the same load", [
        ("match/sweep.c", "last->load + (last->h >= h);", "last->load;")], "match/index"),
    ("bits are sure of who requires two groups", [
        ("match/slice.c", "set && hand->musts > 1", "0")], "match/probe"),
    ("bits are sure where terms share a row", [
        ("match/probe.c", "    return probe->sure && /* Law 4 */\n           (picky", "    return (picky")], "match/probe"),
    ("bits are believed where they are only a sign", [
        ("match/sweep.c", "    if (walk.trusting && !confirmed(sweep)) { /* one by one, then */", "    if (0) {")]),
    ("the probe passes over who fits just so", [
        ("match/sweep.c", "(((uint64_t)p << 16) + most - 1) / most;", "(((uint64_t)p << 16) + most - 1) / most + 64;")]),
    ("the search ends a sweep too soon", [
        ("match/sweep.c", "        if (walk->least >= walk->aimed)\n            break; ", "        break; ")]),
    ("of many equal ones the walk ends before those of more h that matter", [
        ("match/sweep.c", "walk->over = walk->h_end <= h;", "walk->over = true;")], "match/index"),
    ("a row that some terms share says who has one of them", [
        ("match/probe.c", "        if (p->plain && i >= from)\n", "        if (i >= from)\n")], "match/probe"),
    ("who is left has a group's first term, though another was enough", [
        ("match/probe.c", "add_to_group(&p->rows.wanted, wanted, p->level[j].row);\n            return i;",
         "add_to_group(&p->rows.wanted, wanted, p->level[j].row);\n            return first;")], "match/probe"),
    ("only one of a pair is known to be named", [
        ("match/pair.c", "        ++*named(pairs, row->b);\n", "")], "match/pair"),
    ("a moved column loses its bit", [
        ("match/slice.c", "        write_bit(column_of(s, place), SLICE_FREE, is_free);\n", "")]),
    ("a must that no term shares is passed over", [
        ("match/probe.c", "        if (p->rows.must.n == before)\n            p->nobody = true;\n", "")],
     "match/probe"), # the cards have the last word: it costs time alone
    ("one group a peer requires lets in whoever has nothing", [
        ("match/narrow.c", "    alive->words &= any.words;\n", "")],
     "match/narrow"), # as above
    ("who seeks nothing is scored as who does", [
        ("match/probe.c", "    if (profile == PROFILE_NONE)\n", "    if (0)\n")]),
    ("rarity is restored by half", [
        ("match/rarity.c", "    rarity->term[at].count_q8 = count_q8;\n    return", "    rarity->term[at].count_q8 = count_q8 / 2;\n    return")]),
    ("a member on both sides counts twice", [
        ("match/fire.c", "        members--; /* a member counts once */\n", "")]),
    ("an attend that is not stored counts", [
        ("match/fire.c", "            discount(&pool->rarity, &duty->hand, NULL);\n", "            ;\n")]),
    ("what both cards of a member have counts twice", [
        ("match/fire.c", "        discount(&pool->rarity, &duty->hand, &ticket->hand);\n", "")]),
    ("scores outlive the rarities they came from", [
        ("match/fire.c", "    match_index_unsettle(engine);\n", "")], "match/index"),
    ("a must that relaxes is no moment", [
        ("match/fire.c", "    case TIMER_RELAX:\n    case TIMER_BACKOFF:\n        match_agenda_ticket(engine, ticket);\n", "    case TIMER_RELAX:\n    case TIMER_BACKOFF:\n")]),
    ("relaxing waits for the next change", [
        ("match/ticket.c", "        if (age != UINT32_MAX)\n", "        if (0)\n")]),
    ("a relaxed must holds on", [
        ("match/hand.c", "        if (a->must[i].relax_after_ms == 0)\n", "        if (1)\n")]),
    ("the exclusion of a bond holds", [
        ("match/pair.c", "return bond ? 0 : rests_ms;", "return rests_ms;")]),
    ("a return starts the age anew, in memory", [
        ("match/ticket.c", "    match_agenda_ticket(engine, ticket);\n}", "    ticket->row.since_ms = engine->now_ms;\n    match_agenda_ticket(engine, ticket);\n}")]),
    ("a freed slot waits for the batch", [
        ("match/offer.c", "    if (row->state != OFFER_ACCEPTED) /* else the slot is the talk's */\n        match_agenda_duty(engine, duty);\n", "")]),
    ("who comes back waits for the batch", [
        ("match/presence.c", "    if (back || stale)\n", "    if (0)\n")]),
]
STORE = [
    ("an operation that was the last is carried out again", [
        ("store/memory_mail.c", "    if (like->op > of(keeper)->op_most)", "    if (like->op >= of(keeper)->op_most)")]),
    ("a return starts the age anew", [
        ("store/move.c", "    offer->state = state;\n", "    offer->state = state;\n    ticket->since_ms = work->now_ms;\n")]),
    ("used is not given back when revoked", [
        ("store/move.c", "    offer->state = state;\n    duty->used--;",
         "    offer->state = state;\n    duty->used -= state != OFFER_REVOKED;")]),
    ("an old card will do", [
        ("store/decide_member.c", "return member->card_version[role] == version ? ERR_NONE : ERR_CARD_VERSION;",
         "return ERR_NONE;")]),
    ("what was done is done again", [
        ("store/decide_replay.c", "    if (!work->keeper->ops->done(work->keeper, done))\n        return false;",
         "    return false;")]),
    ("a key is good for more than one thing", [
        ("store/decide.c", "work->keeper->ops->put_memo(work->keeper, &made);", ";")]),
    ("a claim leaves duties on", [
        ("store/memory_rows.c", "        subject->row.row.duty.state = DUTY_OFF;", "        ;")]),
    ("a block holds one way only", [
        ("store/decide_pair.c", "if (stands(work, block) || stands(work, back))", "if (stands(work, block))")]),
    ("an old epoch writes on", [
        ("store/decide.c", "    if (work->command->epoch != work->keeper->ops->epoch(work->keeper)) {", "    if (0) {")]),
    ("a block leaves the talk", [
        ("store/decide_pair.c", "        if (!talk || talk->state == TALK_ENDED ||", "        if (other != 0 || !talk || talk->state == TALK_ENDED ||")]),
    ("a lapse never pauses", [
        ("store/decide_offer.c", "        duty->lapses++;", "        ;")]),
    ("a decline excludes nobody", [
        ("store/decide_offer.c", "    part(work, offer, work->command->decline.rests_until_ms);\n", "")]),
    ("an attend forgets the rest", [
        ("store/decide_duty.c", "        if (old.rest_until_ms > duty->rest_until_ms)", "        if (0)")]),
    ("an attend is not told the talks of the day", [
        ("store/decide_duty.c", "duty && duty->day_max > 0 ? begun(work, member, since_ms, id) : 0;", "0;"),
        ("store/decide_offer.c", "        store_decide_duty_full_today(work, duty,\n"
         "                                     work->command->offer.day_since_ms))", "        0)")]),
    ("a hold leaves the offers open", [
        ("store/decide_pair.c", "    store_move_revoke_all(work, member.id);\n", "")]),
    ("an age is lent twice", [
        ("store/decide_ticket.c", "    if (talk->carry & CARRY_LENT ||", "    if (0 ||")]),
    ("not a fit again and again", [
        ("store/decide_offer.c", "                                     .carry = ticket->carry,\n", "")]),
    ("an age is lent for ever", [
        ("store/decide_ticket.c", "work->now_ms - talk->ended_ms >= within_ms", "0")]),
    ("anybody's talk lends its age", [
        ("store/decide_ticket.c", "    if (!talk || talk->seeker != command->open_ticket.ticket.member) {", "    if (!talk) {")]),
    ("the talk counts as waiting", [
        ("store/decide_ticket.c", "    if (talk->why == TALK_WHY_NO_SHOW)\n        ticket->since_ms -=", "    if (1)\n        ticket->since_ms -=")]),
    ("who stays away grows older", [
        ("store/decide_ticket.c", "after_ms < grace_ms ? after_ms : grace_ms", "after_ms")]),
    ("what lends its age is not passed on", [
        ("match/seeker.c", "    ticket->after = event->ask.after;\n", "")]),
    ("the reason of the wait after a wish is not told", [
        ("match/ticket.c", "         (ticket->bound_one && !match_ticket_wishes(engine, ticket))))", "         0))")]),
    ("without a bond one is asked for", [
        ("store/decide_ticket.c", "    if (!store_decide_talk_bond(talk))", "    if (0)")]),
    ("a wish is for oneself", [
        ("store/decide_ticket.c", "    ticket->wish = talk->peer;", "    ticket->wish = talk->seeker;")]),
    ("a wish is forgotten", [
        ("match/seeker.c", "                                   .wish_talk = event->ask.wish,\n", "")]),
    ("who waits for one is offered to another", [
        ("match/fit.c", "        duty->row.member != ticket->row.wish)", "        0)"),
        ("match/sweep.c", "    if (match_ticket_wishes(s->engine, s->ticket)) {\n", "    if (0) {\n")]),
    ("danger waits for one", [
        ("match/ticket.c", "    return ticket->row.wish != 0 && !ticket->row.danger &&\n", "    return ticket->row.wish != 0 &&\n")]),
    ("the end of a wish is no moment", [
        ("match/ticket.c", "            ticket->row.wish_until_ms < due[TICKET_RELAX])", "            0)")]),
    ("a wish has to share", [
        ("match/agenda.c", "    if (ticket->row.danger || match_ticket_wishes(engine, ticket)) {", "    if (ticket->row.danger) {")]),
    ("who is met is not named", [
        ("match/agenda.c", "        row->met = ticket->row.wish_talk;\n", "        ;\n")]),
    ("whom one waits for is told of", [
        ("match/why.c", "                 ? 1 /* Law 1 */", "                 ? 5")]),
    ("danger is not kept", [
        ("store/decide_ticket.c", "    ticket->danger = true;\n", "")]),
    ("danger of another's ticket", [
        ("store/decide_ticket.c", "    if (ticket->member != member) {", "    if (0) {")]),
    ("danger that is raised is no moment", [
        ("match/ticket.c", "    else if (raised && row->state == TICKET_WAITING)\n        match_agenda_ticket(engine, ticket);\n", "")]),
    ("danger does not lock the offer", [
        ("match/seeker.c", "    match_flight_lock(engine, flight, &ticket->subject);\n    if (ticket->offer)\n        match_flight_lock(engine, flight, &ticket->offer->subject);\n    return true;", "    match_flight_lock(engine, flight, &ticket->subject);\n    return true;")]),
    ("danger of a busy ticket is dropped", [
        ("match/flight.c", "    list_push_back(&engine->latched, &latch->link);\n", "    if (event->kind != EVENT_DANGER)\n        list_push_back(&engine->latched, &latch->link);\n")]),
    ("a replay hides what closed since", [
        ("store/decide_replay.c", "            show_offer(work, done->id[i]);", "            (void)store_work_offer(work, done->id[i]);")]),
]


def bits():
    """Each place where bits of columns are set, kept or cleared, left out."""
    for name, test in (("slice", ["match/slice"]), ("narrow", ["match/narrow"])):
        path = REPO / "src" / "match" / f"{name}.c"
        text = path.read_text()
        for found in re.finditer(r"^ +[^;={}()]*? (\||&)= ?(~?)[^;]*;", text, re.M):
            what = "set" if found[1] == "|" else "cleared" if found[2] else "held against"
            if text.count(found[0]) == 1:
                line = text.count("\n", 0, found.start()) + 1
                yield (f"{path.name}:{line}: bits are not {what}", [(f"match/{path.name}", found[0], "    ;")], *test)


def sources(top):
    keep = [p for part in ("base", "match", "store") for p in sorted((top / "src" / part).glob("*.c"))
            if not re.match(r"sqlite|query|schema|postgres", p.name)]
    return keep + sorted((top / "tests" / "sim").glob("*.c"))


def compile_one(top, out, path):
    made = out / (str(path.relative_to(top)).replace("/", "_") + ".o")
    done = subprocess.run(["cc", *FLAGS, "-c", str(path), "-o", str(made)], cwd=top, capture_output=True, text=True)
    return made if done.returncode == 0 else sys.exit(f"{path.name}: {done.stderr[:1000]}")


def simulate(exe, seeds):
    done = subprocess.run([str(exe), "--seeds", str(seeds)], capture_output=True, text=True, timeout=300)
    if done.returncode == 0:
        return f"NOT FOUND in {seeds} seeds", False
    seed = re.search(r"^FAILED seed (\d+) step (\d+)", done.stderr, re.M)
    words = next((line for line in done.stderr.splitlines() if line.strip()), "?")
    words = re.sub(r"^.*?:\d+: ", "", words)
    where = f"seed {seed[1]}, step {seed[2]}" if seed else f"exit {done.returncode}"
    return f"{where}: {words[:110]}", True


def unit_test(exe, test):
    done = subprocess.run([str(exe)], capture_output=True, text=True, timeout=300)
    return (f"NOT FOUND by unit/{test}", False) if done.returncode == 0 else (f"unit/{test}: found", True)


def run(top, edits, test, objects, out, seeds):
    changed = dict(objects)
    originals = {}
    try:
        for file, old, new in edits:
            path = top / "src" / file
            text = path.read_text()
            originals.setdefault(path, text)
            if text.count(old) != 1:
                return f"{text.count(old)} places fit in {file}: the mutant needs care", False
            path.write_text(text.replace(old, new))
        (out / "mutant").mkdir(exist_ok=True)
        for path in originals:
            try:
                changed[path] = compile_one(top, out / "mutant", path)
            except SystemExit as error:
                return f"does not compile: the mutant needs care: {error}"[:200], False
        if test:
            changed = {path: made for path, made in changed.items() if path.is_relative_to(top / "src")}
            path = top / "tests" / "unit" / f"{test}_test.c"
            changed[path] = compile_one(top, out / "mutant", path)
        exe = out / "mutant" / "exe"
        subprocess.run(["cc", *map(str, changed.values()), "-lm", "-o", str(exe)], check=True)
    finally:
        for path, text in originals.items():
            path.write_text(text)
    try:
        return unit_test(exe, test) if test else simulate(exe, seeds)
    except subprocess.TimeoutExpired:
        return "never comes to an end: found", True


parser = argparse.ArgumentParser()
parser.add_argument("--seeds", type=int, default=3000)
parser.add_argument("names", nargs="*")
args = parser.parse_args()
missed = 0
with tempfile.TemporaryDirectory() as folder:
    top, out = pathlib.Path(folder, "tree"), pathlib.Path(folder, "out")
    out.mkdir()
    for part in ("src/base", "src/match", "src/store", "tests/sim", "tests/lib", "tests/unit/match"):
        shutil.copytree(REPO / part, top / part)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        paths = sources(top)
        objects = dict(zip(paths, pool.map(lambda p: compile_one(top, out, p), paths)))
    chosen = [(part, name, edits, test[0] if test else None)
              for part, mutants in (("engine", ENGINE), ("index", bits()), ("store", STORE))
              for name, edits, *test in mutants
              if not args.names or any(n in name for n in args.names)]
    for test in {test for *_, test in chosen}:
        found, ok = run(top, [], test, objects, out, min(args.seeds, 100))
        if ok:
            sys.exit(f"fails as it is: {found}")
    for part, name, edits, test in chosen:
        found, ok = run(top, edits, test, objects, out, args.seeds)
        missed += not ok
        print(f"{part:6} {name:50} {found}", flush=True)
print(f"{missed} not found")
sys.exit(missed != 0)
