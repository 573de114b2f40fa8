//! Lines of a text to items.

use super::lexer::{Token, Word, words};
use super::syntax::{Assignment, ExprId, Item, Kind, Named, Operator, Syntax, Whole};
use super::units::Unit;
use crate::error::Mistake;
use std::ops::Range;

/// The most levels of parentheses, signs and powers within each other.
const DEEPEST: usize = 128;
/// The most bytes of a text.
const LONGEST: usize = 1 << 20;
/// The most mistakes that are reported.
const MOST: usize = 20;

/// The words with which lines begin.
const KEYWORDS: [&str; 9] = ["param", "input", "state", "spike", "reset", "refractory", "on", "each", "transmit"];

/// Reads a text. The mistakes are at most one for each line.
pub(super) fn parse(text: &str) -> Result<Syntax, Vec<Mistake>> {
    if text.len() > LONGEST {
        return Err(vec![Mistake::new(0..0, format!("the text has more than {LONGEST} bytes"))]);
    }
    let (words, mut mistakes) = words(text, MOST);
    let mut parser = Parser { words: &words, next: 0, depth: 0, syntax: Syntax::default() };
    while parser.token() != Token::End && mistakes.len() < MOST {
        if parser.token() == Token::Newline {
            parser.next += 1;
            continue;
        }
        match parser.item() {
            Ok(item) => parser.syntax.items.push(item),
            Err(mistake) => {
                mistakes.push(mistake);
                while !matches!(parser.token(), Token::Newline | Token::End) {
                    parser.next += 1;
                }
            }
        }
        parser.depth = 0;
    }
    if mistakes.is_empty() { Ok(parser.syntax) } else { Err(mistakes) }
}

struct Parser<'w, 't> {
    words: &'w [Word<'t>],
    next: usize,
    depth: usize,
    syntax: Syntax,
}

/// Whether a line that begins with a name and this sign defines the name.
fn is_defined(sign: Token<'_>) -> bool {
    matches!(sign, Token::Sign("=" | "'"))
}

/// Whether a name before this sign is assigned to.
fn is_assignment(sign: Token<'_>) -> bool {
    matches!(sign, Token::Sign("=" | "+=" | "-=" | "*=" | "/="))
}

type Parsed<V> = Result<V, Mistake>;

