"""Times Brian2 (2.9, C++ standalone, float64) on its examples/COBAHH.py. The names are those of benches/network.rs.

usage: time_brian2.py OUT.json [THREADS [SIZE...]]     THREADS 0: no OpenMP
A time is in seconds, for the number of steps in the name."""
import json
import pathlib
import subprocess
import sys

program = pathlib.Path(__file__).resolve().parent / "networks_brian2.py"
steps_of = {4000: 1000, 40000: 100}
threads = sys.argv[2] if len(sys.argv) > 2 else "2"
sizes = [int(n) for n in sys.argv[3:]] or list(steps_of)
found = {}
for size in sizes:
    ms = 1000.0 if size <= 4000 else 200.0
    run = [sys.executable, program, "cobahh", str(ms), threads, str(size)]
    timed = json.loads(subprocess.run(run, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])
    # Steps of 0.1 ms.
    seconds = timed["run"] / (10 * ms)
    print(f"n={size}, {threads} threads: {seconds * 1e6:.0f} us/step, {timed['rate']:.1f} Hz", file=sys.stderr)
    found[f"cobahh/f64 n={size} T={steps_of[size]}"] = seconds * steps_of[size]
json.dump(found, open(sys.argv[1], "w"))
