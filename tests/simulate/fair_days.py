"""fair_days -- days that try a matcher's fairness, drawn by seed: too many
people, too few peers, people who leave without a word, a need that is rare, a
peer whom everybody wants.

Cards are drawn by shares like those of TEDS 2019.  No two lines that change
anything share a millisecond, but those at 0, so that whoever reads the log
knows what had happened at each of its lines."""
import dataclasses
import random

MINUTE = 60_000
SUBSTANCES = [("alcohol", None, 328), ("heroin", "opioid", 246), ("meth", "stimulant", 130), ("cannabis", None, 118),
              ("rx_opioid", "opioid", 79), ("cocaine", "stimulant", 62), ("benzo", "sedative", 37)]
AGES = [("18-24", 100), ("25-34", 325), ("35-44", 265), ("45-54", 190), ("55+", 120)]
LIVED = [("mh", 430), ("trauma", 430), ("prior_treatment", 600), ("parenting", 380), ("justice", 310), ("self_help", 260),
         ("chronic_pain", 200), ("homeless", 170), ("prison", 180), ("overdose", 130), ("bereavement", 150), ("veteran", 28)]
RARE = {"have": ["meth", "stimulant", "age:55+", "sex:f", "veteran", "lang:en"], "seek": ["meth", "veteran", "sex:f", "age:55+"]}


@dataclasses.dataclass
class Plan:
    """A day: how many, and how they behave.  Shares are of 1."""
    name: str
    peers: int
    rates: list  # (minutes, asks a minute), one after another
    talk_min: float = 5
    silent: float = 0.05  # seekers who leave without a word
    declines: float = 0.1
    lapses: float = 0.1
    away: float = 0.1  # peers who are lost for a while
    rare: int = 0  # seekers with a need that is rare
    favourite: bool = False
    deserted: bool = False  # the peers of the small pool leave half-way


PLANS = [
    Plan("ten times overload", 20, [(12, 35)]),
    Plan("a burst of eight times", 55, [(10, 6), (4, 48), (16, 6)]),
    Plan("30 % leave silently", 75, [(30, 18)], silent=0.3),
    Plan("30 % decline, 20 % lapse", 100, [(30, 14)], declines=0.3, lapses=0.2, away=0.3),
    Plan("one rare need in 8,000", 200, [(30, 30)], rare=6, deserted=True),
    Plan("everybody's favourite peer", 200, [(30, 30)], favourite=True),
    Plan("four in five decline", 100, [(20, 8)], declines=0.8, lapses=0.05),
]


