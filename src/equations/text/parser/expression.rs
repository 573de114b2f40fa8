//! Expressions of a text.

use super::{Parsed, Parser};
use crate::equations::text::lexer::Token;
use crate::equations::text::syntax::{ExprId, Kind, Operator, Whole};
use crate::equations::text::units::Unit;

/// The most levels of parentheses, signs and powers within each other.
const DEEPEST: usize = 128;

impl Parser<'_, '_> {
    pub(super) fn whole(&mut self) -> Parsed<Whole> {
        let first = self.syntax.expressions.all.len();
        let root = self.operation(0)?;
        Ok(Whole { first, root })
    }

    /// An operator between expressions, how strongly it binds, and how strongly its right side must.
    fn operator(&self) -> Option<(Operator, u8)> {
        Some(match self.token() {
            Token::Name("or") => (Operator::Or, 1),
            Token::Name("and") => (Operator::And, 2),
            Token::Sign("<") => (Operator::Less, 4),
            Token::Sign("<=") => (Operator::LessEqual, 4),
            Token::Sign(">") => (Operator::Greater, 4),
            Token::Sign(">=") => (Operator::GreaterEqual, 4),
            Token::Sign("==") => (Operator::Equal, 4),
            Token::Sign("!=") => (Operator::NotEqual, 4),
            Token::Sign("+") => (Operator::Add, 5),
            Token::Sign("-") => (Operator::Sub, 5),
            Token::Sign("*") => (Operator::Mul, 6),
            Token::Sign("/") => (Operator::Div, 6),
            Token::Sign("^" | "**") => (Operator::Power, 8),
            _ => return None,
        })
    }

    /// An expression whose operators bind at least as strongly as this.
    fn operation(&mut self, least: u8) -> Parsed<ExprId> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.mistake(format!("an expression has more than {DEEPEST} levels within each other here"));
        }
        let start = self.at().start;
        let mut left = if self.takes("-") {
            let inner = self.operation(7)?;
            self.syntax.expressions.add(Kind::Neg(inner), start..self.end())
        } else if self.takes("+") {
            self.operation(7)?
        } else if self.takes_word("not") {
            let inner = self.operation(3)?;
            self.syntax.expressions.add(Kind::Not(inner), start..self.end())
        } else {
            self.atom()?
        };
        let mut compared = false;
        while let Some((operator, strength)) = self.operator()
            && strength >= least
        {
            if strength == 4 && std::mem::replace(&mut compared, true) {
                return self.mistake("comparisons have two sides; `and` joins two of them");
            }
            self.next += 1;
            // Powers bind to the right, and all others to the left.
            let sign = self.words[self.next - 1].at.clone();
            let right = self.operation(if operator == Operator::Power { 7 } else { strength + 1 })?;
            left = self.syntax.expressions.add(Kind::Operation(operator, sign, left, right), start..self.end());
        }
        self.depth -= 1;
        Ok(left)
    }

    fn atom(&mut self) -> Parsed<ExprId> {
        let at = self.at();
        match self.token() {
            Token::Number(value) => {
                self.next += 1;
                let unit = match self.token() {
                    Token::Sign("[") => {
                        self.next += 1;
                        let unit = self.unit()?;
                        self.needs("]")?;
                        Some(unit)
                    }
                    Token::Name(name) if !["and", "or", "holds", "to"].contains(&name) => {
                        let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
                        if digits > 0 {
                            return self
                                .mistake("a unit with a power stands in brackets after a number: `10 [uA/cm2]`");
                        }
                        let Some(unit) = Unit::of_name(name) else {
                            let hint = Unit::nearest(name)
                                .map(|unit| format!(" (did you mean `{unit}`?)"))
                                .unwrap_or_default();
                            return self.mistake(format!(
                                "there is no unit `{name}`{hint}, and `*` is missing if it is a name"
                            ));
                        };
                        self.next += 1;
                        if matches!(self.token(), Token::Sign("^" | "**")) {
                            return self.mistake(format!(
                                "a unit with a power stands in brackets after a number: `3 [{name}^2]`; `(3 {name})^2` is a square"
                            ));
                        }
                        Some(unit)
                    }
                    _ => None,
                };
                Ok(self.syntax.expressions.add(Kind::Number(value, unit), at.start..self.end()))
            }
            Token::Name(name) if !["and", "or", "not", "holds", "crosses"].contains(&name) => {
                self.next += 1;
                if !self.takes("(") {
                    return Ok(self.syntax.expressions.add(Kind::Name(name.to_owned()), at));
                }
                let mut arguments = Vec::new();
                if !self.takes(")") {
                    loop {
                        arguments.push(self.operation(0)?);
                        if self.takes(")") {
                            break;
                        }
                        if !self.takes(",") {
                            return self.mistake("`)` or `,` is missing here");
                        }
                    }
                }
                let call = Kind::Call(name.to_owned(), arguments);
                Ok(self.syntax.expressions.add(call, at.start..self.end()))
            }
            Token::Sign("(") => {
                self.next += 1;
                let inner = self.operation(0)?;
                self.needs(")")?;
                Ok(inner)
            }
            _ => self.mistake("an expression is missing here"),
        }
    }
}
