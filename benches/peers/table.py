"""The table of compare.py, in Markdown."""

PEERS = "brainpy", "torch", "Brian2", "Arbor"


def shown(value, digits=3):
    """A number with so many digits and without an exponent; a dash for None."""
    if value is None:
        return "—"
    return f"{value:.0f}" if value >= 10**digits else f"{value:.{digits}g}"


def milliseconds(seconds):
    return None if seconds is None else seconds * 1e3


def ratio(ours, others):
    """The best of the other simulators' times over ours; None if one is missing."""
    known = [seconds for seconds in others if seconds is not None]
    return min(known) / ours if known and ours is not None else None


def row(name, ours, others, floor):
    """One line. Times are in seconds and the floor in milliseconds; None is an unknown one."""
    times = [shown(milliseconds(seconds)) for seconds in (ours, *others)]
    return "| " + " | ".join([name, *times, shown(ratio(ours, others)), shown(floor, 2)]) + " |"


def header():
    columns = ["case (f32 unless its name has f64)", "overtime, ms", *PEERS, "best other / overtime", "floor, ms"]
    return "| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|"
