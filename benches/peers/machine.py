"""The facts of the machine that a table of times needs."""
import pathlib

# The flags of a CPU with which the library selects AVX-512, and those for AVX2 (src/numeric/simd.rs).
AVX2 = {"avx2", "fma", "f16c"}
AVX512 = AVX2 | {"avx512f", "avx512vl", "avx512dq", "avx512bw", "bmi2"}


def cpuinfo(key):
    """The value of a key for the first core; an empty text if there is none."""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""


def vectors(flags):
    """The widest vectors that the library uses on a CPU with these flags."""
    found = set(flags.split())
    return "AVX-512" if AVX512 <= found else "AVX2" if AVX2 <= found else "neither AVX-512 nor AVX2"


def caches():
    """The sizes of L2 (of a core) and L3, as Linux prints them."""
    sizes = {}
    for folder in pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        sizes[(folder / "level").read_text().strip()] = (folder / "size").read_text().strip()
    return {level: sizes.get(level, "unknown") for level in "23"}


def load():
    """The numbers of runnable processes, averaged over 1, 5 and 15 minutes."""
    return " ".join(pathlib.Path("/proc/loadavg").read_text().split()[:3])


def described(cores):
    """One line about the machine."""
    sizes = caches()
    model, used = cpuinfo("model name"), vectors(cpuinfo("flags"))
    return f"{model}, {cores} cores used, L2 {sizes['2']}, L3 {sizes['3']}, {used}"
