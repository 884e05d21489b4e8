"""bad_table -- plays every cell of bad_table.TABLE, and finds those that are missing.

The calls and fields are taken from the descriptor set that the server itself
serves by reflection: a new call or field without its cells fails here, by
name.  Usage: bad_table_test.py BUILD_DIR [CALL ...]"""
import sys
import time

import bad_scenes
from bad_table import OK, TABLE, ZERO, By, Call, Cannot, Field, V
from world import Check, Failed, key

check = Check()
PACKAGE = "kindred.v1."
WHO = {"no_token": None, "expired": "expired", "low": "low", "lapsed": "lapsed", "held": "held"}
CALL_CELLS = ("same_key", "other_body", "early", "late", *WHO)
counted = {"played": 0, "cannot": 0}


def paths(message, prefix=""):
    """Every field of a request, those of its messages after them."""
    for field in message.fields:
        yield prefix + field.name, field
        if field.message_type:
            yield from paths(field.message_type, prefix + field.name + ".")


def missing(protos):
    methods = {name[len(PACKAGE):]: m for name, m in protos.methods.items() if name.startswith(PACKAGE)}
    for name in sorted(set(methods) ^ set(TABLE)):
        check.that(f"{name}: " + ("no row" if name in methods else "there is no such call"), False)
    for name in sorted(set(methods) & set(TABLE)):
        row = TABLE[name]
        fields = dict(paths(protos.message(methods[name].input_type).DESCRIPTOR))
        for path in sorted(set(fields) ^ set(row.fields)):
            check.that(f"{name} {path}: " + ("no row" if path in fields else "there is no such field"), False)
        for path in set(fields) & set(row.fields):
            for column, cell in zip(Field._fields, row.fields[path]):
                filled(f"{name} {path} {column}", cell)
                check.that(f"{name} {path} {column}: it can be told from absent",
                           cell is not ZERO or column == "empty" and not fields[path].has_presence)
        for column in CALL_CELLS:
            filled(f"{name} {column}", getattr(row, column))


def filled(what, cell):
    outcome = cell.outcome if isinstance(cell, (V, By)) else cell
    check.that(f"{what}: a cell names status and reason, or says why it cannot be",
               len(outcome.why) > 10 if isinstance(cell, Cannot) else type(outcome) is tuple and len(outcome) == 2, cell)


# ---- a body with one field changed ----

def holder(body, path):
    """The message that has the last field of a path; of a list its first."""
    *above, name = path.split(".")
    for part in above:
        body = getattr(body, part)
        if hasattr(body, "add"):
            body = body[0]
    return body, name


def assign(message, name, value):
    field = message.DESCRIPTOR.fields_by_name[name]
    if isinstance(value, dict):
        getattr(message, name).SetInParent()
        for part, inner in value.items():
            assign(getattr(message, name), part, inner)
    elif isinstance(value, (list, range)):
        message.ClearField(name)
        for one in value:
            if field.message_type:
                added = getattr(message, name).add()
                for part, inner in one.items():
                    assign(added, part, inner)
            else:
                getattr(message, name).append(one)
    else:
        setattr(message, name, value)


def change(scene, body, path, value):
    value = value(scene) if callable(value) else value
    message, name = holder(body, path)
    if value is not ...:  # else as the scene has it
        assign(message, name, value)


# ---- playing ----

def outcome(play):
    try:
        return OK, play()
    except Failed as error:
        return (error.code, error.reason), None


def field_play(column, path, cell):
    """What the column does to the field, or the cell's own play."""
    def play(scene):
        body = scene.make.FromString(scene.body.SerializeToString())
        if isinstance(cell, V):
            change(scene, body, path, cell.value)
        else:
            message, name = holder(body, path)
            if column == "absent":
                message.ClearField(name)
            elif message.DESCRIPTOR.fields_by_name[name].message_type:
                message.ClearField(name)
                getattr(message, name).SetInParent()
            else:
                setattr(message, name, 0)
        return scene.act(body)
    return cell.play if isinstance(cell, By) else play


def twice(scene):
    first = scene.act()
    second = scene.act()
    if not scene.streaming and scene.name not in SPOKEN:
        check.that(f"{scene.name} same_key: the same answer", first == second, first, second)
    return second


SPOKEN = {"Accounts/Challenge", "Operations/Stats"}  # each answer is new


def other(scene):
    scene.act()
    body = scene.make.FromString(scene.body.SerializeToString())
    for name, value in TABLE[scene.name].other.items():
        change(scene, body, name, value)
    return scene.act(body)


def by_whom(column):
    def play(scene):
        row, worlds = TABLE[scene.name], scene.worlds
        who = getattr(worlds, WHO[column] or "low")
        fields = row.sample(who) if callable(row.sample) else row.sample
        body = scene.make()
        for name, value in fields.items():
            if hasattr(value, "SerializeToString"):
                getattr(body, name).MergeFromString(value.SerializeToString())
            elif value is None:
                setattr(body, name, key())
            else:
                assign(body, name, value)
        return scene.act(body, who, *([] if WHO[column] else [None]))
    return play


CALL_PLAYS = {"same_key": twice, "other_body": other, **{column: by_whom(column) for column in WHO}}


def cells(name):
    """(what, column, play, outcome wanted) of one call."""
    row = TABLE[name]
    for path, field in row.fields.items():
        for column, cell in zip(Field._fields, field):
            yield f"{name} {path} {column}", column, cell, field_play(column, path, cell)
    for column in CALL_CELLS:
        cell = getattr(row, column)
        yield f"{name} {column}", column, cell, cell.play if isinstance(cell, By) else CALL_PLAYS.get(column)


def played(worlds, name, what, scene, wanted, play):
    counted["played"] += 1
    try:
        got, answer = outcome(lambda: play(scene))
        check.that(what, got == wanted, "wanted", *wanted, "got", *got, answer if got == OK else "")
    except Exception as error:  # each cell stands alone
        check.that(what, False, "wanted", *wanted, "got", repr(error))


def one_call(worlds, name):
    row = TABLE[name]
    shared = row.scene(bad_scenes.Scene(worlds, name))
    try:
        for what, column, cell, play in cells(name):
            if isinstance(cell, Cannot):
                counted["cannot"] += 1
                continue
            wanted = cell.outcome if isinstance(cell, (V, By)) else cell
            apart = wanted == OK or isinstance(cell, By) or column in CALL_CELLS and column not in WHO
            scene = shared
            if apart:
                scene = bad_scenes.Scene(worlds, name)
                row.scene(scene)
            played(worlds, name, what, scene, wanted, play)
            if apart:
                scene.close()
        got, _ = outcome(shared.act)
        check.that(f"{name}: after all that was refused it succeeds", got == OK, got)
    finally:
        shared.close()


build, only = sys.argv[1], sys.argv[2:]
worlds = bad_scenes.Worlds(build)
since = time.monotonic()
try:
    missing(worlds.protos)
    if check.failed:  # what is not there cannot be played
        check.report()
    time.sleep(max(0, since + bad_scenes.TOKEN_MS / 1000 + 0.3 - time.monotonic()))
    for name in TABLE:
        if not only or name in only:
            one_call(worlds, name)
    for server in (worlds.main, worlds.short):
        check.that("the server stops in order", server.stop() == 0)
finally:
    worlds.close()
print(f"{len(TABLE)} calls: {counted['played']} cells played, {counted['cannot']} that cannot be")
check.report()
