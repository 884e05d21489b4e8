"""fair_laws -- what a log of `kindred simulate` must obey, seen from outside.

Written from ENGINE.md and WORKLOAD.md alone: it shares no code with the
engine.  Replays a workload of fair_days beside its log and says of each line
what is wrong with it, as (law, why).  The laws are those of DESIGN §8 and what
ENGINE.md §3 and §4 say of offers, exclusions, bounds and ends.  What is not in
the log (a duty that ends by grace, a rest that is over) follows from time."""
import dataclasses

STATED = {1: 1, 2: 4, 3: 16}
RELAX, BATCH_TICKETS, LOOK = 60_000, 512, 10_000
BOUND, LIFETIME, OFFER, OFFER_DANGER, SLACK = 120_000, 1_800_000, 30_000, 15_000, 250
GRACE_TICKET, GRACE_DUTY, LAPSES, OFFERS, BACKOFF, JOIN, TALK = 60_000, 30_000, 2, 20, 60_000, 60_000, 14_400_000
DECLINED, LAPSED, TALKED = 86_400_000, 1_800_000, 604_800_000
MASK = 2**64 - 1
# Why an offer may not be made, in the order in which it is looked at.
REFUSALS = ("pool", "own must", "must of the peer", "own must_not", "must_not of the peer", "block", "refused this ticket",
            "rests apart", "off duty", "paused", "peer lost", "resting", "full")


def splitmix64(x):
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
    return x ^ x >> 31


@dataclasses.dataclass
class Member:
    name: str
    id: int
    pool: str
    card: dict = dataclasses.field(default_factory=dict)  # by role
    version: dict = dataclasses.field(default_factory=dict)
    lost: int = None  # since
    ticket: object = None
    # as a peer
    duty: str = "off"
    attend: dict = None
    capacity: int = 0
    lapses: int = 0
    rest_until: int = 0
    offers: set = dataclasses.field(default_factory=set)
    talks: set = dataclasses.field(default_factory=set)
    yes: int = 0
    total: int = 0
    since: list = dataclasses.field(default_factory=list)  # when they attended
    touched: int = -1  # the last line about them, or lapse that paused them


@dataclasses.dataclass
class Ticket:
    name: str
    id: int
    seeker: Member
    since: int
    danger: bool
    talk_ms: int
    offer: object = None
    offers: int = 0  # since the ask or the last back-off
    backoff_until: int = 0
    told: bool = False
    ended: int = None
    why: str = None
    talk: object = None
    refused: set = dataclasses.field(default_factory=set)
    touched: int = -1


@dataclasses.dataclass
class Offer:
    id: int
    ticket: Ticket
    peer: Member
    made: int
    p: int
    deadline: int
    versions: tuple
    say: str = None  # as planned
    due: int = None


@dataclasses.dataclass
class Talk:
    id: int
    ticket: Ticket
    peer: Member
    begun: int
    absent: set  # who was lost then and is since
    ended: int = None


