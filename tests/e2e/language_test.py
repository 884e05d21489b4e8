"""language -- what a server says to people, it says in their language.

Vocabulary, crisis resources and errors, by gRPC and by Connect.  Usage:
language_test.py BUILD_DIR"""
import base64
import json
import sys
import urllib.error
import urllib.request

import grpc
from world import Check, Member, Server, key

check = Check()
LOCALIZED = "google.rpc.LocalizedMessage"


def refusal(member, *metadata):
    """How Peers/Beat is refused off duty: status message and localized words."""
    make, _ = member.api._method("Peers/Beat")
    call = member.api.channel.unary_unary("/kindred.v1.Peers/Beat", request_serializer=make.SerializeToString)
    try:
        call(make(), metadata=(("authorization", "Bearer " + member.token), *metadata), timeout=20)
    except grpc.RpcError as error:
        details = {}
        for name, value in error.trailing_metadata():
            if name == "grpc-status-details-bin":
                for detail in member.server.protos.message("google.rpc.Status").FromString(value).details:
                    details[detail.type_url.split("/")[-1]] = detail.value
        words = details.get(LOCALIZED)
        return error.details(), words and member.server.protos.message(LOCALIZED).FromString(words), set(details)
    return None


def connect(server, accept):
    request = urllib.request.Request(f"http://{server.target}/kindred.v1.Peers/Beat", data=b"{}", headers={
        "content-type": "application/json", "accept-language": accept})
    try:
        urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


with Server(sys.argv[1]) as server:
    m = Member(server).ready(2, have=["heroin"])
    check.that("which languages is said", list(m.api.call("Accounts/GetServerInfo").languages) == ["en", "es"])
    english, words, plain = refusal(m)
    check.that("English without more", english == "attend first" and words is None)
    for accept in ("es", "es-MX,es;q=0.9,en;q=0.8", "fr, ES"):
        said, words, details = refusal(m, ("accept-language", accept))
        check.that(f"{accept}: Spanish words", words and words.locale == "es" and "turno" in words.message, words)
        check.that(f"{accept}: the rest is the same", said == english and details - {LOCALIZED} == plain, details)
    for accept in ("en, es", "fr", "*", "es;q=0", "x" * 5000):
        check.that(f"{accept[:8]}: English", refusal(m, ("accept-language", accept))[:2] == (english, None))
    said = connect(server, "es-ES,es;q=0.9")
    one = [d for d in said["details"] if d["type"] == LOCALIZED]
    check.that("by Connect too", len(one) == 1 and said["code"] == "unauthenticated", said)
    text = base64.b64decode(one[0]["value"] + "==")
    check.that("in Spanish", "inicia sesión".encode() in text, text)
    check.that("or not", not [d for d in connect(server, "de")["details"] if d["type"] == LOCALIZED])
    vocabulary = lambda tag: m.api.call("Vocabularies/GetVocabulary", language=tag)
    en, es = vocabulary("en"), vocabulary("es-AR")
    check.that("the vocabulary", (en.language, es.language, vocabulary("fr").language) == ("en", "es", "en"))
    label = lambda v: {t.id: t.label for t in v.terms}
    differ = [t for t in label(en) if label(en)[t] != label(es)[t]]
    check.that("its labels", len(differ) > len(en.terms) // 2 and all(label(es).values()), len(differ))
    check.that("the same terms", [t.token for t in en.terms] == [t.token for t in es.terms])
    crisis = lambda tag: m.api.call("Support/GetCrisisResources", country="US", language=tag).resources
    check.that("crisis resources", list(crisis("en").texts) != list(crisis("es").texts) and
               len(crisis("es").texts) == len(crisis("en").texts))
    check.that("a country's name", crisis("es").name != crisis("en").name, crisis("es").name)
    seeker = Member(server, grade=1).ready(1, have=["heroin"])
    m.duty = m.attend()
    stream = seeker.ask(danger=True, country="US", language="es")
    check.that("an ask in danger begins in it", stream.next().crisis.texts == crisis("es").texts)
    theirs = m.accept(m.duty.until(lambda g: len(g.duty.offers) > 0).duty.offers[0].offer_id).talk
    mine = stream.until(lambda g: g.ticket.phase == 2).ticket.talk
    check.that("a name is a name in every language",
               (mine.your_name, mine.their_name) == (theirs.their_name, theirs.your_name))
    check.that("stops in order", server.stop() == 0)
check.report()