class Draw:
    def __init__(self, plan, seed):
        self.plan, self.chance = plan, random.Random(f"{plan.name} {seed}")
        self.lines, self.taken = [], {0}

    def often(self, share):
        return self.chance.random() < share

    def pick(self, shares):
        return self.chance.choices(shares, weights=[row[-1] for row in shares])[0]

    def wait(self, mean_ms):
        return 1 + int(self.chance.expovariate(1 / mean_ms))

    def at(self, t, **line):
        """A line at t, or as soon after as no other line is."""
        while t in self.taken:
            t += 1
        self.taken.add(t)
        self.lines.append((t, line))
        return t

    def card(self, member, role, pool):
        have, seek = [], []

        def lives(terms, wish):
            have.extend(term for term in terms if term not in have)
            if self.often(wish if role == "seeker" else wish / 4) and len(seek) < 7:
                seek.append({"any": terms, "importance": self.chance.choices([1, 2, 3], [50, 35, 15])[0]})

        for _ in range(1 + self.often(0.5)):
            name, parent, _ = self.pick(SUBSTANCES)
            if name not in have:
                lives([name] + ([parent] if parent else []), 0.85)
        lives(["age:" + self.pick(AGES)[0]], 0.35)
        sex = "m" if self.often(0.64) else "f"
        lives(["sex:" + sex], 0.3)
        for term, permille in LIVED:
            if self.often(permille / 1000):
                lives([term], 0.35)
        language = "es" if self.often(0.04) else "en"
        have.append("lang:" + language)
        must = [{"any": ["lang:" + language], "relax_after_ms": 0}]
        must_not = []
        if role == "seeker" and self.often(0.08):
            must.append({"any": ["sex:" + sex], "relax_after_ms": self.chance.choice([0, 20_000, MINUTE, 3 * MINUTE])})
        if self.often(0.06):
            must_not.append(self.chance.choice(["sex:" + "fm"[sex == "f"], "justice"] if role == "seeker"
                                               else ["heroin", "meth", "prison"]))
        return {"do": "card", "member": member, "role": role, "pool": pool, "have": have, "seek": seek, "must": must,
                "must_not": must_not}

    def answers(self):
        plan, rows = self.plan, []
        for _ in range(20):
            at = self.chance.random()
            say = "decline" if at < plan.declines else "silence" if at < plan.declines + plan.lapses else "accept"
            rows.append({"say": say} | ({} if say == "silence" else {"after_ms": 500 + min(self.wait(6000), 40_000)}))
        return rows

    def peer(self, number, over):
        member, pool = f"p{number}", "young" if number % 10 == 0 else "adult"
        attend = {"do": "attend", "member": member, "capacity": self.pick([(1, 70), (2, 25), (3, 5)])[0],
                  "grade": "crisis_peer" if number % 8 == 0 else "peer",
                  "rest_ms": self.chance.choice([0, 0, MINUTE, 5 * MINUTE]), "answers": self.answers()}
        card = self.card(member, "peer", pool)
        if self.plan.favourite and number == 1:
            everything = {t for row in SUBSTANCES for t in row[:2] if t} | {t for t, _ in LIVED}
            everything |= {"sex:f", "lang:en", "lang:es"} | {"age:" + a for a, _ in AGES}
            card |= {"have": sorted(everything), "seek": [], "must_not": []}
        if self.plan.rare and number in (1, 2):
            card |= {"have": RARE["have"], "must_not": []}
        self.lines.append((0, card))
        t = 0
        if number % 4 == 1 and number > 4:  # a newcomer, in the second half
            t = self.at(over // 2 + self.chance.randrange(over // 8), **attend)
        else:
            self.lines.append((0, attend))
        self.lives_on(member, t, over, attend)

    def lives_on(self, member, t, over, attend):
        at = t + self.wait(over / 2)
        if self.plan.deserted and attend["member"].endswith("0"):
            self.at(max(t + 1, over // 2), do="leave", member=member)
            return
        if self.often(self.plan.away):
            at = self.at(at, do="lost", member=member)
            back = self.at(at + self.wait(25_000), do="back", member=member)
            if self.often(0.5):
                self.at(back + self.wait(MINUTE), **attend)
        elif self.often(0.2):
            at = self.at(at, do="pause", member=member)
            self.at(at + self.wait(2 * MINUTE), do="resume", member=member)
        elif self.often(0.15):
            self.at(at, do="capacity", member=member, capacity=self.chance.randrange(4))
        elif self.often(0.1):
            at = self.at(at, do="leave", member=member)
            self.at(at + self.wait(4 * MINUTE), **attend)
        for _ in range(3):  # who was paused by lapses comes again
            self.at(at + self.wait(over / 2), do="resume", member=member)

    def seeker(self, number, t):
        plan, member, ticket = self.plan, f"s{number}", f"t{number}"
        card = self.card(member, "seeker", "young" if number % 10 == 0 else "adult")
        if plan.rare and number % 100 == 7 and number < 100 * plan.rare:
            card |= {"pool": "adult", "have": RARE["have"], "must_not": [],
                     "seek": [{"any": [term], "importance": 3} for term in RARE["seek"]]}
        t = self.at(t, **card)
        t = self.at(t, do="ask", member=member, ticket=ticket, danger=self.often(0.03),
                    talk_ms=min(self.wait(plan.talk_min * MINUTE), 40 * MINUTE))
        at = t + self.wait(1.5 * MINUTE)
        if self.often(plan.silent):
            self.at(t + self.wait(20_000), do="lost", member=member)
        elif self.often(0.08):
            at = self.at(at, do="lost", member=member)
            self.at(at + self.wait(30_000), do="back", member=member)
        elif self.often(0.1):
            self.at(at + 2 * MINUTE, do="withdraw", ticket=ticket)
        elif self.often(0.04):
            self.at(at, **(card | {"have": card["have"] + ["later"]}))
        if self.often(0.05):
            self.at(at, do="block", member=member, other=f"p{self.chance.randrange(1, plan.peers + 1)}")
        if self.often(0.3):
            self.at(at + 12 * MINUTE, do="reflect", ticket=ticket, side="seeker", understood=self.often(0.7), again=False)
        if self.often(0.25):  # asks again: whom they talked with rests
            self.at(at + 15 * MINUTE, do="ask", member=member, ticket=ticket + "b", danger=False, talk_ms=3 * MINUTE)


def rarities():
    """Bits in Q8, not those of these cards to the bit: a table from outside."""
    common = {"lang:en": 8, "lang:es": 1183, "sex:m": 166, "sex:f": 370, "opioid": 346, "stimulant": 369, "sedative": 1067,
              "veteran": 1370}
    shares = [(row[0], row[-1]) for row in SUBSTANCES] + [("age:" + a, n) for a, n in AGES] + LIVED
    return {term: 1700 - 3 * min(n, 500) for term, n in shares} | common


def day(plan, seed=0):
    """The lines of a workload, in order."""
    draw = Draw(plan, seed)
    over = sum(minutes for minutes, _ in plan.rates) * MINUTE
    for number in range(1, plan.peers + 1):
        draw.peer(number, over)
    number, begun = 0, 1000
    for minutes, per_minute in plan.rates:
        t = begun
        begun += minutes * MINUTE
        while (t := t + draw.wait(MINUTE / per_minute)) < begun:
            number += 1
            draw.seeker(number, t)
    lines = [{"t": 0, "do": "rarity", "pool": pool, "table": rarities()} for pool in ("adult", "young")]
    return lines + [{"t": t} | line for t, line in sorted(draw.lines, key=lambda row: row[0])]
