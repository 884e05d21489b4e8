"""expiry -- a message nobody fetched is lost in time, and its reader is told.

With a life of one second for messages and two for silence.  Usage:
expiry_test.py BUILD_DIR."""
import sys
import time

from world import Check, Member, Server

check = Check()
with Server(sys.argv[1], "--message-ms", "1000", "--idle-ms", "2000", "--settle-ms", "0") as world:
    peer = Member(world).ready(2, have=["heroin"])
    seeker = Member(world, grade=1).ready(1, have=["heroin"])
    duty = peer.attend()
    ask = seeker.ask()
    talk = peer.accept(duty.until(lambda m: len(m.duty.offers) > 0).duty.offers[0].offer_id).talk
    mine = ask.until(lambda m: m.ticket.phase == 2).ticket.talk
    one, two = seeker.open(mine, True), peer.open(talk, False)
    inbox, inbox2 = one.receive(), two.receive()
    inbox.until(lambda m: m.state.phase == 2)
    inbox2.cancel()
    one.send(b"too late")
    ended = inbox.until(lambda m: m.state.phase == 3, 40)
    check.that("silence ends the talk", ended.state.reason == 3, ended)
    time.sleep(0.2)
    late = two.receive()
    told = late.until(lambda m: m.WhichOneof("event") == "message" or m.state.phase == 3)
    check.that("the lost message is not delivered, its expiry is told",
               told.WhichOneof("event") == "state" and told.state.reason == 5, told)
    check.that("and the stream ends OK", late.end() is None)
check.report()
