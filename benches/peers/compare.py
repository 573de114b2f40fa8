"""Times overtime and brainpy in turn on this machine, and prints their ratios as a table.

usage: compare.py [ROUNDS]       in a Python that has brainpy 2.8.2; rounds alternate, the best of each side counts
"""
import json
import pathlib
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent
rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
ours, peer = {}, {}


def keep(best, name, seconds):
    best[name] = min(seconds, best.get(name, seconds))


for _ in range(rounds):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        subprocess.run([sys.executable, here / "time_brainpy.py", out.name], check=True, stdout=subprocess.DEVNULL)
        for name, seconds in json.load(open(out.name)).items():
            keep(peer, name, seconds)
    bench = ["cargo", "bench", "-p", "overtime", "--bench", "loop_over_time", "--bench", "cells"]
    bench += ["--", "--warm-up-time", "0.5", "--measurement-time", "1.5"]
    subprocess.run(bench, check=True, cwd=root, stdout=subprocess.DEVNULL)
    for file in root.glob("target/criterion/**/new/benchmark.json"):
        estimates = json.load(open(file.with_name("estimates.json")))
        keep(ours, json.load(open(file))["full_id"], estimates["median"]["point_estimate"] * 1e-9)

print("| case (f32) | overtime, ms | brainpy, ms | ratio |")
print("|---|---|---|---|")
for name, seconds in ours.items():
    other = peer.get(name)
    if other is not None:
        print(f"| {name} | {seconds * 1e3:.3g} | {other * 1e3:.3g} | {other / seconds:.2f} |")
