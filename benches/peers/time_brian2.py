"""Times Brian2 (2.9, C++ standalone, float64) on networks and on neurons without synapses.

The names are those of benches/network.rs, benches/loop_over_time.rs and time_overtime.py. Each program
is built without OpenMP and with one thread for each core, and the better time counts. A time is that
of Brian2's loop, without the start of the program, and is scaled to the steps in the name.
"""
import hashlib
import pathlib
import subprocess
import sys
import tempfile

import timing

HERE = pathlib.Path(__file__).resolve().parent
# The program that builds the case, its argument, the neurons, and the milliseconds of a run (steps of 0.1 ms).
CASES = {
    "hh f64/n=10000 T=1000 none": ("neurons_brian2.py", "hh", 10_000, 100),
    "lif f64/n=10000 T=1000 none": ("neurons_brian2.py", "lif", 10_000, 1000),
    "izhikevich f64/n=10000 T=1000 none": ("neurons_brian2.py", "izhikevich", 10_000, 1000),
    "cobahh/f64 n=4000 T=1000": ("networks_brian2.py", "cobahh", 4000, 1000),
    "cobahh/f64 n=40000 T=100": ("networks_brian2.py", "cobahh", 40_000, 200),
    "coba/f64 n=4000 T=1000": ("networks_brian2.py", "coba", 4000, 1000),
    "cuba/f64 n=4000 T=1000": ("networks_brian2.py", "cuba", 4000, 1000),
}


def built(folder, program, kind, size, ms, threads):
    """The folder of the built program. A folder that has it already is used again."""
    text = hashlib.sha256((HERE / program).read_bytes()).hexdigest()[:12]
    to = pathlib.Path(folder).resolve() / f"{kind}-{size}-{ms}-{threads}-{text}"
    if not (to / "results").is_dir():
        run = [sys.executable, HERE / program, kind, str(ms), str(threads), str(size), to]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # The program writes into this folder, and Brian2 makes it when it runs the program.
        (to / "results").mkdir(exist_ok=True)
    return to


def ran(program):
    """The seconds and the spikes of a run of a built program."""
    subprocess.run(["./main"], check=True, cwd=program, stdout=subprocess.DEVNULL)
    seconds = float((program / "results" / "last_run_info.txt").read_text().split()[0])
    (count,) = (program / "results").glob("_array_spikemonitor_N_*")
    return seconds, int.from_bytes(count.read_bytes(), sys.byteorder)


def steps(name):
    return int(name.split("T=")[1].split()[0])


def timed(name, threads, folder):
    """The seconds of the case, scaled to the steps in its name. The better of two short runs counts."""
    program, kind, size, ms = CASES[name]
    at = built(folder, program, kind, size, ms, threads)
    seconds, spikes = ran(at)
    if seconds < 1.0:
        seconds = min(seconds, ran(at)[0])
    seconds *= steps(name) / (10 * ms)
    print(f"{name}, {threads} threads: {seconds * 1e3:.1f} ms, {spikes / size / ms * 1e3:.1f} Hz", flush=True)
    return seconds


def main():
    parser = timing.parser(__doc__)
    parser.add_argument("--builds", metavar="FOLDER", help="keeps the built programs there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        names = [name for name in CASES if timing.wanted((name,), args)]
        found = {name: min(timed(name, n, args.builds or folder) for n in (0, args.cores)) for name in names}
    timing.write(found, args)


main()
