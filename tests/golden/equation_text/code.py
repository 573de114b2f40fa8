"""Expressions as Brian2 reads them, their derivatives, and their values."""

import math


def shown(e, name=lambda n: n):
    """The expression in Brian2's words. Choices become products with conditions, so that sympy can read them."""
    s = lambda a: shown(a, name)
    kind = e[0]
    if kind == "num":
        return repr(e[1]) if e[1] >= 0 else f"({e[1]!r})"
    if kind == "name":
        return name(e[1])
    if kind == "neg":
        return f"(-{s(e[1])})"
    if kind == "not":
        return f"(not {s(e[1])})"
    if kind == "^":
        exponent = e[2]
        whole = exponent[0] == "num" and exponent[1] == int(exponent[1])
        return f"({s(e[1])}**{int(exponent[1]) if whole else s(exponent)})"
    if kind != "call":
        return f"({s(e[1])} {kind} {s(e[2])})"
    f, a = e[1], [s(x) for x in e[2]]
    choice = lambda condition, yes, no: f"(int({condition})*({yes}) + int(not ({condition}))*({no}))"
    if f == "where":
        return choice(*a)
    if f == "min":
        return choice(f"{a[0]} < {a[1]}", a[0], a[1])
    if f == "max":
        return choice(f"{a[0]} > {a[1]}", a[0], a[1])
    if f == "clip":
        return shown(("call", "min", [("call", "max", e[2][:2]), e[2][2]]), name)
    if f == "step":
        return f"int({a[0]} >= 0)"
    if f == "sigmoid":
        return f"(1/(1 + exp(-({a[0]}))))"
    return f"{f}({', '.join(a)})"


ZERO = ("num", 0.0)


def plus(a, b):
    return b if a == ZERO else a if b == ZERO else ("+", a, b)


def times(a, b):
    if ZERO in (a, b):
        return ZERO
    return b if a == ("num", 1.0) else a if b == ("num", 1.0) else ("*", a, b)


def derivative(e, of):
    """The derivative of an expression. `of(name)` is the derivative of a name."""
    kind = e[0]
    if kind == "num":
        return ZERO
    if kind == "name":
        return of(e[1])
    if kind == "neg":
        d = derivative(e[1], of)
        return ZERO if d == ZERO else ("neg", d)
    if kind == "call":
        return of_call(e[1], e[2], of)
    if kind not in "+-*/^":
        return ZERO
    a, b = e[1], e[2]
    da, db = derivative(a, of), derivative(b, of)
    minus = ZERO if db == ZERO else ("neg", db)
    if kind in "+-":
        return plus(da, db if kind == "+" else minus)
    if kind == "*":
        return plus(times(da, b), times(a, db))
    if kind == "/":
        over = plus(da, times(("/", a, b), minus))
        return ZERO if over == ZERO else ("/", over, b)
    if db != ZERO:
        raise ValueError("an exponent that depends on a state")
    less = ("num", b[1] - 1) if b[0] == "num" else ("-", b, ("num", 1.0))
    return times(times(b, ("^", a, less)), da)


def of_call(f, arguments, of):
    d = [derivative(a, of) for a in arguments]
    if all(x == ZERO for x in d):
        return ZERO
    call = lambda f, *a: ("call", f, list(a))
    a = arguments[0]
    itself = call(f, *arguments)
    if f == "where":
        return call("where", a, d[1], d[2])
    if f in ("min", "max"):
        return call("where", ("<" if f == "min" else ">", a, arguments[1]), d[0], d[1])
    one = ("num", 1.0)
    slope = dict(
        exp=lambda: itself,
        expm1=lambda: call("exp", a),
        log=lambda: ("/", one, a),
        sqrt=lambda: ("/", ("num", 0.5), itself),
        sin=lambda: call("cos", a),
        cos=lambda: ("neg", call("sin", a)),
        tanh=lambda: ("-", one, ("^", itself, ("num", 2.0))),
        cosh=lambda: ("/", ("-", call("exp", a), call("exp", ("neg", a))), ("num", 2.0)),
        sigmoid=lambda: ("*", itself, ("-", one, itself)),
        exprel=lambda: ("/", ("-", call("exp", a), itself), a),
        abs=lambda: call("where", ("<", a, ZERO), ("num", -1.0), one),
        step=lambda: ZERO,
    )[f]()
    return times(slope, d[0])


def number(e, values):
    """The value of an expression of known numbers."""
    name = lambda n: repr(values[n])
    scope = {f: getattr(math, f) for f in ["exp", "log", "sqrt", "sin", "cos", "tanh", "cosh"]} | dict(int=int, abs=abs)
    return float(eval(shown(e, name), {"__builtins__": {}}, scope))
