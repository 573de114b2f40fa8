#!/usr/bin/env python3
"""Compile every .cu here to the .ptx beside it with NVRTC 13.0 (pip install nvidia-cuda-nvrtc==13.0.88).
Usage: make.py DIR_OF_LIBNVRTC [OUT_DIR] [--all]; --all: every architecture into OUT_DIR/sm_XX, else the committed set."""
import ctypes as C, glob, os, sys
here = os.path.dirname(os.path.abspath(__file__))
lib_dir, out = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else here
C.CDLL(f"{lib_dir}/libnvrtc-builtins.so.13.0", mode=C.RTLD_GLOBAL)
N = C.CDLL(f"{lib_dir}/libnvrtc.so.13")

def compile(path, options):
    p, n = C.c_void_p(), C.c_size_t()
    assert N.nvrtcCreateProgram(C.byref(p), open(path, "rb").read(), os.path.basename(path).encode(), 0, None, None) == 0
    rc = N.nvrtcCompileProgram(p, len(options), (C.c_char_p * len(options))(*[o.encode() for o in options]))
    if rc:
        N.nvrtcGetProgramLogSize(p, C.byref(n)); log = C.create_string_buffer(n.value); N.nvrtcGetProgramLog(p, log)
        raise SystemExit(f"{path}: {log.value.decode()}")
    N.nvrtcGetPTXSize(p, C.byref(n)); ptx = C.create_string_buffer(n.value); N.nvrtcGetPTX(p, ptx)
    return ptx.value

# Architectures besides 90 that have what a file is about.
NEED = {"mma": ["90a", "100", "120"], "cluster": ["90a", "100", "120"], "mbarrier": ["90a", "100", "120"], "bulk": ["90a", "100", "120"], "wgmma": ["90a"], "gemm": ["90a"]}
jobs = [(f[:-3], f, []) for f in sorted(os.listdir(here)) if f.endswith(".cu")]
jobs += [("hh_f64", "hh.cu", ["-DF64"]), ("sgemm_race", "sgemm.cu", ["-DMISSING_BARRIER"]), ("rnn_race", "rnn.cu", ["-DMISSING_GRID_BARRIER"])]
for arch in ([75, 80, 86, 89, 90, "90a", 100, 120] if "--all" in sys.argv else [90]):
    to = f"{out}/sm_{arch}" if "--all" in sys.argv else out
    os.makedirs(to, exist_ok=True)
    for name, cu, defines in jobs:
        if name in NEED and str(arch) != "90" and not str(arch) in NEED[name]: continue
        real = "90a" if name in ("wgmma", "gemm") else arch
        open(f"{to}/{name}.ptx", "wb").write(compile(f"{here}/{cu}", [f"--gpu-architecture=compute_{real}", *defines]))
