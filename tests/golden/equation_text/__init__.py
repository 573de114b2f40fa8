"""Reads a model that is written as equations, and turns its expressions into strings for Brian2.

It is independent of the library's own reader. It checks units as the language says: a value stays a number in the
units of its line, and where two units of one dimension meet, such as nS and uS, the ratio of their scales becomes a
factor. The expressions of a `Model` have no units any more.

An expression is a tuple: ("num", value), ("name", name), ("neg", a), ("not", a), (operator, a, b) or
("call", f, [a, ...]). Before the check of units, a number is ("num", value, unit or None).
"""

from .code import ZERO, derivative, number, shown
from .grammar import walk
from .model import Model

__all__ = ["ZERO", "Model", "derivative", "number", "shown", "walk"]
