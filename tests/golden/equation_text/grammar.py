"""The words of a line, and the grammar of units, expressions and assignments."""

import re

from .units import ONE, named_unit

FUNCTIONS = dict(exp=1, expm1=1, log=1, sqrt=1, sin=1, cos=1, tanh=1, cosh=1, sigmoid=1, exprel=1, abs=1, step=1)
FUNCTIONS |= dict(min=2, max=2, clip=3, where=3, rand=0, randn=0)
NUMBER = r"\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?"
SIGN = r"\*\*|<=|>=|==|!=|[-+*/]=|[-+*/^()\[\]<>=,;:']"
TOKEN = re.compile(rf"[ \t]*(?:({NUMBER})|([A-Za-z_]\w*)|({SIGN}))")


class Line:
    """The tokens of a line, and the grammar of expressions. Literals are ("num", value, unit or None)."""

    def __init__(self, text):
        self.tokens, at = [], 0
        text = text.rstrip()
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                raise ValueError(f"cannot read {text[at:]!r}")
            self.tokens.append((["number", "name", "sign"][match.lastindex - 1], match[match.lastindex]))
            at = match.end()
        self.at = 0

    def next(self, ahead=0):
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ("end", "")

    def takes(self, *texts):
        if self.next()[0] != "number" and self.next()[1] in texts and self.next()[0] != "end":
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def needs(self, text):
        if not self.takes(text):
            raise ValueError(f"{text} is missing before {self.next()[1]!r}")

    def name(self):
        kind, text = self.next()
        if kind != "name":
            raise ValueError(f"a name is missing before {text!r}")
        self.at += 1
        return text

    def ends(self):
        if self.next()[0] != "end":
            raise ValueError(f"the line should end before {self.next()[1]!r}")

    def number(self):
        minus = self.takes("-")
        kind, text = self.next()
        if kind != "number":
            raise ValueError("a number is missing")
        self.at += 1
        return -float(text) if minus else float(text)

    def unit(self):
        unit, over = ONE, False
        while True:
            if self.next() == ("number", "1"):
                self.at += 1
                part = ONE
            else:
                part = named_unit(self.name())
                if self.takes("^", "**"):
                    part = part.to(int(self.number()))
            unit = unit / part if over else unit * part
            sign = self.takes("*", "/")
            if not sign:
                return unit
            over = sign == "/"

    def declared(self):
        return self.unit() if self.takes(":") else None

    def condition(self, least="or"):
        inner = {"or": "and", "and": "not"}.get(least)
        if inner is None:
            return ("not", self.condition("not")) if self.takes("not") else self.comparison()
        a = self.condition(inner)
        while self.takes(least):
            a = (least, a, self.condition(inner))
        return a

    def comparison(self):
        a = self.sum()
        sign = self.takes("<", "<=", ">", ">=", "==", "!=")
        return (sign, a, self.sum()) if sign else a

    def sum(self):
        a = self.product()
        while sign := self.takes("+", "-"):
            a = (sign, a, self.product())
        return a

    def product(self):
        a = self.signed()
        while sign := self.takes("*", "/"):
            a = (sign, a, self.signed())
        return a

    def signed(self):
        if self.takes("-"):
            return ("neg", self.signed())
        a = self.atom()
        return ("^", a, self.signed()) if self.takes("^", "**") else a

    def atom(self):
        kind, text = self.next()
        self.at += 1
        if kind == "number":
            unit = None
            if self.takes("["):
                unit = self.unit()
                self.needs("]")
            elif self.next()[0] == "name" and self.next()[1] not in ("and", "or", "holds", "to"):
                unit = named_unit(self.name())
            return ("num", float(text), unit)
        if text == "(":
            a = self.condition()
            self.needs(")")
            return a
        if kind != "name":
            raise ValueError(f"an expression is missing before {text!r}")
        if not self.takes("("):
            return ("name", text)
        arguments = []
        while not self.takes(")"):
            arguments.append(self.condition())
            self.takes(",")
        if FUNCTIONS[text] != len(arguments):
            raise ValueError(f"{text} has {FUNCTIONS[text]} arguments")
        return ("call", text, arguments)

    def assignments(self):
        """(name, operator, expression) of each assignment."""
        self.takes(":")
        all = []
        while self.next()[0] != "end":
            to = self.name()
            all.append((to, self.takes("=", "+=", "-=", "*=", "/=")[0], self.condition()))
            self.takes(";")
        return all


def walk(e, visit):
    """Visits all parts of an expression."""
    visit(e)
    for part in e[2] if e[0] == "call" else e[1:]:
        if isinstance(part, tuple):
            walk(part, visit)
