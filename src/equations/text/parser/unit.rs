//! Units of a text.

use super::{Parsed, Parser};
use crate::equations::text::lexer::Token;
use crate::equations::text::units::Unit;
use crate::error::Mistake;

impl Parser<'_, '_> {
    /// The unit after a colon, if there is one, and whether `(unless refractory)` follows, which is
    /// Brian2's word. Its words `(event-driven)` and `(clock-driven)` have no effect.
    pub(super) fn declared(&mut self, of_slope: bool) -> Parsed<(Option<Unit>, bool)> {
        if !self.takes(":") {
            return Ok((None, false));
        }
        let unit = self.unit()?;
        let mut holds = false;
        if self.takes("(") {
            if of_slope && self.takes_word("unless") && self.takes_word("refractory") {
                holds = true;
            } else if of_slope && self.is_driven() {
                // Every equation of plasticity has its step in every step.
                self.next += 3;
            } else {
                return self.mistake("only `(unless refractory)` may stand here, after the unit of an equation");
            }
            self.needs(")")?;
        }
        Ok((Some(unit), holds))
    }

    /// Whether `event-driven` or `clock-driven` follows, which are Brian2's words.
    fn is_driven(&self) -> bool {
        let token = |k: usize| self.words.get(self.next + k).map(|word| word.token);
        matches!(token(0), Some(Token::Name("event" | "clock")))
            && token(1) == Some(Token::Sign("-"))
            && token(2) == Some(Token::Name("driven"))
    }

    /// A product of names of units with powers.
    pub(super) fn unit(&mut self) -> Parsed<Unit> {
        let mut all = Unit::default();
        let mut over = true;
        loop {
            let at = self.at();
            let place = at.clone();
            let factor = match self.token() {
                Token::Number(1.0) => {
                    self.next += 1;
                    Unit::default()
                }
                Token::Name(name) => {
                    self.next += 1;
                    // The digits at the end are an exponent: `cm2`.
                    let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
                    let (base, exponent) = name.split_at(name.len() - digits);
                    let Some(unit) = Unit::of_name(base) else {
                        let hint = Unit::nearest(base).map_or_else(
                            || "; units are V, A, S, F, ohm, s, Hz, m, mol, M, K, g and others, with prefixes such as m, u, n and p".to_owned(),
                            |unit| format!(" (did you mean `{unit}`?)"),
                        );
                        return Err(Mistake::new(at, format!("there is no unit `{name}`{hint}")));
                    };
                    let exponent = if digits > 0 { exponent.parse().ok() } else { Some(self.exponent()?) };
                    let power = exponent.and_then(|e: i16| unit.to_power(e.checked_mul(2)?));
                    power.ok_or_else(|| Mistake::new(at, "this power of a unit is too large"))?
                }
                _ => return self.mistake("a unit is missing here, such as `mV`, `nS/cm^2` or `1`"),
            };
            let product = if over { all.times(&factor) } else { all.over(&factor) };
            let Some(product) = product else {
                return Err(Mistake::new(place, "the powers of this unit are too large"));
            };
            all = product;
            if self.takes("*") {
                over = true;
            } else if self.takes("/") {
                over = false;
            } else {
                return Ok(all);
            }
        }
    }

    /// The whole exponent of a unit, 1 if there is none.
    fn exponent(&mut self) -> Parsed<i16> {
        if !(self.takes("^") || self.takes("**")) {
            return Ok(1);
        }
        let parenthesis = self.takes("(");
        let minus = self.takes("-");
        let Token::Number(value) = self.token() else { return self.mistake("a whole number is missing here") };
        if value.fract() != 0.0 || value > 100.0 {
            return self.mistake("the power of a unit is a whole number up to 100");
        }
        self.next += 1;
        if parenthesis {
            self.needs(")")?;
        }
        Ok(if minus { -(value as i16) } else { value as i16 })
    }
}
