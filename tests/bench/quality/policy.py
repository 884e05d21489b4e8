"""policy -- what others do with the same day: the same offers, answers, lapses,
rest and capacity as ENGINE.md §3 and §4, another choice of who meets whom.

  fcfs     first come first served: an ask gets its best free compatible peer at
           once; a peer who comes free gets the oldest compatible ticket
  any      what a list on a screen does: as fcfs, but whichever peer is free,
           by the hash of the pair, not the best
  greedy   the best pair that is possible now: as fcfs, but a peer who comes free
           gets the waiting ticket with the highest P

None looks at danger, standards, loads or batches.  A ticket that was refused is
offered on at once with its age; the same pair is not tried again."""
import heapq

import numpy as np

from day import NEVER, OFFER_DANGER_MS, OFFER_MS, tie

SLACK_MS, TICKET_MS, GRACE_MS, JOIN_MS = 250, 1_800_000, 60_000, 60_000
LAPSES_MAX, OFFERS_MAX, BACKOFF_MS = 2, 20, 60_000
POLICIES = ("fcfs", "any", "greedy")
WAITING, OFFERED, OVER = 0, 1, 2


class Run:
    """What a policy did: ticket, peer, at_ms, p and met (both came) per match."""

    def __init__(self):
        self.matches, self.offers, self.declined, self.lapsed = [], [], 0, 0

    def arrays(self):
        m = np.array(self.matches, np.int64).reshape(-1, 5)
        return m[:, 0], m[:, 1], m[:, 2], m[:, 3], m[:, 4].astype(bool)


