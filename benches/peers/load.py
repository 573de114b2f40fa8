"""The use of the machine by other processes, from /proc."""
import collections
import os
import pathlib
import resource
import time

# Seconds of all cores together since the start of the machine. `busy` includes `steal`: the time in which the
# host ran another guest.
Times = collections.namedtuple("Times", "busy steal total")
TICKS = os.sysconf("SC_CLK_TCK")


def parsed(line):
    """The times in the line `cpu` of /proc/stat."""
    user, nice, system, idle, wait, irq, softirq, steal = (int(value) / TICKS for value in line.split()[1:9])
    busy = user + nice + system + irq + softirq + steal
    return Times(busy, steal, busy + idle + wait)


def now():
    return parsed(pathlib.Path("/proc/stat").read_text().splitlines()[0])


def own():
    """The CPU seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def shares(before, after, ours):
    """The shares of all cores that other processes and the host took between two times."""
    total = after.total - before.total
    steal = after.steal - before.steal
    return max(0.0, after.busy - before.busy - steal - ours) / total, steal / total


def processes():
    """The name and the CPU seconds of each process, by its number."""
    found = {}
    for file in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            start, _, rest = file.read_text().rpartition(")")
        except OSError:  # the process has ended
            continue
        fields = rest.split()
        number, _, name = start.partition(" (")
        found[number] = name, (int(fields[11]) + int(fields[12])) / TICKS
    return found


class Watch:
    """Observes the machine from its construction on."""

    def __init__(self):
        self.own, self.times, self.processes = own(), now(), processes()

    def shares(self):
        return shares(self.times, now(), own() - self.own)

    def busiest(self, most=3):
        """The names of the processes that took the most time, with their seconds."""
        before = {number: seconds for number, (_, seconds) in self.processes.items()}
        took = [(seconds - before.get(number, 0.0), name) for number, (name, seconds) in processes().items()]
        first = sorted(took, reverse=True)[:most]
        return ", ".join(f"{name} {seconds:.2f} s" for seconds, name in first if seconds > 0)


def idle(seconds=1.0):
    """Observes the machine while nothing of ours runs: the share of other processes, that of the host, and names."""
    time.sleep(0.2)
    watch = Watch()
    time.sleep(seconds)
    return *watch.shares(), watch.busiest()
