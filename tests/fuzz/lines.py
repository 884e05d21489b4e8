"""lines -- lines of the code that were run, a layer a line, from llvm-cov's summary as JSON.  Usage: lines.py SRC < JSON."""
import collections
import json
import pathlib
import sys

src = pathlib.Path(sys.argv[1])
ran, all_of = collections.Counter(), collections.Counter()
for file in json.load(sys.stdin)["data"][0]["files"]:
    path = pathlib.Path(file["filename"])
    if src in path.parents:
        layer = path.relative_to(src).parts[0]
        ran[layer] += file["summary"]["lines"]["covered"]
        all_of[layer] += file["summary"]["lines"]["count"]
for layer in sorted(all_of):
    print(f"{layer:<10} {ran[layer]:6,} of {all_of[layer]:6,}  {ran[layer] / all_of[layer]:4.0%}")
print(f"{'all':<10} {sum(ran.values()):6,} of {sum(all_of.values()):6,}  {sum(ran.values()) / sum(all_of.values()):4.0%}")
