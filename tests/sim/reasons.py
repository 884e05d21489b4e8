#!/usr/bin/env python3
"""reasons -- each reason for which the store's guards refuse a matching
command has a row in the simulator's coverage, so a new one cannot be left
unvisited.  Usage: reasons.py REPO"""
import pathlib
import re
import sys

repo = pathlib.Path(sys.argv[1])
GUARDS = {  # src/store/decide_NAME.c to the commands it decides
    "ticket": ("OPEN_TICKET", "CLOSE_TICKET", "RAISE_DANGER"),
    "duty": ("OPEN_DUTY", "SET_DUTY", "CLOSE_DUTY"),
    "offer": ("OFFER", "ACCEPT", "DECLINE", "CLOSE_OFFER"),
    "talk": ("JOIN", "END_TALK", "REFLECT"),
    "pair": ("BLOCK", "UNBLOCK", "HOLD"),
    "block": ("BLOCK", "UNBLOCK"),
}
ROW = re.compile(r"\{COMMAND_(\w+), (ERR_\w+),")

declared = set(ROW.findall((repo / "tests/sim/sim_cover_tables.c").read_text()))
decided = re.findall(r"\[COMMAND_(\w+)\] = store_decide_(\w+?)_", (repo / "src/store/decide.c").read_text())
found = [f"{command} is decided in decide_{part}.c, which {sys.argv[0]} does not read for it"
         for command, part in decided if command not in GUARDS.get(part, ())]
for part, commands in GUARDS.items():
    source = (repo / "src" / "store" / f"decide_{part}.c").read_text()
    for err in sorted(set(re.findall(r"\bERR_\w+", source)) - {"ERR_NONE"}):
        if not any((command, err) in declared for command in commands):
            found.append(f"decide_{part}.c refuses {err}, and no row of sim_cover_tables.c has it for "
                         + " or ".join(commands))
for what in found:
    print(what)
sys.exit(bool(found))
