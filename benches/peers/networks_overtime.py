"""Runs a model file of examples/models by the command. OVERTIME names the command.

By default it is release/overtime in the folder CARGO_TARGET_DIR, or in target."""
import json
import os
import pathlib
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODELS = ROOT / "examples" / "models"


def target():
    """The folder of cargo's outputs."""
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()


def command():
    return os.environ.get("OVERTIME", target() / "release" / "overtime")


def run(model, ms, flags=()):
    """The seconds of building and of the run, and the mean rate in spikes/s. Nothing is recorded or drawn."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        text = (MODELS / model).read_text()
        kept = [line for line in text.splitlines() if not line.startswith(("plot", "out_vars"))]
        pathlib.Path(folder, "model.toml").write_text("\n".join(kept))
        line = [command(), "run", "model.toml", "--duration", str(ms), "--json", "--quiet", *flags]
        found = json.loads(subprocess.run(line, check=True, cwd=folder, capture_output=True, text=True).stdout)
    seconds = found["wall_ms"] / 1e3
    neurons = sum(p["neurons"] for p in found["populations"])
    return dict(build=time.perf_counter() - began - seconds, run=seconds, rate=found["spikes"] / neurons / ms * 1e3)
