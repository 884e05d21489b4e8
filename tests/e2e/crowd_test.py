"""crowd -- ten times as many as the limits allow.

Six hundred and forty members at a server for sixty-four: they ask, go on duty,
accept, write cards all at once, and connect.  Who finds no room is told
RESOURCE_EXHAUSTED LIMIT_REACHED and nothing of theirs is half done: with the
same key they are let in once there is room.  Those within are served all the
while, and in the end the server is as empty as before.
Usage: crowd_test.py BUILD_DIR."""
import concurrent.futures
import queue
import socket
import sys
import time

from stall import PREFACE, frame
from world import Check, Failed, Member, Server, key

MOST, CROWD = 64, 640
check = Check()
FULL = ("RESOURCE_EXHAUSTED", "LIMIT_REACHED")


def enrolled(lane):
    """A member for both roles; many share a connection."""
    member = Member(world).ready(1, have=["heroin"])
    member.card(2, have=["heroin"])
    member.api.close()
    member.api = lane
    return member


def first(stream):
    """The first that came, or what it failed with."""
    try:
        return stream.next()
    except Failed as error:
        return error


def let_in(what, streams, most=MOST):
    """Who of them is in: as many as there is room for; all others were told why not."""
    said = [first(stream) for stream in streams]
    within = [i for i, got in enumerate(said) if not isinstance(got, Failed)]
    check.that(f"{what}: as many as there is room for", len(within) == min(most, len(streams)), len(within))
    others = {(got.code, got.reason) for got in said if isinstance(got, Failed)}
    check.that(f"{what}: the others are told why", others <= {FULL}, others)
    print(f"{what}: {len(streams)} came, {len(within)} are in")
    return within


def asking(crowd):
    """Ten times as many seekers; who was refused asks again with the same key."""
    within = let_in("asks", [member.ask() for member in crowd])
    others = [member for i, member in enumerate(crowd) if i not in within]
    for i in within:
        member = crowd[i]
        state = member.ask_again().next().ticket
        check.that("who is in goes on waiting", state.phase == 1, state)
        member.api.call("Support/Beat", member.token, ticket_id=state.ticket_id)
        member.api.call("Support/Withdraw", member.token, idempotency_key=key(), ticket_id=state.ticket_id)
    again = let_in("asks again", [member.ask_again() for member in others[:MOST]])
    check.that("with room again, all of the next are in", len(again) == MOST)
    for member in others[:MOST]:
        ticket = member.ask_again().next().ticket.ticket_id
        member.api.call("Support/Withdraw", member.token, idempotency_key=key(), ticket_id=ticket)


def attending(crowd):
    within = let_in("duties", [member.attend(capacity=8) for member in crowd])
    others = [member for i, member in enumerate(crowd) if i not in within]
    for i in within:
        crowd[i].api.call("Peers/Leave", crowd[i].token, idempotency_key=key())
    for member in others[:MOST]:
        member.duty = member.api.stream("Peers/Attend", member.token, **member.attend_fields)
    let_in("duties again", [member.duty for member in others[:MOST]])
    for member in others[:MOST]:
        member.api.call("Peers/Leave", member.token, idempotency_key=key())


def meeting(crowd):
    """Talks that can be reflected on count: when there is room for no more, whoever asks waits on,
    and an accept is refused."""
    peers, seekers = crowd[:MOST], crowd[MOST:2 * MOST + 3]
    for peer in peers:
        peer.duty = peer.attend(capacity=8)
        peer.duty.until(lambda m: m.duty.phase == 1)
    talks, lonely = [], []
    for seeker in seekers:
        stream = seeker.ask()
        ticket = stream.next().ticket
        if serve(peers, stream, 1 if len(talks) == MOST else 20):
            talks.append(seeker)
            continue
        state = seeker.ask_again().next().ticket
        check.that("who finds no room waits on", (state.ticket_id, state.phase) == (ticket.ticket_id, 1), state)
        lonely.append(seeker)
    check.that("as many talks as there is room for", len(talks) == MOST, len(talks))
    print(f"talks: {len(talks)} are on, {len(lonely)} seekers wait on, {len(refused)} accepts found no room")
    for seeker in talks:
        check.that("a talk that is on goes on", seeker.ask_again().next().ticket.phase == 2)
        seeker.api.call("Talks/End", idempotency_key=key(), capability=seeker.mailbox)
    return peers, lonely