impl<'t> Parser<'_, 't> {
    fn word(&self) -> &Word<'t> {
        &self.words[self.next.min(self.words.len() - 1)]
    }

    fn token(&self) -> Token<'t> {
        self.word().token
    }

    /// The token after the next one.
    fn second(&self) -> Token<'t> {
        self.words.get(self.next + 1).map_or(Token::End, |word| word.token)
    }

    fn at(&self) -> Range<usize> {
        self.word().at.clone()
    }

    /// The end of the last token.
    fn end(&self) -> usize {
        self.next.checked_sub(1).map_or(0, |last| self.words[last].at.end)
    }

    fn mistake<V>(&self, what: impl Into<String>) -> Parsed<V> {
        Err(Mistake::new(self.at(), what))
    }

    /// Takes the next token if it is this sign.
    fn takes(&mut self, sign: &str) -> bool {
        let is = matches!(self.token(), Token::Sign(next) if next == sign);
        self.next += usize::from(is);
        is
    }

    fn needs(&mut self, sign: &str) -> Parsed<()> {
        if self.takes(sign) { Ok(()) } else { self.mistake(format!("`{sign}` is missing here")) }
    }

    /// Takes the next token if it is this name.
    fn takes_word(&mut self, word: &str) -> bool {
        let is = self.token() == Token::Name(word);
        self.next += usize::from(is);
        is
    }

    fn name(&mut self, what: &str) -> Parsed<Named> {
        let Token::Name(name) = self.token() else { return self.mistake(format!("{what} is missing here")) };
        let named = Named { name: name.to_owned(), at: self.at() };
        self.next += 1;
        Ok(named)
    }

    /// The end of a line.
    fn line_ends(&mut self) -> Parsed<()> {
        match self.token() {
            Token::Newline | Token::End => Ok(()),
            _ => self.mistake("the line should end here"),
        }
    }

    fn item(&mut self) -> Parsed<Item> {
        let item = match (self.token(), self.second()) {
            (Token::Name(word), second) if KEYWORDS.contains(&word) && !is_defined(second) => self.keyword(word)?,
            (Token::Name(_), Token::Sign("'")) => {
                let name = self.name("a name")?;
                self.next += 1;
                self.slope(name)?
            }
            (Token::Name(word), Token::Sign("/")) if word.starts_with('d') && word.len() > 1 => {
                let at = self.at();
                let name = Named { name: word[1..].to_owned(), at: at.start + 1..at.end };
                self.next += 2;
                if !self.takes_word("dt") {
                    return self.mistake("`dt` is missing here, as in `dV/dt = …`");
                }
                self.slope(name)?
            }
            (Token::Name(_), Token::Sign("=")) => {
                let name = self.name("a name")?;
                self.next += 1;
                let value = self.whole()?;
                let (unit, _) = self.declared(false)?;
                Item::Let { name, value, unit }
            }
            (Token::Name(word), Token::Sign(":")) => {
                return self.mistake(format!(
                    "`{word}` has no value: `param {word} = 1` is a constant, `input {word}` an input, and \
                     `{word} = …` a value that follows from others"
                ));
            }
            _ => {
                return self.mistake(
                    "a line begins with `param`, `input`, `state`, `spike when`, `reset`, `refractory`, `each step`, \
                     `on spike`, `transmit`, or is `name = …` or `name' = …`",
                );
            }
        };
        self.line_ends()?;
        Ok(item)
    }

    fn keyword(&mut self, word: &str) -> Parsed<Item> {
        let at = self.at();
        self.next += 1;
        match word {
            "param" => {
                let name = self.name("the name of the parameter")?;
                self.needs("=")?;
                let minus = self.takes("-");
                let Token::Number(value) = self.token() else {
                    return self.mistake(format!(
                        "`{}` needs a number here; a value that follows from others is `{0} = …` without `param`",
                        name.name
                    ));
                };
                self.next += 1;
                let unit = if self.takes(":") || !matches!(self.token(), Token::Newline | Token::End) {
                    let bracket = self.takes("[");
                    if matches!(self.token(), Token::Sign(_)) {
                        return self.mistake(format!(
                            "`{}` is one number and its unit; a value that follows from others is `{0} = …` without `param`",
                            name.name
                        ));
                    }
                    let unit = self.unit()?;
                    if bracket {
                        self.needs("]")?;
                    }
                    if self.token() == Token::Sign(":") {
                        return self.mistake(format!("`{}` has two units", name.name));
                    }
                    Some(unit)
                } else {
                    None
                };
                Ok(Item::Param { name, value: if minus { -value } else { value }, unit })
            }
            "input" => {
                let name = self.name("the name of the input")?;
                let (unit, _) = self.declared(false)?;
                Ok(Item::Input { name, unit })
            }
            "state" => {
                let name = self.name("the name of the variable")?;
                self.needs("=")?;
                let value = self.whole()?;
                let (unit, _) = self.declared(false)?;
                Ok(Item::State { name, value, unit })
            }
            "spike" => {
                if !self.takes_word("when") {
                    return self.mistake("`when` is missing here, as in `spike when V >= V_th`");
                }
                if let (Token::Name(_), Token::Name("crosses")) = (self.token(), self.second()) {
                    let name = self.name("the name of the variable")?;
                    self.next += 1;
                    let threshold = self.whole()?;
                    let root = &self.syntax.expressions.all[threshold.root.0];
                    if matches!(root.kind, Kind::Not(_))
                        || matches!(&root.kind, Kind::Operation(operator, ..) if operator.is_condition())
                    {
                        return Err(Mistake::new(
                            root.at.clone(),
                            "the threshold of `crosses` is a value, and no condition; `spike when` without `crosses` has conditions",
                        ));
                    }
                    return Ok(Item::Crossing { name, threshold });
                }
                Ok(Item::Condition(self.whole()?))
            }
            "reset" => {
                self.takes(":");
                Ok(Item::Reset(self.assignments()?))
            }
            "refractory" => {
                let time = self.whole()?;
                let mut holds = Vec::new();
                if self.takes_word("holds") {
                    holds.push(self.name("the name of a variable")?);
                    while self.takes(",") {
                        holds.push(self.name("the name of a variable")?);
                    }
                }
                Ok(Item::Refractory { time, holds })
            }
            "each" => {
                if !self.takes_word("step") {
                    return self.mistake("`step` is missing here, as in `each step: x *= 0.9`");
                }
                self.takes(":");
                Ok(Item::EachStep(self.assignments()?))
            }
            "on" => {
                if !self.takes_word("spike") {
                    return self.mistake("`spike` is missing here, as in `on spike: transmit x; x *= 0.5`");
                }
                let at = at.start..self.end();
                self.takes(":");
                self.after_spike(at)
            }
            _ => Ok(Item::Transmit { at, amount: self.whole()? }),
        }
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

    fn slope(&mut self, name: Named) -> Parsed<Item> {
        self.needs("=")?;
        let value = self.whole()?;
        let (unit, holds) = self.declared(true)?;
        Ok(Item::Slope { name, value, unit, holds })
    }

    /// The unit after a colon, if there is one, and whether `(unless refractory)` follows, which is
    /// Brian2's word.
    fn declared(&mut self, of_slope: bool) -> Parsed<(Option<Unit>, bool)> {
        if !self.takes(":") {
            return Ok((None, false));
        }
        let unit = self.unit()?;
        let mut holds = false;
        if self.takes("(") {
            if of_slope && self.takes_word("unless") && self.takes_word("refractory") {
                holds = true;
            } else {
                return self.mistake("only `(unless refractory)` may stand here, after the unit of an equation");
            }
            self.needs(")")?;
        }
        Ok((Some(unit), holds))
    }

    /// A product of names of units with powers.
    fn unit(&mut self) -> Parsed<Unit> {
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

    fn assignments(&mut self) -> Parsed<Vec<Assignment>> {
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

    // Expressions.

    fn whole(&mut self) -> Parsed<Whole> {
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
                    Token::Name(name) if !["and", "or", "holds"].contains(&name) => {
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
