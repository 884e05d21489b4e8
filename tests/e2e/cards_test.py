"""cards -- read, written under the consent in force, and so often a day.

Usage: cards_test.py BUILD_DIR"""
import sys

from world import Check, Failed, Member, Server, key

check = Check()
TODAY = ("RESOURCE_EXHAUSTED", "CARDS_PER_DAY")


def put(m, role, version, consent=1, **more):
    card = m.server.protos.message("Card")(role=role, version=version, vocabulary_version=vocabulary)
    return m.api.call("Cards/PutCard", m.token, **{"idempotency_key": key(), "card": card, "consent_version": consent,
                                                   **more}).version


def seen(m, role):
    return m.api.call("Cards/GetCard", m.token, role=role)


with Server(sys.argv[1], "--cards-per-day", "3", "--consent-version", "2") as server:
    m, other = Member(server), Member(server)
    for one in (m, other):
        one.enroll()
        one.login()
    info = m.api.call("Accounts/GetServerInfo")
    vocabulary = info.vocabulary_version
    check.that("how often is said", (info.limits.cards_per_day, info.limits.blocks_max) == (3, 256), info.limits)
    for version in (1, 3):
        check.fails("another consent text", "FAILED_PRECONDITION", "CONSENT", lambda: put(m, 1, 1, version))
    check.fails("the wrong version", "ABORTED", "CARD_VERSION", lambda: put(m, 1, 2, 2))
    last = key()
    check.that("three, of both roles", [put(m, 1, 1, 2), put(m, 2, 1, 2), put(m, 1, 2, 2, idempotency_key=last)] == [1, 1, 2])
    refused = key()
    check.fails("the fourth", *TODAY, lambda: put(m, 2, 2, 2, idempotency_key=refused))
    try:
        put(m, 2, 2, 2)
    except Failed as error:
        check.that("says when to come back", 0 < error.retry_ms <= 86400000, error.retry_ms)
    check.that("one answered before is answered alike", put(m, 1, 2, 2, idempotency_key=last) == 2)
    check.that("the cards are as they were put", (seen(m, 1).card.version, seen(m, 2).card.version) == (2, 1))
    check.that("with the consent they were put under", seen(m, 1).consent_version == 2)
    check.that("another member's day is their own", put(other, 1, 1, 2) == 1)
    server.kill()
    server.start()
    m.reconnect()
    check.fails("a restart changes nothing", *TODAY, lambda: put(m, 2, 2, 2, idempotency_key=refused))
    check.that("stops in order", server.stop() == 0)
check.report()
