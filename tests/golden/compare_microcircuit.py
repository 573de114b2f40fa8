"""Compares runs of `overtime run pd14.toml --out FILE.npz` with runs of NEST.

usage: compare_microcircuit.py MS NEST.npz FILE.npz...    NEST.npz is one of make_microcircuit.py

MS is the time after the first 500 ms. The table has the mean and the standard deviation over seeds, and t of Student's
two-sample test."""
import sys

import numpy as np

from make_microcircuit import NAMES, statistics, summaries

POPULATIONS = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"]
SIZES = [20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948]

duration, nest = float(sys.argv[1]), np.load(sys.argv[2])
runs = []
for file in sys.argv[3:]:
    with np.load(file) as all:
        spikes = [(all[f"{p}.spike_i"], (all[f"{p}.spike_step"] + 1) * 0.1) for p in POPULATIONS]
    runs.append(summaries([statistics(*of, size, duration) for of, size in zip(spikes, SIZES)]))
print("| population | statistic | overtime | NEST | t |")
print("|---|---|---|---|---|")
for p, population in enumerate(POPULATIONS):
    for name in NAMES:
        ours, theirs = np.array([run[name][p] for run in runs]), nest[name][:, p].astype(float)
        n, m = len(ours), len(theirs)
        deviation = np.sqrt((n * ours.var() + m * theirs.var()) / (n + m - 2))
        t = (ours.mean() - theirs.mean()) / (deviation * np.sqrt(1 / n + 1 / m))
        shown = [f"{x.mean():.4f} ± {x.std(ddof=1) if len(x) > 1 else 0:.4f}" for x in (ours, theirs)]
        print(f"| {population} | {name} | {shown[0]} | {shown[1]} | {t:.2f} |")
