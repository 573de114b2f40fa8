"""Times overtime: criterion's benches (the median of ten samples), and the networks COBA and CUBA by the command.

OVERTIME_BENCH_DIR names the folder of criterion's results; by default it is a temporary folder. The
command runs a network for 1,000 ms, and the time is scaled to the steps in the name of the case.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import cases
import networks_overtime
import timing

SECONDS = ["--warm-up-time", "0.3", "--measurement-time", "0.8", "--noplot"]


def programs(names):
    return sorted({cases.bench(name) for name in names} - {None})


def cargo(names, *more):
    """The command that builds and runs the benches of these cases."""
    benches = [word for program in programs(names) for word in ("--bench", program)]
    return ["cargo", "bench", "--quiet", "-p", "overtime-benches", *benches, *more]


def build(names):
    """Builds the benches, and the command unless OVERTIME names one. A later run finds them built."""
    lines = [cargo(names, "--no-run")] if programs(names) else []
    if not all(map(cases.bench, names)) and "OVERTIME" not in os.environ:
        lines.append(["cargo", "build", "--quiet", "--release", "-p", "overtime-cli"])
    for line in lines:
        subprocess.run(line, check=True, cwd=networks_overtime.ROOT, stdout=sys.stderr)


def criterion(names, folder):
    """The seconds of the benches with these names."""
    environment = os.environ | {"CRITERION_HOME": str(folder), "OVERTIME_RESULTS": str(folder)}
    run = cargo(names, "--", *SECONDS, cases.exactly(names))
    subprocess.run(run, check=True, cwd=networks_overtime.ROOT, env=environment, stderr=subprocess.DEVNULL)
    found = {}
    for file in pathlib.Path(folder).glob("**/new/benchmark.json"):
        estimates = json.loads(file.with_name("estimates.json").read_text())
        found[json.loads(file.read_text())["full_id"]] = estimates["median"]["point_estimate"] * 1e-9
    return {name: found[name] for name in names if name in found}


def network(name):
    """The seconds of the steps in the name of the case, of a run of 10,000 steps."""
    kind, rest = name.split("/")
    timed = networks_overtime.run(f"{kind}.toml", 1000.0, ["--dtype", rest.split()[0]])
    print(f"{name}: {timed['run'] * 100:.1f} ms, {timed['rate']:.1f} Hz", flush=True)
    return timed["run"] * int(rest.split("T=")[1]) / 10_000


def main():
    args = timing.parser(__doc__).parse_args()
    names = cases.wanted(args.cases)
    benches = [name for name in names if cases.bench(name)]
    with tempfile.TemporaryDirectory() as folder:
        found = criterion(benches, os.environ.get("OVERTIME_BENCH_DIR", folder)) if benches else {}
    for name in names:
        if not cases.bench(name):
            found[name] = min(network(name) for _ in range(3))
    timing.write(found, args)


if __name__ == "__main__":
    main()
