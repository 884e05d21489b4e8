"""day -- a workload as arrays, and a second, independent score.

Reads what teds_workload writes (one pool, a table of rarities, members who do
not reflect): a line that would change a score, a limit or a talk later on is
refused, so that P, Hard and the answers are fixed for each pair.  Written from
ENGINE.md §2 and WORKLOAD.md alone; measure.py holds it against the engine's
own log, to the bit."""
import json
import typing

import numpy as np

NEVER = 2**62
WEIGHT = {1: 1, 2: 4, 3: 16}
OFFER_MS, OFFER_DANGER_MS, LOWEST = 30000, 15000, 4096
RECORD = 49152 + (65536 * 6 // 8) // 4  # of peers without a record
KNOWN = {"rarity", "card", "attend", "ask", "withdraw", "lost", "leave", "resume"}


def splitmix64(x):
    """The mix of base/chance, of an array of uint64."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def rotl32(x):
    return (x << np.uint64(32)) | (x >> np.uint64(32))


def tie(ticket, peer):
    """16 bits that settle what is otherwise alike, of arrays of ids."""
    t, p = splitmix64(np.asarray(ticket).astype(np.uint64)), rotl32(np.asarray(peer).astype(np.uint64))
    return (splitmix64(t ^ p) >> np.uint64(48)).astype(np.int64)


class Side:
    """Cards of one role as matrices over terms and over distinct groups."""

    def __init__(self, cards, term, bits):
        n = len(cards)
        self.have = np.zeros((n, len(term)), bool)
        self.groups, index, entries = [], {}, []
        self.musts, self.must_nots = {}, {}  # (terms, relax_after_ms) → members; term → members
        for i, card in enumerate(cards):
            self.have[i, [term[x] for x in card["have"]]] = True
            for x in card["must_not"]:
                self.must_nots.setdefault(term[x], []).append(i)
            for group in card["seek"]:
                terms = tuple(term[x] for x in group["any"])
                if terms not in index:
                    index[terms] = len(self.groups)
                    self.groups.append(terms)
                rarest = max(bits[list(terms)])
                weight = WEIGHT[group["importance"]] * min(max(int(rarest), 256), 1024)
                entries.append((i, index[terms], weight))
            for group in card["must"]:
                terms = tuple(term[x] for x in group["any"])
                self.musts.setdefault((terms, group["relax_after_ms"]), []).append(i)
        self.weight = np.zeros((n, len(self.groups)))
        for i, g, weight in entries:
            self.weight[i, g] += weight
        self.total = self.weight.sum(axis=1)  # 0: seeks nothing

    def bars(self, other):
        """(which of these, which of the others, until which wait) may not meet."""
        for (terms, relax_ms), members in self.musts.items():
            yield self._those(members), ~other.have[:, terms].any(axis=1), relax_ms or NEVER
        for term, members in self.must_nots.items():
            yield self._those(members), other.have[:, term], NEVER

    def _those(self, members):
        mask = np.zeros(len(self.have), bool)
        mask[members] = True
        return mask


def meets(have, groups, bits):
    """f of each group against each member with such a have: members × groups."""
    f = np.zeros((len(have), len(groups)))
    for g, terms in enumerate(groups):
        ours, rarest = have[:, terms], int(bits[list(terms)].max())
        if rarest == 0:
            f[:, g] = 65536 * ours.any(axis=1)
        else:
            f[:, g] = 65536 * (ours * bits[list(terms)]).max(axis=1) // rarest
    return f


class Day:
    """seekers and peers are indexes; ids are those of WORKLOAD.md."""

    def __init__(self, path):
        members, cards, tickets = {}, {"peer": [], "seeker": []}, {}
        terms, self.peer, self.ticket = {}, [], []
        row, bits = {}, {}
        with open(path, "rb") as file:
            for number, text in enumerate(file, 1):
                line = json.loads(text)
                if line["do"] not in KNOWN:
                    raise ValueError(f"{path}:{number}: this bench knows no {line['do']}")
                t, who = line["t"], line.get("member")
                if line["do"] == "rarity":
                    bits = line["table"]
                elif line["do"] == "card":
                    if who in members:
                        raise ValueError(f"{path}:{number}: a second card")
                    members[who] = len(members) + 1
                    row[who] = len(cards[line["role"]])
                    cards[line["role"]].append(line)
                    for term in [*line["have"], *line["must_not"], *(x for g in line["seek"] + line["must"] for x in g["any"])]:
                        terms.setdefault(term, len(terms))
                elif line["do"] == "attend":
                    self.peer.append({"id": members[who], "name": who, "card": row[who], "from": t, "until": NEVER,
                                      "capacity": line["capacity"], "rest": line["rest_ms"], "resumes": [],
                                      "answers": line["answers"]})
                    row[who] = len(self.peer) - 1  # from now on, of the peer
                elif line["do"] == "ask":
                    tickets[line["ticket"]] = len(self.ticket)
                    self.ticket.append({"id": len(tickets), "name": line["ticket"], "card": row[who], "t": t,
                                        "talk": line["talk_ms"], "danger": line["danger"], "lost": NEVER,
                                        "withdrawn": NEVER})
                    row[who] = len(self.ticket) - 1
                elif line["do"] == "withdraw":
                    self.ticket[tickets[line["ticket"]]]["withdrawn"] = t
                elif line["do"] == "lost":
                    self.ticket[row[who]]["lost"] = t
                elif line["do"] == "leave":
                    self.peer[row[who]]["until"] = t
                elif line["do"] == "resume":
                    self.peer[row[who]]["resumes"].append(t)
        if not bits:
            raise ValueError(f"{path}: no table of rarities")
        self.bits = np.array([bits.get(x, 0) for x in terms])
        self.peers = Side([cards["peer"][p["card"]] for p in self.peer], terms, self.bits)
        self.seekers = Side([cards["seeker"][t["card"]] for t in self.ticket], terms, self.bits)
        self.found = meets(self.peers.have, self.seekers.groups, self.bits)  # what seekers seek, in peers
        self.given = meets(self.seekers.have, self.peers.groups, self.bits)  # what peers seek, in seekers
        self.bars = [*self.seekers.bars(self.peers), *((t, p, ms) for p, t, ms in self.peers.bars(self.seekers))]
        for name in ("id", "from", "until", "capacity", "rest"):
            setattr(self, "peer_" + name.replace("from", "since"), np.array([p[name] for p in self.peer], np.int64))
        for name in ("id", "t", "talk", "lost", "withdrawn"):
            setattr(self, "ticket_" + name, np.array([t[name] for t in self.ticket], np.int64))
        self.danger = np.array([t["danger"] for t in self.ticket], bool)
        self.by_name = {p["name"]: i for i, p in enumerate(self.peer)}
        self.ticket_by_name = tickets
        self.rare = self._rarest_need()
        self._pad_answers()

    def _rarest_need(self):
        """Bits of the rarest thing each seeker says they need (importance 2 up)."""
        need = np.zeros(len(self.ticket), np.int64)
        for t in range(len(self.ticket)):
            for g in np.nonzero(self.seekers.weight[t])[0]:
                rarest = int(self.bits[list(self.seekers.groups[g])].max())
                if self.seekers.weight[t, g] >= 4 * min(max(rarest, 256), 1024):
                    need[t] = max(need[t], rarest)
        return need

    def _pad_answers(self):
        longest = max(len(p["answers"]) for p in self.peer)
        self.answers = np.array([len(p["answers"]) for p in self.peer], np.uint64)
        self.after = np.full((len(self.peer), longest), -1, np.int64)  # -1: silence
        self.accepts = np.zeros((len(self.peer), longest), bool)
        for i, p in enumerate(self.peer):
            for k, answer in enumerate(p["answers"]):
                self.after[i, k] = answer.get("after_ms", -1)
                self.accepts[i, k] = answer["say"] == "accept"

    def row_scores(self, first):
        """P of the tickets of a slice against every peer, Hard aside."""
        return self._score(self.seekers.weight[first] @ self.found.T, self.given[first] @ self.peers.weight.T,
                           self.seekers.total[first, None], self.peers.total[None, :])

    def scores(self, t, p):
        """P of pairs, Hard aside: indexes of like shape, or one of one side."""
        return self._score(np.einsum("...g,...g", self.seekers.weight[t], self.found[p]),
                           np.einsum("...g,...g", self.given[t], self.peers.weight[p]), self.seekers.total[t], self.peers.total[p])

    @staticmethod
    def _score(found, given, a, b):
        """Of sums of W·f and of W, both ways.  All are whole numbers below 2^53:
        doubles hold them, and the floors of their quotients are right.  In place, as
        a sheet may be large."""
        ab, ba = found, given
        for x, total in ((ab, a), (ba, b)):
            x /= np.maximum(total, 1)
            np.floor(x, out=x)
        np.copyto(ab, ba, where=a == 0)
        np.copyto(ba, ab, where=b == 0)
        for x in (ab, ba):
            np.copyto(x, 32768, where=(a == 0) & (b == 0))
            np.maximum(x, LOWEST, out=x)
        both = ab + ba
        ab *= ba
        ab *= 2
        ab /= both
        np.floor(ab, out=ab)
        ab *= RECORD / 65536
        return ab.astype(np.int32)  # floors

    def hard(self, t, p):
        """From which wait on pairs are compatible; NEVER if they never are."""
        wait = np.zeros(np.broadcast_shapes(np.shape(t), np.shape(p)), np.int64)
        for those, others, relax_ms in self.bars:
            np.maximum(wait, relax_ms, out=wait, where=those[t] & others[p])
        return wait

    def answer(self, t, p):
        """(says yes, after how many ms; -1: silence) of each pair's offer."""
        mixed = splitmix64(self.ticket_id[t].astype(np.uint64) ^ rotl32(self.peer_id[p].astype(np.uint64)))
        at = (mixed % np.maximum(self.answers[p], np.uint64(1))).astype(np.int64)
        return self.accepts[p, at], self.after[p, at].astype(np.int32)

    def sheet(self):
        """The whole day at once."""
        t, p = np.arange(len(self.ticket))[:, None], np.arange(len(self.peer))[None, :]
        return Sheet(self.row_scores(slice(0, len(t))), self.hard(t, p), *self.answer(t, p))


class Sheet(typing.NamedTuple):
    """Every pair's P, from which wait on it is compatible, whether it would say
    yes and after how long: tickets × peers.  For what is too large, wide.Lists
    answers the same questions."""
    p: np.ndarray
    hard: np.ndarray
    yes: np.ndarray
    after: np.ndarray

    def rows(self, t):
        """(peers, p, hard): until somebody is found among them, who is better
        than all who follow."""
        yield np.arange(self.p.shape[1]), self.p[t], self.hard[t]

    def waits(self, t):
        """After which more peers may be compatible."""
        return np.unique(self.hard[t])

    def column(self, t, p):
        return self.p[t, p], self.hard[t, p]

    def at(self, t, p):
        return tuple(x[t, p] for x in self)

    def all(self):
        """(tickets, peers, p, hard, yes, after) that broadcast."""
        return (np.arange(len(self.p))[:, None], np.arange(self.p.shape[1])[None, :], *self)
