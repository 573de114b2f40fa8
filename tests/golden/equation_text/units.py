"""Units of a text: a power of ten, and exponents of dimensions."""

from fractions import Fraction


class Unit:
    """A unit: the power of ten in SI units (with gram for kilogram), and the exponents of the dimensions."""

    def __init__(self, power=0, dimension=(0,) * 6):
        self.power, self.dimension = Fraction(power), tuple(map(Fraction, dimension))

    def to(self, exponent):
        return Unit(self.power * exponent, [d * exponent for d in self.dimension])

    def __mul__(self, other):
        return Unit(self.power + other.power, [a + b for a, b in zip(self.dimension, other.dimension)])

    def __truediv__(self, other):
        return self * other.to(-1)

    def factor(self, other):
        """How many of the other unit are one of this unit; None if the dimensions differ."""
        if self.dimension != other.dimension:
            return None
        power = self.power - other.power
        return float(f"1e{power}") if power.denominator == 1 else 10.0 ** float(power)

    def is_one(self):
        return self.power == 0 and not any(self.dimension)


def base(power, **exponents):
    names = ["s", "m", "g", "A", "K", "mol"]
    return Unit(power, [exponents.get(name, 0) for name in names])


ONE = Unit()
NAMED = dict(
    s=base(0, s=1),
    m=base(0, m=1),
    g=base(0, g=1),
    A=base(0, A=1),
    K=base(0, K=1),
    mol=base(0, mol=1),
    Hz=base(0, s=-1),
    C=base(0, s=1, A=1),
    V=base(3, g=1, m=2, s=-3, A=-1),
    S=base(-3, g=-1, m=-2, s=3, A=2),
    F=base(-3, g=-1, m=-2, s=4, A=2),
    ohm=base(3, g=1, m=2, s=-3, A=-2),
    M=base(3, mol=1, m=-3),
)
PREFIXES = dict(f=-15, p=-12, n=-9, u=-6, m=-3, c=-2, d=-1, k=3, M=6, G=9)
MS = base(-3, s=1)


def named_unit(name):
    """The unit of a name such as mV, or of a name with an exponent such as cm2."""
    letters = name.rstrip("0123456789")
    exponent = int(name[len(letters) :] or 1)
    if letters in NAMED:
        return NAMED[letters].to(exponent)
    if letters[:1] in PREFIXES and letters[1:] in NAMED:
        return (Unit(PREFIXES[letters[0]]) * NAMED[letters[1:]]).to(exponent)
    raise ValueError(f"there is no unit {name}")
