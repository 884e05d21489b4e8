"""history -- what clients were told, and whether all of it can be true.

Each client writes down what it was told, as soon as it was told; the times are
of one clock, that of the process in which all clients live.  What contradicts
an earlier note is found at once, the rest by verdict().

Laws (of DESIGN §8, as far as a client can see them)
  1. A ticket is one talk's at most, and a talk one ticket's and one offer's;
     what a ticket or an offer came to never changes; a wait never starts anew.
  2. A peer never has more talks at once than they chose to have.
  5. A number of a mailbox is one message for ever, and a message one number;
     numbers have no gaps and follow the order of sending.
  6. A key has one answer.
  7. What was acknowledged is still there: a message until its reader let it go.
  8. Nothing is accepted after its deadline."""
import threading
import time

OPEN_END = float("inf")


class History:
    def __init__(self, check):
        self.check, self.lock, self.notes = check, threading.RLock(), 0
        self.tickets, self.talk_of, self.ages = {}, {}, {}
        self.offers, self.accepts, self.offer_of, self.spans = {}, {}, {}, {}
        self.names, self.answers = {}, {}
        self.sent, self.number_of, self.seen, self.gone = {}, {}, {}, {}

    def _same(self, law, book, subject, value):
        """The first note of a subject stands."""
        with self.lock:
            self.notes += 1
            first = book.setdefault(subject, value)
        return self.check.that(law, first == value, subject, first, value)

    # --- tickets, offers and talks ---

    def ticket(self, ticket, ended, age_ms, talk=None):
        """What a seeker was told of a ticket: searching, ended without a talk, or a talk."""
        if not ended and talk is None:
            with self.lock:
                self.notes += 1
                before, over = self.ages.get(ticket, 0), ticket in self.tickets
                self.ages[ticket] = max(before, age_ms)
            self.check.that("law 1: what is over does not search again", not over, ticket)
            return self.check.that("law 1: a wait never starts anew", age_ms >= before, ticket, before, age_ms)
        self._same("law 1: a ticket comes to one thing", self.tickets, ticket, talk.talk_id if talk else None)
        if talk is not None:
            self._same("law 1: a talk is of one ticket", self.talk_of, talk.talk_id, ticket)
            self._pair(talk)

    def offer(self, offer, within_ms):
        """An offer came: its deadline is no later than this."""
        with self.lock:
            self.notes += 1
            self.offers.setdefault(offer, time.monotonic() + within_ms / 1000)

    def accepted(self, peer, offer, first_tried, talk):
        """An accept that was first tried at a time was answered with a talk."""
        with self.lock:
            deadline = self.offers.get(offer, OPEN_END)
            self.spans.setdefault((peer, talk.talk_id), [time.monotonic(), OPEN_END])
        self.check.that("law 8: nothing is accepted after its deadline", first_tried <= deadline, first_tried, deadline)
        self._same("law 1: an offer comes to one talk", self.accepts, offer, talk.talk_id)
        self._same("law 1: a talk is of one offer", self.offer_of, talk.talk_id, offer)
        self._pair(talk)

    def _pair(self, talk):
        """The two sides of a talk were told of each other."""
        mine, theirs = (talk.side, talk.your_name), (3 - talk.side, talk.their_name)
        self._same("law 1: a talk has two sides", self.names, talk.talk_id, frozenset((mine, theirs)))

    def ending(self, talk):
        """Somebody is about to end a talk: from now on it may be over."""
        with self.lock:
            for (_, which), span in self.spans.items():
                if which == talk:
                    span[1] = min(span[1], time.monotonic())

    # --- keys and messages ---

    def answered(self, call, key, answer):
        """A changing call was answered.  The state of a talk is of the moment, not of the answer."""
        if "talk" in answer.DESCRIPTOR.fields_by_name:
            answer = type(answer).FromString(answer.SerializeToString())
            answer.talk.ClearField("state")
        self._same("law 6: a key has one answer", self.answers, (call, key), answer.SerializeToString(deterministic=True))

    def message(self, mailbox, text, number):
        """A message was acknowledged to its sender, who sends one after another."""
        with self.lock:
            last = max(self.sent.get(mailbox, {0: b""}))
        self._same("law 5: a message has one number", self.number_of, text, (mailbox, number))
        self.check.that("law 5: numbers follow the order of sending", number > last or
                        self.sent[mailbox].get(number) == text, number, last)
        self._same("law 5: a number is one message", self.sent.setdefault(mailbox, {}), number, text)

    def received(self, mailbox, after, number, text):
        """A stream brought a message, next after another."""
        self.check.that("law 5: no gap, and no message twice", number == after + 1, mailbox.hex(), after, number)
        self._same("law 5: a number is one message", self.seen.setdefault(mailbox, {}), number, text)
        with self.lock:
            let_go = self.gone.get(mailbox, (0, 0))[0]
        self.check.that("law 7: what a reader let go does not come back", number > let_go, number, let_go)

    def let_go(self, mailbox, up_to, heard):
        """A reader is about to let messages go, or heard that they are gone."""
        with self.lock:
            gone, tried = self.gone.get(mailbox, (0, 0))
            self.gone[mailbox] = (up_to if heard else gone, max(tried, up_to))

    def left(self, mailbox, numbers):
        """What a stream from the start brought in the end."""
        gone, tried = self.gone.get(mailbox, (0, 0))
        sent, seen = self.sent.get(mailbox, {}), self.seen.get(mailbox, {})
        start = numbers[0] - 1 if numbers else max([tried, *sent])
        self.check.that("law 7: only what was let go is gone", gone <= start <= tried, mailbox.hex(), gone, start, tried)
        lost = [n for n in sent if n > start and n not in numbers]
        self.check.that("law 7: an acknowledged message is there", not lost, mailbox.hex(), lost)
        wrong = [n for n, text in sent.items() if seen.get(n, text) != text]
        self.check.that("law 5: it is the message that was sent", not wrong, mailbox.hex(), wrong)

    # --- all of it ---

    def verdict(self, capacity):
        """The laws over the whole history; how many notes it has."""
        for peer in {peer for peer, _ in self.spans}:
            steps = sorted(step for (who, _), (began, ended) in self.spans.items() if who == peer and began < ended
                           for step in ((began, 1), (ended, -1)))
            now = most = 0
            for _, change in steps:
                now += change
                most = max(most, now)
            self.check.that("law 2: never above the capacity", most <= capacity, peer, most)
        return self.notes