class Desk:
    def __init__(self, day, pairs, policy):
        self.day, self.pairs, self.policy, self.run = day, pairs, policy, Run()
        tickets, peers = len(day.ticket), len(day.peer)
        self.refused_by, self.refused_of = [set() for _ in range(peers)], [set() for _ in range(tickets)]
        self.state, self.away = np.full(tickets, OVER), np.zeros(tickets, bool)
        self.offer = [None] * tickets  # (peer, number, P, says yes)
        self.tries, self.backoff = np.zeros(tickets, int), np.zeros(tickets, np.int64)
        self.used, self.resting = np.zeros(peers, int), np.zeros(peers, np.int64)
        self.on, self.paused, self.lapses = np.zeros(peers, bool), np.zeros(peers, bool), np.zeros(peers, int)
        self.open = [set() for _ in range(peers)]  # tickets offered to them
        self.waiting = {}  # in order of age
        self.events, self.count = [], 0

    def later(self, t, what, *who):
        self.count += 1
        heapq.heappush(self.events, (t, self.count, what, who))

    def go(self):
        for p, peer in enumerate(self.day.peer):
            self.later(peer["from"], self.attend, p)
            for t in peer["resumes"]:
                self.later(t, self.resume, p)
            if peer["until"] < NEVER:
                self.later(peer["until"], self.leave, p)
        for t, ticket in enumerate(self.day.ticket):
            self.later(ticket["t"], self.ask, t)
            for gone, what in (("lost", self.lose), ("withdrawn", self.end)):
                if ticket[gone] < NEVER:
                    self.later(ticket[gone], what, t)
        while self.events:
            self.now, _, what, who = heapq.heappop(self.events)
            what(*who)
        return self.run

    # ---- moments ----

    def free(self, p):
        return (self.on[p] & ~self.paused[p] & (self.used[p] < self.day.peer_capacity[p])
                & (self.resting[p] <= self.now))

    def best(self, able, p, ticket, peer):
        """Which of those who are able; None: nobody is."""
        if not able.any():
            return None
        p = np.where(able, 1 if self.policy == "any" else p, -1)
        most = np.nonzero(p == p.max())[0]
        ids = (np.broadcast_to(x, p.shape)[most] for x in (self.day.ticket_id[ticket], self.day.peer_id[peer]))
        return int(most[tie(*ids).argmax()])

    def place(self, t):
        """A ticket's moment."""
        if self.state[t] != WAITING or self.away[t] or self.backoff[t] > self.now:
            return
        for peers, p, hard in self.pairs.rows(t):
            able = self.free(peers) & (hard <= self.now - self.day.ticket_t[t])
            if self.refused_of[t]:
                able &= ~np.isin(peers, list(self.refused_of[t]))
            at = self.best(able, p, t, peers)
            if at is not None:
                self.propose(t, int(peers[at]))
                return

    def fill(self, p):
        """A peer's moment, repeated while a slot is free."""
        while self.free(p) and self.waiting:
            t = np.fromiter(self.waiting, np.int64, len(self.waiting))
            score, hard = self.pairs.column(t, p)
            able = (hard <= self.now - self.day.ticket_t[t]) & ~self.away[t] & (self.backoff[t] <= self.now)
            if self.refused_by[p]:
                able &= ~np.isin(t, list(self.refused_by[p]))
            at = self.best(able, score, t, p) if self.policy == "greedy" else int(able.argmax())
            if at is None or not able[at]:
                return
            self.propose(int(t[at]), p)

    def propose(self, t, p):
        day = self.day
        self.state[t] = OFFERED
        del self.waiting[t]
        self.used[p] += 1
        self.open[p].add(t)
        self.tries[t] += 1
        self.run.offers.append((t, p, self.now))
        life = OFFER_DANGER_MS if day.danger[t] else OFFER_MS
        p_, _, yes, after = (x[0] for x in self.pairs.at(np.array([t]), np.array([p])))
        self.offer[t] = (p, self.count, int(p_), bool(yes))
        if after >= 0 and (after < life or not yes and after < life + SLACK_MS):
            self.later(self.now + int(after), self.answer, t, self.offer[t])
        else:
            self.later(self.now + life + SLACK_MS, self.lapse, t, self.offer[t])

    def close(self, t):
        """The open offer of t ends; returns its peer."""
        p = self.offer[t][0]
        self.offer[t] = None
        self.open[p].remove(t)
        return p

    def back(self, t):
        """It waits again, in its old place, and is offered on at once."""
        self.state[t] = WAITING
        self.waiting = dict.fromkeys(sorted([*self.waiting, t]))
        if self.tries[t] >= OFFERS_MAX:
            self.tries[t], self.backoff[t] = 0, self.now + BACKOFF_MS
            self.later(self.now + BACKOFF_MS, self.place, t)
        self.place(t)

    # ---- events ----

    def attend(self, p):
        self.on[p] = True
        self.fill(p)

    def resume(self, p):
        if self.on[p] and self.paused[p]:
            self.paused[p], self.lapses[p] = False, 0
            self.fill(p)

    def stop(self, p):
        """No more offers: those that are open come back."""
        for t in sorted(self.open[p]):
            self.used[self.close(t)] -= 1
            self.back(t)

    def leave(self, p):
        self.on[p] = False
        self.stop(p)

    def ask(self, t):
        self.state[t] = WAITING
        self.waiting[t] = None
        since = int(self.day.ticket_t[t])
        for relax in self.pairs.waits(t):
            if 0 < relax < NEVER:
                self.later(since + int(relax), self.place, t)
        self.later(since + TICKET_MS, self.end, t)
        self.place(t)

    def end(self, t):
        if self.state[t] == OVER:
            return
        self.waiting.pop(t, None)
        self.state[t] = OVER
        if self.offer[t]:
            p = self.close(t)
            self.used[p] -= 1
            self.fill(p)

    def lose(self, t):
        self.away[t] = True
        self.later(self.now + GRACE_MS, self.end, t)

    def answer(self, t, offer):
        if self.offer[t] != offer:
            return
        p = self.close(t)
        self.lapses[p] = 0
        if not offer[3]:
            self.refused(t, p)
            self.run.declined += 1
            return
        self.state[t] = OVER
        self.run.matches.append((t, p, self.now, offer[2], not self.away[t]))
        talk = JOIN_MS if self.away[t] else int(self.day.ticket_talk[t])
        self.later(self.now + talk, self.talked, p)

    def lapse(self, t, offer):
        if self.offer[t] != offer:
            return
        p = self.close(t)
        self.run.lapsed += 1
        self.lapses[p] += 1
        if self.lapses[p] >= LAPSES_MAX:
            self.paused[p] = True
            self.stop(p)
        self.refused(t, p)

    def refused(self, t, p):
        self.refused_by[p].add(t)
        self.refused_of[t].add(p)
        self.used[p] -= 1
        self.back(t)
        self.fill(p)

    def talked(self, p):
        self.used[p] -= 1
        rest = int(self.day.peer_rest[p])
        if rest:
            self.resting[p] = self.now + rest
            self.later(self.now + rest, self.fill, p)
        else:
            self.fill(p)


def simulate(day, pairs, policy):
    return Desk(day, pairs, policy).go()
