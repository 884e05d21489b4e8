"""wide -- the questions of day.Sheet for days whose pairs do not fit in memory,
and a bound of theirs.

Each ticket keeps a list of the LISTED peers with the highest P (of equals those
whom the tie prefers), Hard aside.  Who is found on it is better than all who are
not; only where nobody on it will do is everyone scored.

The bound gives each ticket the best on its list who can be met in time, as if
nobody else asked for them: λ = 0 in Claim 2 of bound.py.  That is near where
peers are many; how near, the schedule says that is found beside it."""
import numpy as np

import bound
from day import tie

LISTED, BLOCK = 192, 64


class Lists:
    def __init__(self, day):
        self.day = day
        self.peers = np.empty((len(day.ticket), min(LISTED, len(day.peer))), np.int64)
        self.p = np.empty(self.peers.shape, np.int32)
        for start in range(0, len(day.ticket), BLOCK):
            block = slice(start, min(start + BLOCK, len(day.ticket)))
            for t, p in zip(range(block.start, block.stop), day.row_scores(block)):
                self.peers[t] = self._first(t, p)
                self.p[t] = p[self.peers[t]]
        self.ticket = np.arange(len(self.peers))[:, None]
        self.hard = day.hard(self.ticket, self.peers)

    def _first(self, t, p):
        size = self.peers.shape[1]
        least = np.partition(p, len(p) - size)[len(p) - size]
        more, same = np.nonzero(p > least)[0], np.nonzero(p == least)[0]
        ties = tie(self.day.ticket_id[t:t + 1], self.day.peer_id[same])
        return np.sort(np.concatenate([more, same[np.argsort(-ties, kind="stable")[:size - len(more)]]]))

    def rows(self, t):
        yield self.peers[t], self.p[t], self.hard[t]
        every = np.arange(len(self.day.peer))
        yield every, self.day.row_scores(slice(t, t + 1))[0], self.day.hard(t, every)

    def waits(self, t):
        return sorted({ms for those, _, ms in self.day.bars if those[t]})

    def column(self, t, p):
        return self.day.scores(t, p), self.day.hard(t, p)

    def at(self, t, p):
        return self.day.scores(t, p), self.day.hard(t, p), *self.day.answer(t, p)

    def all(self):
        return (self.ticket, self.peers, self.p, self.hard, *self.day.answer(self.ticket, self.peers))


def bounds(day, lists):
    """(no schedule is worth more, one that is worth this)."""
    pairs = bound.Pairs(day, lists)
    best = lists.p.min(axis=1).astype(np.int64)  # of a ticket with nobody: all others are below
    found = np.zeros(len(best), np.int64)
    np.maximum.at(found, pairs.ticket, pairs.p)
    return int(np.where(found > 0, found, best).sum()), bound.Schedule(pairs).fill().total
