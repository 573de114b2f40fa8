"""Compares runs of `overtime run pd14.toml --out FILE.npz` with runs of NEST.

usage: compare_microcircuit.py MS NEST.npz FILE.npz...    NEST.npz is one of make_microcircuit.py

MS is the time of each run of NEST after the first 500 ms. A longer run of overtime is cut into windows of this length,
because CVs and correlations depend on it. The table has the mean and the standard deviation over windows and over
seeds, t of Student's two-sample test, and the distance of the two mean distributions over neurons or pairs (the
greatest difference of their cumulative shares, from the percentiles). Its last column is the mean distance of a seed of
NEST from the mean of the other seeds: neurons with few spikes have few possible values, whose shares jump."""
import sys

import numpy as np

from make_microcircuit import NAMES, SKIP, statistics, summaries

POPULATIONS = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"]
SIZES = [20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948]

duration, nest = float(sys.argv[1]), np.load(sys.argv[2])
runs = []
for file in sys.argv[3:]:
    with np.load(file) as all:
        spikes = [(all[f"{p}.spike_i"], (all[f"{p}.spike_step"] + 1) * 0.1) for p in POPULATIONS]
    last = max(ms.max() for _, ms in spikes)
    for window in range(max(1, round((last - SKIP) / duration))):
        start = SKIP + window * duration
        runs.append(summaries([statistics(*of, size, duration, start) for of, size in zip(spikes, SIZES)]))


def distance(ours, theirs):
    """The greatest difference of two cumulative distributions, each given by its percentiles."""
    at, share = np.union1d(ours, theirs), np.linspace(0, 1, 101)
    below = [share[np.searchsorted(percentiles, at, "right") - 1] * (at >= percentiles[0]) for percentiles in (ours, theirs)]
    return np.abs(below[0] - below[1]).max()


print(f"{len(runs)} windows, {len(nest['rate'])} seeds")
print("| population | statistic | overtime | NEST | t | distance | of a seed |")
print("|---|---|---|---|---|---|---|")
for p, population in enumerate(POPULATIONS):
    for name in NAMES:
        ours, theirs = np.array([run[name][p] for run in runs]), nest[name][:, p].astype(float)
        n, m = len(ours), len(theirs)
        deviation = np.sqrt((n * ours.var() + m * theirs.var()) / (n + m - 2))
        t = (ours.mean() - theirs.mean()) / (deviation * np.sqrt(1 / n + 1 / m))
        shown = [f"{x.mean():.4f} ± {x.std(ddof=1) if len(x) > 1 else 0:.4f}" for x in (ours, theirs)]
        seeds = nest[name + "s"][:, p].astype(float)
        from_nest = distance(np.mean([run[name + "s"][p] for run in runs], axis=0), seeds.mean(axis=0))
        others = [np.delete(seeds, k, axis=0) for k in range(m)] if m > 1 else []
        of_seed = np.mean([distance(seed, rest.mean(axis=0)) for seed, rest in zip(seeds, others)]) if others else np.nan
        print(f"| {population} | {name} | {shown[0]} | {shown[1]} | {t:.2f} | {from_nest:.3f} | {of_seed:.3f} |")
