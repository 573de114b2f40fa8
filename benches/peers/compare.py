"""Times overtime and other simulators in turn on this machine, and prints a Markdown table.

Each simulator runs in the Python that its environment variable names, and is left out without it:
BRAINPY_PYTHON (brainpy 2.8.2), TORCH_PYTHON (torch 2.15), BRIAN2_PYTHON (Brian2 2.9, C++ standalone) and
ARBOR_PYTHON (Arbor 0.12.2). overtime runs by `cargo bench`; the networks COBA and CUBA run by the
command (OVERTIME names it). CARGO_TARGET_DIR and OVERTIME_BENCH_DIR are as in time_overtime.py.

A round measures each simulator once, and the best time of all rounds counts. The table goes to stdout
and the progress to stderr. Before each simulator the program observes the machine for one second. It
stops if other processes take more than 5 % of the cores then or during a run, or if the host takes more
than 2 %. floors.py describes the floor, and clock.py the clock.

The first run also builds the benches and Brian2's programs, which takes several minutes; both are kept.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import cases
import clock
import floors
import load
import machine
import networks_overtime
import table
import time_overtime

HERE = pathlib.Path(__file__).resolve().parent
# The program of each simulator, and the variable that names its Python.
PROGRAMS = {
    "brainpy": ("time_brainpy.py", "BRAINPY_PYTHON"),
    "torch": ("time_torch_cpu.py", "TORCH_PYTHON"),
    "Brian2": ("time_brian2.py", "BRIAN2_PYTHON"),
    "Arbor": ("time_arbor.py", "ARBOR_PYTHON"),
}
OTHERS, STEAL = 0.05, 0.02


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2, metavar="N", help="2 by default")
    parser.add_argument("--cases", default="", metavar="REGEX", help="the names of the cases; all by default")
    parser.add_argument("--cores", type=int, metavar="N", help="the first N cores; all by default")
    parser.add_argument("--busy", action="store_true", help="print a table with a warning on a busy machine")
    return parser.parse_args()


def say(text):
    print(text, file=sys.stderr, flush=True)


def limit(cores):
    """Keeps this process and its children on the first cores, and returns their number."""
    available = sorted(os.sched_getaffinity(0))
    used = available[: cores or len(available)]
    os.sched_setaffinity(0, used)
    return len(used)


def environment():
    """Variables for all simulators: no GPU."""
    return os.environ | {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}


def simulators():
    """The program, its Python and its arguments, by the name of each simulator that is available."""
    found = {"overtime": [sys.executable, HERE / "time_overtime.py"]}
    for name, (program, variable) in PROGRAMS.items():
        if python := os.environ.get(variable):
            found[name] = [python, HERE / program]
    if "Brian2" in found:
        found["Brian2"] += ["--builds", networks_overtime.target() / "peers" / "brian2"]
    return found


def measured(program, names, cores):
    """The seconds of the cases that a program measures."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        run = [*program, out.name, "--cases", cases.exactly(names), "--cores", str(cores)]
        subprocess.run(run, check=True, stdout=sys.stderr, env=environment())
        return json.load(open(out.name))


def refusal(others, steal, seen):
    """The reason why a measurement does not count; None if it counts."""
    if others <= OTHERS and steal <= STEAL:
        return None
    return f"other processes took {others:.1%} of all cores and the host {steal:.1%} {seen}"


def complain(reason, busy, reasons):
    """Stops because the machine is busy, or keeps the reason if the caller accepts a busy machine."""
    if reason is None:
        return
    if not busy:
        sys.exit(f"The machine is busy: {reason}. No table is printed; --busy prints one with a warning.")
    say(f"busy: {reason}")
    reasons.append(reason)


def keep(best, found):
    for name, seconds in found.items():
        best[name] = min(seconds, best.get(name, seconds))


def rounds(args, names, cores):
    """The best times of each simulator, the clocks, and the reasons why the machine was busy."""
    programs, clocks, reasons = simulators(), [], []
    best, start = {name: {} for name in programs}, time.monotonic()
    for number in range(1, args.rounds + 1):
        for name, program in programs.items():
            others, steal, seen = load.idle()
            complain(refusal(others, steal, f"before {name}, round {number} ({seen})"), args.busy, reasons)
            clocks.append(clock.ghz(cores))
            took = f"{time.monotonic() - start:.0f} s, {clocks[-1]:.2f} GHz, load {machine.load()}"
            say(f"-- {name}, round {number} of {args.rounds}: {took}")
            watch = load.Watch()
            keep(best[name], measured(program, names, cores))
            complain(refusal(*watch.shares(), f"during {name}, round {number}"), args.busy, reasons)
    clocks.append(clock.ghz(cores))
    return best, clocks, reasons


def report(names, best, clocks, reasons, cores):
    """Prints the facts of the machine and the table."""
    print(f"{machine.described(cores)}, {min(clocks):.2f} to {max(clocks):.2f} GHz, load {machine.load()}\n")
    if reasons:
        print("**These times were measured on a busy machine.** " + "; ".join(reasons) + "\n")
    print(table.header())
    vectors = machine.vectors(machine.cpuinfo("flags"))
    for name in names:
        others = [best.get(peer, {}).get(name) for peer in table.PEERS]
        floor = floors.floor(name, max(clocks), cores, vectors)
        print(table.row(name, best["overtime"].get(name), others, floor))


def main():
    args = arguments()
    names = cases.wanted(args.cases)
    if not names or args.rounds < 1:
        sys.exit("There is nothing to measure.")
    cores = limit(args.cores)
    time_overtime.build(names)
    report(names, *rounds(args, names, cores), cores)


if __name__ == "__main__":
    main()
