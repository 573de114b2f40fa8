"""Times networks of examples/models by overtime, NEST 3.10 and Brian2 2.9 in turn on this machine, and prints a table.

usage: compare_networks.py [ROUNDS [NAME...]]
NEST_PYTHON names a Python with nest-simulator 3.10 and microcircuit 1.0, and BRIAN2_PYTHON one with Brian2 2.9; a
simulator without one is left out. OVERTIME names the command, as networks_overtime.py describes.

Simulators alternate, and the best time of each counts. NEST runs with 2 and 4 threads, and Brian2 with 0 and 2
threads; the better counts. (pd14 has more synapses than two threads of NEST can hold.) The real-time factor is the time of the run over the simulated time. Building is the time
before the first step, with Brian2's compiler in it. overtime runs in f32 on all cores, NEST and Brian2 in f64."""
import json
import os
import pathlib
import subprocess
import sys

import networks_overtime

here = pathlib.Path(__file__).resolve().parent
tenth = ["--scale", "0.1", "--scale-in-degrees", "0.1"]
# The milliseconds of a run, the model file, and flags.
networks = {
    "pd14": (500.0, "pd14.toml", []),
    "pd14_tenth": (2000.0, "pd14_poisson.toml", tenth),
    "brunel": (300.0, "brunel.toml", []),
    "coba": (2000.0, "coba.toml", []),
    "cuba": (2000.0, "cuba.toml", []),
    "cobahh": (1000.0, "cobahh.toml", []),
    "cobahh_equations": (1000.0, "cobahh_equations.toml", []),
}


def overtime(name):
    ms, model, flags = networks[name]
    return networks_overtime.run(model, ms, flags)


def peer(program, variable, name, threads):
    python = os.environ.get(variable)
    if python is None or (program == "networks_brian2.py" and name.startswith("pd14")):
        return None
    # Peers have equations as text in either case.
    run = [python, here / program, name.removesuffix("_equations"), str(networks[name][0]), str(threads)]
    lines = subprocess.run(run, check=True, capture_output=True, text=True).stdout.splitlines()
    return json.loads(lines[-1])


def better(best, found):
    return {key: min(best[key], found[key]) if key != "rate" else found[key] for key in found} if best else found


rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
names = sys.argv[2:] or list(networks)
print("| network | overtime: RTF, building, rate | NEST | Brian2 | NEST / overtime | Brian2 / overtime |")
print("|---|---|---|---|---|---|")
for name in names:
    best = dict.fromkeys(("overtime", "nest", "brian2"))
    for _ in range(rounds):
        best["overtime"] = better(best["overtime"], overtime(name))
        for key, program, variable, threads in (("nest", "networks_nest.py", "NEST_PYTHON", (2, 4)),
                                                ("brian2", "networks_brian2.py", "BRIAN2_PYTHON", (0, 2))):
            for n in (4,) if (name, key) == ("pd14", "nest") else threads:
                if found := peer(program, variable, name, n):
                    best[key] = better(best[key], found)
    biological = networks[name][0] / 1e3
    shown = lambda t: f"{t['run'] / biological:.3g}, {t['build']:.3g} s, {t['rate']:.1f} Hz" if t else "—"
    ratio = lambda t: f"{t['run'] / best['overtime']['run']:.3g}" if t else "—"
    cells = [name, *(shown(best[key]) for key in best), ratio(best["nest"]), ratio(best["brian2"])]
    print("| " + " | ".join(cells) + " |", flush=True)
