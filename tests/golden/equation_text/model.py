"""The lines of a text, and the check of units, which turns expressions into those of numbers."""

import re
from fractions import Fraction

from .grammar import Line, walk
from .units import MS, ONE

KEYWORDS = ["param", "input", "state", "spike", "reset", "refractory", "each", "weight", "on"]


class State:
    def __init__(self):
        self.unit, self.initial, self.slope, self.held = None, ("num", 0.0, None), None, False


class Model:
    """A text. After construction, expressions have no units, and `lets` come after those that they need."""

    def __init__(self, text):
        self.params, self.inputs, self.states, self.lets = {}, {}, {}, {}
        self.spike = self.crosses = self.refractory = None
        self.reset, self.each_step = [], []
        self.weight, self.bounds, self.on = None, [], {"pre": [], "post": []}
        self.checked, lines = False, [""]
        for line in text.splitlines():
            lines[-1] += line.split("#")[0]
            if lines[-1].count("(") == lines[-1].count(")"):
                lines.append("")
        for line in lines:
            if line.strip():
                self.item(Line(line))
        self.check()

    def item(self, line):
        kind, first = line.next()
        second = line.next(1)[1]
        if first in KEYWORDS and second != "=":
            line.at += 1
            getattr(self, f"{first}_line")(line)
        elif second == "'" or (first.startswith("d") and second == "/"):
            name = line.name()
            if line.takes("/"):
                line.needs("dt")
                name = name[1:]
            else:
                line.needs("'")
            line.needs("=")
            state = self.states.setdefault(name, State())
            state.slope = line.condition()
            state.unit = line.declared() or state.unit
        else:
            name = line.name()
            line.needs("=")
            self.lets[name] = (line.condition(), line.declared())
        line.ends()

    def param_line(self, line):
        name = line.name()
        line.needs("=")
        value, unit = line.number(), None
        if line.takes("["):
            unit = line.unit()
            line.needs("]")
        elif line.next()[0] != "end":
            unit = line.unit()
        self.params[name] = (value, unit)

    def input_line(self, line):
        name = line.name()
        self.inputs[name] = line.declared()

    def state_line(self, line):
        state = self.states.setdefault(line.name(), State())
        line.needs("=")
        state.initial = line.condition()
        state.unit = line.declared() or state.unit

    def spike_line(self, line):
        line.needs("when")
        if line.next(1)[1] == "crosses":
            self.crosses = line.name()
            line.needs("crosses")
        self.spike = line.condition()

    def reset_line(self, line):
        self.reset += line.assignments()

    def each_line(self, line):
        line.needs("step")
        self.each_step += line.assignments()

    def weight_line(self, line):
        self.weight = line.name()
        line.needs("from")
        low = line.condition()
        line.needs("to")
        self.bounds = [low, line.condition()]
        state = self.states.setdefault(self.weight, State())
        state.unit = line.declared() or state.unit

    def on_line(self, line):
        self.on[line.name()] += line.assignments()

    def refractory_line(self, line):
        self.refractory = line.condition()
        if line.takes("holds"):
            held = [line.name()]
            while line.takes(","):
                held.append(line.name())
            for name in held:
                self.states[name].held = True

    def check(self):
        """Removes the units."""
        states, units = self.states.values(), list(self.inputs.values())
        units += [unit for _, unit in [*self.params.values(), *self.lets.values()]] + [s.unit for s in states]
        expressions = [s.slope for s in states if s.slope] + [s.initial for s in states]
        assignments = self.reset + self.each_step + self.on["pre"] + self.on["post"]
        expressions += [e for e, _ in self.lets.values()] + [e for _, _, e in assignments] + self.bounds
        for expression in expressions + [e for e in (self.spike, self.refractory) if e]:
            walk(expression, lambda e: units.append(e[2]) if e[0] == "num" else None)
        self.checked = any(unit is not None for unit in units)
        ms = MS if self.checked else ONE
        self.noises = set()
        self.units = {"t": ms, "dt": ms, "pi": ONE}
        self.units |= {name: unit or ONE for name, (_, unit) in self.params.items()}
        self.units |= {name: unit or ONE for name, unit in self.inputs.items()}
        self.units |= {name: state.unit or ONE for name, state in self.states.items()}
        lets = self.lets
        self.lets, busy = {}, set()

        def define(name):
            if name in self.lets:
                return
            if name in busy:
                raise ValueError(f"{name} needs itself")
            busy.add(name)
            expression, unit = lets[name]
            needed = []
            walk(expression, lambda e: needed.append(e[1]) if e[0] == "name" and e[1] in lets else None)
            for other in needed:
                define(other)
            value, own = self.typed(expression)
            if unit is not None and own is not None and not own.is_one():
                value = self.fitted((value, own), unit, name)
            self.lets[name] = value
            self.units[name] = unit or own or ONE

        for name in lets:
            define(name)
        for name, state in self.states.items():
            if state.slope:
                state.slope = self.fitted(self.typed(state.slope), self.units[name] / ms, name)
            state.initial = self.fitted(self.typed(state.initial), self.units[name], name)
        self.reset, self.each_step = self.assigned(self.reset), self.assigned(self.each_step)
        self.on = {side: self.assigned(assignments) for side, assignments in self.on.items()}
        self.bounds = [self.bound(e) for e in self.bounds]
        if self.spike:
            self.spike = self.fitted(self.typed(self.spike), self.units[self.crosses] if self.crosses else ONE, "spike")
        if self.refractory:
            self.refractory = self.fitted(self.typed(self.refractory), ms, "refractory")

    def bound(self, e):
        """A bound of the weight. A number without a unit has the unit of the weight."""
        value, own = self.typed(e)
        return self.fitted((value, None if own is not None and own.is_one() else own), self.units[self.weight], "weight")

    def assigned(self, assignments):
        unit = lambda to, sign: ONE if sign in "*/" else self.units[to]
        return [(to, sign, self.fitted(self.typed(e), unit(to, sign), to)) for to, sign, e in assignments]

    def fitted(self, typed, unit, what):
        expression, own = typed
        if own is None or not self.checked:
            return expression
        factor = own.factor(unit)
        if factor is None:
            raise ValueError(f"{what}: the units do not fit")
        return expression if factor == 1 else ("*", expression, ("num", factor))

    def typed(self, e):
        """The expression with factors, and its unit. A literal 0 has none."""
        kind = e[0]
        if kind == "num":
            return ("num", e[1]), e[2] or (ONE if e[1] != 0 else None)
        if kind == "name":
            if re.fullmatch("xi(_.*)?", e[1]):
                self.noises.add(e[1])
                return e, (MS if self.checked else ONE).to(Fraction(-1, 2))
            return e, self.units[e[1]]
        if kind == "neg":
            a, unit = self.typed(e[1])
            return ("neg", a), unit
        if kind == "call":
            return self.called(e[1], e[2])
        if kind in ("and", "or", "not"):
            return (kind, *[self.plain(a) for a in e[1:]]), ONE
        if kind == "^":
            return self.power(e[1], e[2])
        a, b = self.typed(e[1]), self.typed(e[2])
        if kind in "*/":
            of_a, of_b = a[1] or ONE, b[1] or ONE
            return (kind, a[0], b[0]), of_a * of_b if kind == "*" else of_a / of_b
        unit = a[1] if a[1] is not None else b[1]
        if unit is not None:
            a, b = (self.fitted(a, unit, kind), unit), (self.fitted(b, unit, kind), unit)
        return (kind, a[0], b[0]), unit if kind in "+-" else ONE

    def plain(self, e):
        return self.fitted(self.typed(e), ONE, "a number")

    def power(self, a, b):
        exponent = self.plain(b)
        value, unit = self.typed(a)
        if unit is None or not any(unit.dimension):
            return ("^", self.fitted((value, unit), ONE, "^"), exponent), ONE
        return ("^", value, exponent), unit.to(Fraction(exponent[1] if exponent[0] == "num" else -exponent[1][1]))

    def called(self, f, arguments):
        if f in ("where", "min", "max", "clip"):
            condition, rest = ([self.plain(arguments[0])], arguments[1:]) if f == "where" else ([], arguments)
            typed = [self.typed(a) for a in rest]
            unit = next((u for _, u in typed if u is not None), None)
            values = [self.fitted(a, unit, f) if unit is not None else a[0] for a in typed]
            return ("call", f, condition + values), unit
        if f in ("abs", "sqrt", "step"):
            value, unit = self.typed(arguments[0])
            unit = {"abs": unit, "step": ONE, "sqrt": unit and unit.to(Fraction(1, 2))}[f]
            return ("call", f, [value]), unit
        return ("call", f, [self.plain(a) for a in arguments]), ONE
