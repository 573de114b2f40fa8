"""The clock of a core, from a chain of multiplications in machine code (x86-64).

Each `imul` waits for the result of the one before, for three cycles: on Intel's cores since 2008, and on
AMD's since Zen.
"""
import concurrent.futures
import ctypes
import mmap
import time

MULTIPLICATIONS = 16
# imul rax, rax (16 times); dec rdi; jnz to the start; ret
LOOP = bytes.fromhex("480fafc0") * MULTIPLICATIONS + bytes.fromhex("48ffcf")
CODE = LOOP + bytes([0x75, 256 - len(LOOP) - 2]) + bytes([0xC3])
ROUNDS = 200_000


def one_core():
    """The highest clock of ten short runs, in GHz, so that an interruption does not count."""
    memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(CODE)
    code = ctypes.c_char.from_buffer(memory)
    run = ctypes.CFUNCTYPE(None, ctypes.c_uint64)(ctypes.addressof(code))
    best = float("inf")
    for _ in range(10):
        start = time.perf_counter()
        run(ROUNDS)
        best = min(best, time.perf_counter() - start)
    return 3 * MULTIPLICATIONS * ROUNDS / best * 1e-9


def ghz(cores):
    """The mean clock of so many cores at work at once."""
    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        return sum(pool.map(lambda _: one_core(), range(cores))) / cores
