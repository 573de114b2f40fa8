"""The arguments, the times and the results of the programs time_*.py.

usage of each program: time_X.py OUT.json [--cases REGEX] [--cores N]
OUT.json has the seconds of each case whose name the expression finds. A time is the median of all runs
within half a second, and of three runs at least. One run before them is not timed.
"""
import argparse
import json
import os
import re
import time


def parser(text):
    """A parser of the arguments that all programs have."""
    found = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("out", help="the JSON file of the results")
    found.add_argument("--cases", default="", metavar="REGEX", help="the names of the cases; all by default")
    cores = len(os.sched_getaffinity(0))
    found.add_argument("--cores", type=int, default=cores, metavar="N", help="the threads; all cores by default")
    return found


def wanted(names, args):
    return any(re.search(args.cases, name) for name in names)


def median(run, least=3, seconds=0.5):
    """The median time of a run, in seconds."""
    run()
    times = []
    while len(times) < least or sum(times) < seconds:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def measure(cases, args):
    """The seconds of each case. A case is its names, which share one time, and a function that returns the run."""
    found = {}
    for names, start in cases:
        if wanted(names, args):
            try:
                found.update(dict.fromkeys(names, median(start())))
                print(f"{names[0]:60s} {found[names[0]] * 1e3:10.3f} ms", flush=True)
            except Exception as error:  # such as a lack of memory: the times of other cases are kept
                print(f"{names[0]}: {error}", flush=True)
    return found


def write(found, args):
    with open(args.out, "w") as file:
        json.dump(found, file, indent=1)
