"""bound -- what even a clairvoyant could not exceed, and how near one comes.

The clairvoyant knows every ask, answer and talk beforehand.  It offers ticket
t to peer p at a time o; the pair's answer is a yes after d ms, so they meet at
s = o + d, which counts if s is within 120 s of the ask.  The offer and the talk
hold one of p's c slots from o on, until the talk ends, and for p's rest after.

Claim 1 (necessary).  At no moment are more than c such extended intervals
[o, end + rest) of one peer open.  Proof: suppose c + 1 are open at once, and
let o be the latest of their starts.  If one of the others was resting at o, the
peer's slots were closed and no offer could be made at o; otherwise c offers or
talks held slots at o, and the offer made the (c + 1)th.  Neither is allowed.

Claim 2 (weak duality).  Put prices λ(p, τ) >= 0 on moments τ of a grid.  Every
schedule that satisfies claim 1 has
    Σ P  <=  Σ_t max(0, max over p and o of P(t, p) - Σ_{τ in [o, end + rest)} λ(p, τ))
             + Σ_p c_p Σ_τ λ(p, τ):
add to Σ P the prices of what is unused, c_p - (open at τ) >= 0, times λ(p, τ).
So the right-hand side is a bound for *any* prices.  Good ones are the dual
solution of a linear program; whether the solver erred does not matter, since
the sum is taken afterwards in integers over every pair (value()).

An interval covers the moments of the grid from its start's next one on: the
starts that matter are the earliest and those just after a moment of the grid.

Left out, in the clairvoyant's favour: refusals cost it nothing, it may let
people wait at will, it need not help anybody it does not want to."""
import numpy as np
import scipy.optimize
import scipy.sparse

from day import NEVER, OFFER_DANGER_MS, OFFER_MS

BOUND_MS = 120_000
GRID_MS = 60_000
FAR = 2**60
CANDIDATES, ROUNDS, ENOUGH = 12, 4, 0.001


