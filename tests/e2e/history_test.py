"""history -- the checker finds what it is there to find.

A history without a contradiction has none; each of the contradictions below,
planted in it, is found, and by its law alone.  Usage: history_test.py BUILD_DIR"""
import pathlib
import sys
import time

from history import History
from world import Check, Protos

protos = Protos(pathlib.Path(sys.argv[1]))
Talk, Answer = protos.message("Talk"), protos.message("AnswerResponse")
A, B = b"mailbox a", b"mailbox b"
check = Check()


class Found:
    """In place of a Check: what did not hold."""

    def __init__(self):
        self.laws = []

    def that(self, law, truth, *_):
        if not truth:
            self.laws.append(law)
        return truth


def talk(number, side, mine="Quiet Heron 1", theirs="Daylit Osprey 2"):
    names = (mine, theirs) if side == 1 else (theirs, mine)
    return Talk(talk_id=number, side=side, your_name=names[0], their_name=names[1])


def fine(h):
    """Two tickets become talks of one peer, one after the other; a third is taken back."""
    now = time.monotonic()
    h.ticket(1, False, 5)
    h.ticket(1, False, 9)
    h.offer(10, 1000)
    h.accepted("peer", 10, now, talk(100, 2))
    h.ticket(1, False, 11)
    h.ticket(1, False, 11, talk(100, 1))
    h.answered("Answer", b"k", Answer(talk=talk(100, 2)))
    h.answered("Answer", b"k", Answer(talk=talk(100, 2)))
    for n, text in enumerate((b"one", b"two", b"three"), 1):
        h.message(A, text, n)
        h.received(A, n - 1, n, text)
    h.let_go(A, 2, False)
    h.let_go(A, 2, True)
    h.left(A, [3])
    h.ending(100)
    h.ticket(2, False, 0)
    h.offer(11, 1000)
    h.accepted("peer", 11, now, talk(101, 2))
    h.ticket(2, True, 0, talk(101, 1))
    h.ticket(3, False, 0)
    h.ticket(3, True, 0)
    h.message(B, b"four", 1)


def late(h):
    h.offer(12, 0)
    time.sleep(0.01)
    h.accepted("another", 12, time.monotonic(), talk(102, 2))


def twice_at_once(h):
    h.accepted("peer", 13, 0, talk(103, 2))


PLANTED = {
    "law 1: a ticket comes to one thing": [lambda h: h.ticket(3, True, 0, talk(300, 1)),
                                           lambda h: h.ticket(1, True, 0)],
    "law 1: a talk is of one ticket": [lambda h: h.ticket(4, True, 0, talk(101, 1))],
    "law 1: what is over does not search again": [lambda h: h.ticket(1, False, 12), lambda h: h.ticket(3, False, 0)],
    "law 1: a wait never starts anew": [lambda h: (h.ticket(5, False, 7), h.ticket(5, False, 6))],
    "law 1: an offer comes to one talk": [lambda h: h.accepted("another", 11, 0, talk(104, 2))],
    "law 1: a talk is of one offer": [lambda h: h.accepted("peer", 14, 0, talk(101, 2))],
    "law 1: a talk has two sides": [lambda h: h.ticket(2, True, 0, talk(101, 1, mine="Another 3"))],
    "law 2: never above the capacity": [twice_at_once],
    "law 5: a message has one number": [lambda h: h.message(B, b"four", 2)],
    "law 5: numbers follow the order of sending": [lambda h: (h.message(B, b"nine", 9), h.message(B, b"five", 5))],
    "law 5: a number is one message": [lambda h: h.received(A, 2, 3, b"other")],
    "law 5: no gap, and no message twice": [lambda h: h.received(A, 3, 5, b"five"), lambda h: h.received(A, 3, 3, b"three")],
    "law 5: it is the message that was sent": [lambda h: (h.received(B, 0, 1, b"for"), h.left(B, [1]))],
    "law 6: a key has one answer": [lambda h: h.answered("Answer", b"k", Answer(talk=talk(101, 2)))],
    "law 7: what a reader let go does not come back": [lambda h: h.received(A, 1, 2, b"two")],
    "law 7: only what was let go is gone": [lambda h: h.left(B, [])],
    "law 7: an acknowledged message is there": [lambda h: (h.message(A, b"last", 4), h.left(A, [3]))],
    "law 8: nothing is accepted after its deadline": [late],
}
for law, plants in [(None, [lambda h: None]), *PLANTED.items()]:
    for plant in plants:
        found = Found()
        history = History(found)
        fine(history)
        plant(history)
        history.verdict(1)
        check.that("found, and nothing else", set(found.laws) == ({law} if law else set()), law, found.laws)
check.report()