def serve(peers, stream, patience):
    """Whoever is offered accepts; whether the seeker was matched."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        for peer in peers:
            while not peer.duty.queue.empty():
                for offer in peer.duty.next().duty.offers:
                    if offer.offer_id in tried:
                        continue
                    tried.add(offer.offer_id)
                    try:
                        peer.accept(offer.offer_id)
                    except Failed as error:
                        refused.append(error)
                        check.that("an accept without room is told", (error.code, error.reason) == FULL, error)
        try:
            if stream.next(0.02).ticket.phase == 2:
                return True
        except queue.Empty:
            pass
    return False


tried, refused = set(), []


def after(peers, lonely):
    """Talks that can be reflected on no more make room."""
    for seeker in lonely:
        check.that("with room again, who waited is matched", serve(peers, seeker.ask_again(), 60))


def writing(crowd):
    """All log in and put a card at once, through queues of sixteen."""
    refusals = []

    def insist(call):
        while True:
            try:
                return call()
            except Failed as error:
                refusals.append((error.code, error.reason))
                time.sleep(0.05)

    def put(member):
        insist(member.login)
        member.versions[1] += 1
        card = world.protos.message("Card")(role=1, version=member.versions[1], vocabulary_version=info.vocabulary_version)
        fields = {"idempotency_key": key(), "card": card, "consent_version": info.consent_version}
        return insist(lambda: member.api.call("Cards/PutCard", member.token, **fields))
    info = insist(lambda: crowd[0].api.call("Accounts/GetServerInfo"))
    with concurrent.futures.ThreadPoolExecutor(160) as many:
        versions = list(many.map(put, crowd))
    check.that("each is told why they must wait", set(refusals) <= {FULL}, set(refusals))
    check.that("each card is put once", all(said.version == member.versions[1] for said, member in zip(versions, crowd)))
    print(f"cards: {len(crowd)} at once through queues of 16, {len(refusals)} refusals")


def newcomer(server):
    """Whether somebody new is served, once the server noticed who left."""
    for _ in range(100):
        api = server.api()
        try:
            return api.call("Accounts/GetServerInfo").api_version == "v1"
        except Failed:
            time.sleep(0.1)
        finally:
            api.close()
    return False


def connecting():
    """Ten times as many connections as are allowed; who is connected is served."""
    with Server(sys.argv[1], "--connections-max", "16") as small:
        inside = small.api()
        inside.call("Accounts/GetServerInfo")
        sockets = [socket.create_connection(("127.0.0.1", small.port)) for _ in range(160)]
        answered = 0
        for one in sockets:
            one.settimeout(10)
            try:
                one.sendall(PREFACE + frame(4, 0, 0))
                answered += len(one.recv(9)) == 9
            except OSError:  # a closed door, or nobody behind it
                pass
            inside.call("Accounts/GetServerInfo")
        check.that("as many connections as allowed", 1 <= answered <= 15, answered)
        for one in sockets:
            one.close()
        check.that("with room again, a newcomer is served", newcomer(small))
        print(f"connections: 160 tried, {answered} beside one were served")
        check.that("stops in order", small.stop() == 0)


FLAGS = ("--tickets-max", str(MOST), "--duties-max", str(MOST), "--talks-max", str(MOST),
         "--settle-ms", "0", "--relax-ms", "1", "--batch-ms", "20", "--reflect-ms", "1000", "--exclude-talked-ms", "0",
         "--exclude-lapsed-ms", "0", "--lapses-max", "255", "--lost-ms", "600000", "--fresh-ms", "600000",
         "--offer-ms", "2000", "--join-ms", "600000")
connecting()
with Server(sys.argv[1], *FLAGS) as world:
    lanes = [world.api() for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as some:
        crowd = list(some.map(lambda i: enrolled(lanes[i % 8]), range(CROWD)))
    asking(crowd)
    attending(crowd)
    after(*meeting(crowd))
    check.that("stops in order", world.stop() == 0)
    world.flags += ("--queue-max", "16")
    world.start()
    writing(crowd)
    check.that("stops in order", world.stop() == 0)
check.report()