class Pairs:
    """Every pair that could meet in time: ticket, peer, p, the earliest and
    the latest offer, and how long it holds a slot."""

    def __init__(self, day, pairs):
        ticket, peer, score, hard, yes, after = pairs.all()
        self.day = day
        life = np.where(day.danger, OFFER_DANGER_MS, OFFER_MS)[ticket]
        first = np.maximum(day.ticket_t[ticket] + np.minimum(hard, NEVER // 2), day.peer_since[peer])
        gone = np.minimum(day.ticket_t + BOUND_MS, np.minimum(day.ticket_lost, day.ticket_withdrawn))
        last = np.minimum(gone[ticket], day.peer_until[peer]) - after
        able = yes & (after < life) & (first <= last)
        self.ticket, self.peer = (np.broadcast_to(x, able.shape)[able] for x in (ticket, peer))
        self.p, self.first, self.last = score[able].astype(np.int64), first[able], last[able]
        self.after = after[able].astype(np.int64)
        self.holds = self.after + day.ticket_talk[self.ticket] + day.peer_rest[self.peer]


class Grid:
    """The starts of each pair that matter, as moments [enter, leave) covered."""

    def __init__(self, pairs, step_ms=GRID_MS):
        self.pairs, self.step_ms = pairs, step_ms
        self.moments = int((pairs.day.ticket_t.max() + BOUND_MS) // step_ms + 2)
        self.enter, self.leave, self.valid, self.start = [], [], [], []
        moment = -(-pairs.first // step_ms)
        start, valid = pairs.first, np.ones(len(pairs.p), bool)
        while valid.any():
            self.enter.append(np.minimum(-(-start // step_ms), self.moments))
            self.leave.append(np.minimum(-(-(start + pairs.holds) // step_ms), self.moments))
            self.valid.append(valid)
            self.start.append(start)
            start = moment * step_ms + 1
            valid = valid & (start <= pairs.last)
            moment = moment + 1

    def no_prices(self):
        return np.zeros((len(self.pairs.day.peer), self.moments), np.int64)

    def value(self, prices):
        """The bound that these prices prove, and what each pair is worth net."""
        if prices.dtype != np.int64 or (prices < 0).any():
            raise ValueError("prices are whole numbers, none below 0")
        pairs, before = self.pairs, np.zeros((len(prices), self.moments + 1), np.int64)
        before[:, 1:] = prices.cumsum(axis=1)
        cost = np.full(len(pairs.p), FAR)
        for enter, leave, valid in zip(self.enter, self.leave, self.valid):
            here = before[pairs.peer, leave] - before[pairs.peer, enter]
            cost = np.minimum(cost, np.where(valid, here, FAR))
        net = pairs.p - cost
        each = np.zeros(len(pairs.day.ticket), np.int64)
        np.maximum.at(each, pairs.ticket, net)
        return int(each.sum() + (prices.sum(axis=1) * pairs.day.peer_capacity).sum()), net


def program(grid, active):
    """The linear program over some pairs: prices, its value, x of each column.

    Per peer a running count of open intervals, at moments where one begins or
    ends, is at most the capacity: the price of that limit is λ."""
    pairs, day = grid.pairs, grid.pairs.day
    which, pair = np.nonzero(np.array(grid.valid) & active)
    wide = grid.moments + 1
    at = [pairs.peer[pair] * wide + np.array(side)[which, pair] for side in (grid.enter, grid.leave)]
    moment = np.unique(np.concatenate(at))
    rows, n = len(moment), len(pair)
    enter, leave = (np.searchsorted(moment, x) for x in at)
    peer = moment // wide
    follows = np.nonzero(peer[1:] == peer[:-1])[0] + 1
    column, row = np.arange(n), np.arange(rows)
    count = scipy.sparse.csr_matrix(
        (np.concatenate([-np.ones(n), np.ones(n), np.ones(rows), -np.ones(len(follows))]),
         (np.concatenate([enter, leave, row, follows]), np.concatenate([column, column, n + row, n + follows - 1]))),
        shape=(rows, n + rows))
    once = scipy.sparse.csr_matrix((np.ones(n), (pairs.ticket[pair], column)), shape=(len(day.ticket), n + rows))
    most = np.concatenate([np.ones(n), day.peer_capacity[peer]])
    done = scipy.optimize.linprog(
        np.concatenate([-pairs.p[pair].astype(float), np.zeros(rows)]), A_ub=once, b_ub=np.ones(len(day.ticket)),
        A_eq=count, b_eq=np.zeros(rows), bounds=np.stack([np.zeros(n + rows), most], axis=1), method="highs-ipm")
    if done.status != 0:
        raise RuntimeError(done.message)
    prices = grid.no_prices()
    inside = moment % wide < grid.moments
    prices[peer[inside], (moment % wide)[inside]] = np.maximum(0, np.rint(-done.upper.marginals[n:][inside])).astype(np.int64)
    return prices, -done.fun, (pair, which, done.x[:n])


def upper(grid):
    """(the bound, the last program's columns).  Programs over few pairs, more
    where their prices leave a ticket something better."""
    pairs = grid.pairs
    if not len(pairs.p):
        return 0, (np.zeros(0, int),) * 3
    order = np.lexsort((-pairs.p, pairs.ticket))
    rank = np.empty(len(order), np.int64)
    first = np.searchsorted(pairs.ticket[order], pairs.ticket[order])
    rank[order] = np.arange(len(order)) - first
    active, best, columns = rank < CANDIDATES, FAR, None
    for _ in range(ROUNDS):
        prices, value, columns = program(grid, active)
        bound, net = grid.value(prices)
        best = min(best, bound)
        if bound - value <= ENOUGH * bound:
            break
        ours = np.zeros(len(pairs.day.ticket), np.int64)
        np.maximum.at(ours, pairs.ticket[active], net[active])
        active = active | (net > ours[pairs.ticket])
    return min(best, grid.value(grid.no_prices())[0]), columns


class Schedule:
    """Talks that really fit: capacity and rest to the ms."""

    def __init__(self, pairs):
        self.pairs, self.total, self.taken = pairs, 0, set()
        self.held = {}  # peer → [(offer, end of the talk)]

    def fits(self, pair, start):
        pairs, day = self.pairs, self.pairs.day
        rest = int(day.peer_rest[pairs.peer[pair]])
        mine = (start, start + int(pairs.holds[pair]) - rest)
        held = self.held.get(int(pairs.peer[pair]), [])
        for begin, end in held:
            if end <= start < end + rest or mine[1] <= begin < mine[1] + rest:
                return False
        # as many as at any start within mine, or at mine's own
        near = [h for h in held if h[0] < mine[1] and mine[0] < h[1]]
        for moment in [start] + [h[0] for h in near if h[0] > start]:
            if sum(h[0] <= moment < h[1] for h in near) >= day.peer_capacity[pairs.peer[pair]]:
                return False
        return True

    def place(self, pair, start):
        pairs, day = self.pairs, self.pairs.day
        t, p = int(pairs.ticket[pair]), int(pairs.peer[pair])
        if not self.fits(pair, start):
            return False
        self.taken.add(t)
        self.held.setdefault(p, []).append((start, start + int(pairs.holds[pair]) - int(day.peer_rest[p])))
        self.total += int(pairs.p[pair])
        return True

    def starts(self, pair):
        """The earliest, and whenever somebody else lets go of the peer."""
        pairs, rest = self.pairs, int(self.pairs.day.peer_rest[self.pairs.peer[pair]])
        first, last = int(pairs.first[pair]), int(pairs.last[pair])
        return [first] + sorted(end + rest for _, end in self.held.get(int(pairs.peer[pair]), [])
                                if first < end + rest <= last)

    def fill(self):
        """Whatever still fits, the best first."""
        for i in np.argsort(-self.pairs.p, kind="stable"):
            if int(self.pairs.ticket[i]) not in self.taken:
                any(self.place(int(i), start) for start in self.starts(int(i)))
        return self


def lower(grid, columns):
    """A schedule that a clairvoyant could follow: the program's, rounded, then
    whatever still fits, the best first.  Its total is ΣP."""
    pairs, schedule = grid.pairs, Schedule(grid.pairs)
    pair, which, x = columns
    for at in np.lexsort((-pairs.p[pair], -np.round(x, 3))):
        if x[at] < 0.01:
            break
        i = int(pair[at])
        if int(pairs.ticket[i]) not in schedule.taken:
            any(schedule.place(i, start) for start in [int(grid.start[which[at]][i]), *schedule.starts(i)])
    return schedule.fill()


def bounds(day, pairs):
    """(no schedule is worth more, one that is worth this)."""
    grid = Grid(Pairs(day, pairs))
    value, columns = upper(grid)
    return value, lower(grid, columns).total