class Laws:
    def __init__(self, lines):
        self.lines, self.at = lines, 0
        self.member, self.ticket, self.offer, self.talk = {}, {}, {}, {}
        self.rarity, self.block, self.rests, self.bond, self.again = {}, set(), {}, set(), {}
        self.asks, self.ends, self.said, self.live = 0, {}, set(), {}
        self.memo, self.wrong, self.now = {}, [], 0
        self.expect = self.wanted = None  # what the next line must be, this line
        self.unexplained = []  # revoked offers: a lapse of the same ms pauses their peer
        self.seen = None  # called with (number, offer) before each is judged

    def say(self, law, why):
        self.wrong.append((law, f"t={self.now}: {why}"))

    # ---- what people do ----

    def apply(self, line):
        t, do = line["t"], line["do"]
        member = self.member.get(line.get("member"))
        if do == "rarity":
            self.rarity[line["pool"]] = line["table"]
        elif do == "card":
            self.put_card(line, member)
        elif do in ("withdraw", "end", "reflect"):
            self.about_ticket(line, self.ticket.get(line["ticket"]))
        elif do == "ask":
            self.ask(line, member)
        else:
            self.settle(member, t)
            member.touched = t
            getattr(self, "do_" + do)(line, member)

    def put_card(self, line, member):
        if not member:
            member = self.member[line["member"]] = Member(line["member"], len(self.member) + 1, line["pool"])
        card = {"have": set(line["have"]), "seek": line["seek"], "must": line["must"], "must_not": set(line["must_not"])}
        member.card[line["role"]] = card
        member.version[line["role"]] = member.version.get(line["role"], 0) + 1
        member.touched = line["t"]
        if member.ticket:
            member.ticket.touched = line["t"]

    def about_ticket(self, line, ticket):
        if not ticket:
            return
        ticket.touched = ticket.seeker.touched = line["t"]
        if line["do"] == "withdraw" and ticket.ended is None:
            self.ends[ticket.name] = (line["t"], "withdrawn")
        if line["do"] == "end" and ticket.talk:
            ticket.talk.peer.touched = line["t"]
        if line["do"] == "reflect" and ticket.talk and ticket.talk.ended is not None:
            self.reflect(line, ticket.talk)

    def reflect(self, line, talk):
        if (talk.id, line["side"]) in self.said:
            return
        self.said.add((talk.id, line["side"]))
        if line["side"] == "seeker":
            talk.peer.total += 1
            talk.peer.yes += line["understood"]
            self.memo.clear()
        pair = frozenset((talk.ticket.seeker.name, talk.peer.name))
        self.again.setdefault(talk.id, {})[line["side"]] = line["again"]
        if len(self.again[talk.id]) == 2 and all(self.again[talk.id].values()):
            self.bond.add(pair)

    def ask(self, line, member):
        t = line["t"]
        self.asks += 1
        if member.duty != "off":
            raise ValueError("a peer who asks is not in these days")
        if member.ticket:
            return  # refused
        self.found(member)
        member.touched = t
        ticket = Ticket(line["ticket"], self.asks, member, t, line["danger"], line["talk_ms"], touched=t)
        member.ticket = self.ticket[ticket.name] = self.live[ticket.name] = ticket

    def found(self, member):
        """No longer lost: answers that were held back are given now."""
        member.lost = None
        for number in member.offers:
            offer = self.offer[number]
            if offer.due is not None and offer.due < self.now:
                offer.due = self.now
        for talk in self.talk.values():
            talk.absent.discard(member.name)

    def settle(self, member, t):
        """A duty that ended by grace before this."""
        if member.duty != "off" and member.lost is not None and t > member.lost + GRACE_DUTY:
            member.duty = "off"

    def do_attend(self, line, member):
        self.found(member)
        member.attend, member.duty, member.capacity, member.lapses = line, "on", line["capacity"], 0
        member.since.append(line["t"])

    def do_capacity(self, line, member):
        if member.duty != "off":
            member.capacity = line["capacity"]

    def do_pause(self, _, member):
        if member.duty == "on":
            member.duty = "paused"

    def do_resume(self, _, member):
        if member.duty == "paused":
            member.duty, member.lapses = "on", 0

    def do_leave(self, _, member):
        member.duty = "off"

    def do_lost(self, line, member):
        if member.lost is None:
            member.lost = line["t"]

    def do_back(self, _, member):
        if member.lost is not None:
            self.found(member)

    def do_block(self, line, member):
        other = self.member[line["other"]]
        other.touched = line["t"]
        self.block.add(frozenset((member.name, other.name)))

    # ---- what ENGINE.md says ----

    def toward(self, a, b, pool):
        """D(a→b), or None where a seeks nothing."""
        bits, total, weights = self.rarity[pool], 0, 0
        for group in a["seek"]:
            most = max(bits.get(term, 0) for term in group["any"])
            met = [bits.get(term, 0) for term in group["any"] if term in b["have"]]
            weight = STATED[group["importance"]] * min(max(most, 256), 1024)
            total += weight * (0 if not met else 65536 if most == 0 else 65536 * max(met) // most)
            weights += weight
        return total // weights if weights else None

    def p(self, ticket, peer):
        key = (ticket.seeker.name, ticket.seeker.version["seeker"], peer.name, peer.version["peer"])
        if key not in self.memo:
            a, b = ticket.seeker.card["seeker"], peer.card["peer"]
            to, back = self.toward(a, b, peer.pool), self.toward(b, a, peer.pool)
            if to is None and back is None:
                to = back = 32768
            x, y = max(back if to is None else to, 4096), max(to if back is None else back, 4096)
            tau = 65536 * (peer.yes + 6) // (peer.total + 8)
            self.memo[key] = (2 * x * y // (x + y)) * (49152 + tau // 4) >> 16
        return self.memo[key]

    def unmet(self, card, other, waited):
        return any(not other["have"].intersection(must["any"]) for must in card["must"]
                   if must["relax_after_ms"] == 0 or waited < must["relax_after_ms"])

    def hard(self, ticket, peer):
        """Why the two may not meet now, or None."""
        seeker, pair = ticket.seeker, frozenset((ticket.seeker.name, peer.name))
        if seeker.pool != peer.pool:
            return "pool"
        a, b, waited = seeker.card["seeker"], peer.card["peer"], self.now - ticket.since
        if self.unmet(a, b, waited):
            return "own must"
        if self.unmet(b, a, 0):
            return "must of the peer"
        if a["must_not"] & b["have"]:
            return "own must_not"
        if b["must_not"] & a["have"]:
            return "must_not of the peer"
        if pair in self.block:
            return "block"
        if peer.name in ticket.refused:
            return "refused this ticket"
        if self.rests.get(pair, 0) > self.now and pair not in self.bond:
            return "rests apart"
        return None

    def on(self, peer):
        return peer.duty == "on" and not (peer.lost is not None and self.now >= peer.lost + GRACE_DUTY)

    def taken(self, peer):
        """Why a peer may not get an offer now, or None."""
        if peer.duty == "paused":
            return "paused"
        if not self.on(peer):
            return "off duty"
        if peer.lost is not None:
            return "peer lost"
        if self.now < peer.rest_until:
            return "resting"
        if len(peer.offers) + len(peer.talks) >= peer.capacity:
            return "full"
        return None

    def needs_trained(self, ticket, peer):
        """Somebody trained for a crisis is free for this ticket in danger; this
        peer is not trained."""
        def trained(one):
            return one.attend is not None and one.attend["grade"] == "crisis_peer"
        return ticket.danger and not trained(peer) and any(
            trained(other) and not self.refusal(ticket, other) for other in self.member.values())

    def refusal(self, ticket, peer):
        return self.hard(ticket, peer) or self.taken(peer)

    def bound(self, ticket):
        """Why a ticket past its bound waits."""
        there = [peer for peer in self.member.values() if peer.pool == ticket.seeker.pool and self.on(peer)]
        if not there:
            return "nobody_on_duty"
        return "all_busy" if any(not self.hard(ticket, peer) for peer in there) else "none_compatible"

    # ---- the log ----

    def read(self, log, until=None):
        """Judge a log, or as much as it takes to see that law broken.  The list
        of what is wrong, in order."""
        for number, line in enumerate(log):
            if until and any(law == until for law, _ in self.wrong):
                return self.wrong
            if line["is"] == "summary":
                continue
            if line["t"] < self.now:
                self.say("order", "time goes back")
            while self.at < len(self.lines) and self.lines[self.at]["t"] <= line["t"]:
                self.pass_to(self.lines[self.at]["t"])
                self.apply(self.lines[self.at])
                self.at += 1
            self.pass_to(line["t"])
            self.wanted, self.expect = self.expect or {}, None
            if any(line.get(key) != value for key, value in self.wanted.items()):
                self.say("accept", f"{self.wanted} must come next")
            getattr(self, "hear_" + line["is"])(line, number)
        self.explain()
        for ticket in self.ticket.values():
            if ticket.ended is None:
                self.say("every ticket ends", f"{ticket.name} does not")
        return self.wrong

    def pass_to(self, t):
        if t <= self.now:
            return
        self.explain()
        if (batch := (t - 1) // LOOK * LOOK) > self.now:
            self.now = batch
            self.idle()
        self.now = t

    def idle(self):
        """A batch ran now and offered nothing: so nobody whose standard has
        fallen to nothing waits while a peer who fits is free (DESIGN law 11)."""
        waiting = [t for t in self.live.values()
                   if not t.offer and t.seeker.lost is None and self.now >= t.backoff_until]
        waiting = sorted(waiting, key=lambda t: (not t.danger, t.since, t.id))[:BATCH_TICKETS]
        waiting = [t for t in waiting if t.danger or self.now - t.since >= RELAX]
        free = [peer for peer in self.member.values() if waiting and peer.attend and not self.taken(peer)]
        for ticket in waiting:
            if fits := [peer.name for peer in free if not self.hard(ticket, peer)]:
                return self.say("idle", f"{ticket.name} waits while {fits[0]} is free")

    def explain(self):
        for offer in self.unexplained:
            self.say("revoke", f"offer {offer.id} revoked for nothing")
        self.unexplained = []

    def hear_offered(self, line, number):
        ticket, peer = self.ticket.get(line["ticket"]), self.member.get(line["peer"])
        if not ticket or not peer or "peer" not in peer.card:
            return self.say("offer", "of nobody")
        if self.seen:
            self.seen(number, ticket)
        if ticket.ended is not None:
            self.say("offer", f"{ticket.name} has ended")
        if ticket.offer:
            self.say("one open offer", f"{ticket.name} has one already")
        if ticket.seeker.lost is not None:
            self.say("fresh", f"{ticket.name}: its seeker is lost")
        if self.now < ticket.backoff_until:
            self.say("back-off", f"{ticket.name} is in back-off")
        if why := self.refusal(ticket, peer):
            self.say(why, f"{ticket.name} offered to {peer.name}")
        if self.needs_trained(ticket, peer):
            self.say("danger", f"{ticket.name} offered to {peer.name}, who is not trained for a crisis")
        if line["p"] != self.p(ticket, peer):
            self.say("score", f"P of {ticket.name} and {peer.name} is {self.p(ticket, peer)}, not {line['p']}")
        if line["deadline"] != self.now + (OFFER_DANGER if ticket.danger else OFFER):
            self.say("deadline", f"of offer {line['offer']}")
        if line["offer"] in self.offer:
            self.say("offer", "an id twice")
        offer = Offer(line["offer"], ticket, peer, self.now, line["p"], line["deadline"],
                      (ticket.seeker.version["seeker"], peer.version["peer"]))
        answers = peer.attend["answers"] if peer.attend else []
        if answers:
            plan = answers[splitmix64(ticket.id ^ (peer.id << 32 & MASK)) % len(answers)]
            if plan["say"] != "silence":
                offer.say, offer.due = plan["say"], self.now + plan["after_ms"]
        self.offer[offer.id] = ticket.offer = offer
        peer.offers.add(offer.id)
        ticket.offers += 1

    def hear_answered(self, line, _):
        offer = self.offer.get(line["offer"])
        if not offer or offer.ticket.offer is not offer:
            return self.say("answer", f"offer {line['offer']} is not open")
        ticket, peer, say = offer.ticket, offer.peer, line["say"]
        getattr(self, "answer_" + say)(offer)
        ticket.offer = None
        peer.offers.discard(offer.id)
        if say in ("accept", "decline", "lapse"):
            peer.lapses = 0 if say != "lapse" else peer.lapses + 1
        if say == "lapse" and peer.lapses >= LAPSES and peer.duty == "on":
            peer.duty, peer.touched = "paused", self.now
            self.unexplained = [offer for offer in self.unexplained if offer.peer is not peer]
        if say in ("decline", "lapse"):
            self.part(ticket.seeker, peer, DECLINED if say == "decline" else LAPSED)
            ticket.refused.add(peer.name)
        if say != "accept" and ticket.offers >= OFFERS:
            ticket.backoff_until, ticket.offers = self.now + BACKOFF, 0
        if say == "accept":
            self.expect = {"is": "matched", "t": self.now, "ticket": ticket.name, "peer": peer.name, "p": offer.p}

    def part(self, seeker, peer, ms):
        pair = frozenset((seeker.name, peer.name))
        self.rests[pair] = max(self.rests.get(pair, 0), self.now + ms)

    def answer_accept(self, offer):
        if self.now >= offer.deadline:
            self.say("late", f"offer {offer.id} accepted after its deadline")
        self.as_planned(offer, "accept")
        if offer.versions != (offer.ticket.seeker.version["seeker"], offer.peer.version["peer"]):
            self.say("stale card", f"offer {offer.id} accepted on an older card")
        # its own relaxed must stays relaxed; what came since still forbids
        if why := self.hard(offer.ticket, offer.peer):
            self.say(why, f"offer {offer.id} accepted")

    def answer_decline(self, offer):
        self.as_planned(offer, "decline")

    def as_planned(self, offer, say):
        if offer.say != say or offer.due != self.now or offer.peer.lost is not None:
            self.say("answer", f"offer {offer.id}: {offer.peer.name} did not {say} now")

    def answer_lapse(self, offer):
        if not offer.deadline + SLACK <= self.now <= offer.deadline + 1000:
            self.say("lapse", f"offer {offer.id} lapses at a wrong time")
        if offer.due is not None and offer.due < self.now and offer.peer.lost is None \
                and (offer.say == "decline" or offer.due < offer.deadline):
            self.say("lapse", f"offer {offer.id} had its answer")

    def answer_revoke(self, offer):
        """For a reason: its seeker's or its peer's, and now."""
        ticket, peer = offer.ticket, offer.peer
        stale = offer.versions != (ticket.seeker.version["seeker"], peer.version["peer"])
        if stale and self.now == offer.due:
            peer.lapses = 0  # they answered; what they accepted was gone
        if not (self.now in (ticket.touched, ticket.seeker.touched, peer.touched, ticket.since + LIFETIME)
                or (ticket.seeker.lost is not None and self.now == ticket.seeker.lost + GRACE_TICKET)
                or (peer.lost is not None and self.now == peer.lost + GRACE_DUTY)
                or (stale and self.now == offer.due)):
            self.unexplained.append(offer)

    def hear_matched(self, line, _):
        ticket, peer = self.ticket.get(line["ticket"]), self.member.get(line["peer"])
        if not ticket or not peer or ticket.talk or line["talk"] in self.talk or self.wanted.get("is") != "matched":
            return self.say("one match", f"{line['ticket']}")
        if line["waited_ms"] != self.now - ticket.since:
            self.say("age", f"{ticket.name} waited {self.now - ticket.since}, not {line['waited_ms']}")
        ticket.talk = self.talk[line["talk"]] = Talk(line["talk"], ticket, peer, self.now,
                                                     {m.name for m in (ticket.seeker, peer) if m.lost is not None})
        peer.talks.add(line["talk"])
        self.expect = {"is": "ticket_ended", "t": self.now, "ticket": ticket.name, "why": "matched"}

    def hear_ticket_ended(self, line, _):
        ticket = self.ticket.get(line["ticket"])
        if not ticket or ticket.ended is not None:
            return self.say("ended", f"{line['ticket']} ends twice, or never was")
        due = {"matched": ticket.talk and ticket.talk.begun, "expired": ticket.since + LIFETIME,
               "lost": None if ticket.seeker.lost is None else ticket.seeker.lost + GRACE_TICKET,
               "withdrawn": self.ends.get(ticket.name, (None,))[0]}
        if line["why"] not in due or due[line["why"]] != self.now:
            self.say("ended", f"{ticket.name} is not {line['why']} now")
        if ticket.offer:
            self.say("ended", f"{ticket.name} with an open offer")
        if self.now > ticket.since + BOUND and not ticket.told:
            self.say("told", f"{ticket.name} was not told past its bound")
        if self.now > ticket.since + LIFETIME or (due["lost"] is not None and self.now > due["lost"]):
            self.say("ended", f"{ticket.name} outlived its time")
        ticket.ended, ticket.why, ticket.seeker.ticket = self.now, line["why"], None
        del self.live[ticket.name]

    def hear_bound_passed(self, line, _):
        ticket = self.ticket.get(line["ticket"])
        if not ticket or ticket.ended is not None or self.now != ticket.since + BOUND:
            return self.say("told", f"{line['ticket']} told at a wrong time")
        if ticket.told:
            self.say("told", f"{ticket.name} twice")
        if line["why"] != self.bound(ticket):
            self.say("why", f"{ticket.name} waits because {self.bound(ticket)}, not {line['why']}")
        ticket.told = True

    def hear_talk_ended(self, line, _):
        talk = self.talk.get(line["talk"])
        if not talk or talk.ended is not None:
            return self.say("talk", f"{line['talk']} is not live")
        seeker, peer = talk.ticket.seeker, talk.peer
        ends = {"ended": self.now in (talk.begun + min(talk.ticket.talk_ms, TALK), talk.ticket.touched),
                "no_show": self.now == talk.begun + JOIN and talk.absent,
                "block": frozenset((seeker.name, peer.name)) in self.block and self.now in (seeker.touched, peer.touched)}
        if not ends.get(line["why"]):
            self.say("talk", f"{talk.id} is not {line['why']} now")
        talk.ended = self.now
        peer.talks.discard(talk.id)
        peer.rest_until = max(peer.rest_until, self.now + peer.attend["rest_ms"])
        if line["why"] != "no_show":
            self.part(seeker, peer, TALKED)
