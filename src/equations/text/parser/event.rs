//! Lines of events: assignments, and what a spike transmits; and the bounds of a weight.

use super::{Parsed, Parser, is_assignment};
use crate::equations::text::lexer::Token;
use crate::equations::text::syntax::{Assignment, Item, Operator, Whole};
use std::ops::Range;

impl Parser<'_, '_> {
    /// A line that begins with `on` at this place.
    pub(super) fn event(&mut self, at: Range<usize>) -> Parsed<Item> {
        let Token::Name(event @ ("spike" | "pre" | "post")) = self.token() else {
            return self.mistake(
                "`spike`, `pre` or `post` is missing here, as in `on spike: transmit x; x *= 0.5` or `on pre: w += 0.1`",
            );
        };
        self.next += 1;
        let at = at.start..self.end();
        self.takes(":");
        match event {
            "spike" => self.after_spike(at),
            "pre" => Ok(Item::OnPre { at, assignments: self.assignments()? }),
            _ => Ok(Item::OnPost { at, assignments: self.assignments()? }),
        }
    }

    /// `from expression to expression`
    pub(super) fn bounds(&mut self) -> Parsed<[Whole; 2]> {
        if !self.takes_word("from") {
            return self.mistake("`from` is missing here, as in `weight w from 0 to w_max`");
        }
        let low = self.whole()?;
        if !self.takes_word("to") {
            return self.mistake("`to` is missing here, as in `weight w from 0 to w_max`");
        }
        Ok([low, self.whole()?])
    }

    /// The assignments of `on spike`, whose place is `at`, with `transmit expression` between them.
    fn after_spike(&mut self, at: Range<usize>) -> Parsed<Item> {
        let (mut all, mut transmit) = (Vec::new(), None);
        loop {
            if self.token() == Token::Name("transmit") && !is_assignment(self.second()) {
                if transmit.is_some() {
                    return self.mistake("a text has one `transmit`");
                }
                self.next += 1;
                transmit = Some((all.len(), self.whole()?));
            } else {
                all.push(self.assignment()?);
            }
            if self.line_of_assignments_ends() {
                return Ok(Item::OnSpike { at, assignments: all, transmit });
            }
        }
    }

    pub(super) fn assignments(&mut self) -> Parsed<Vec<Assignment>> {
        let mut all = Vec::new();
        loop {
            all.push(self.assignment()?);
            if self.line_of_assignments_ends() {
                return Ok(all);
            }
        }
    }

    fn assignment(&mut self) -> Parsed<Assignment> {
        let to = self.name("the name of a variable")?;
        let operator = match self.token() {
            Token::Sign("=") => None,
            Token::Sign("+=") => Some(Operator::Add),
            Token::Sign("-=") => Some(Operator::Sub),
            Token::Sign("*=") => Some(Operator::Mul),
            Token::Sign("/=") => Some(Operator::Div),
            _ => return self.mistake("`=`, `+=`, `-=`, `*=` or `/=` is missing here"),
        };
        self.next += 1;
        Ok(Assignment { to, operator, value: self.whole()? })
    }

    /// Whether nothing follows an assignment. A `;` at the end of the line is no mistake.
    fn line_of_assignments_ends(&mut self) -> bool {
        !self.takes(";") || matches!(self.token(), Token::Newline | Token::End)
    }
}
