//! Lines of a text to items.

mod event;
mod expression;
mod unit;

use super::lexer::{Token, Word, words};
use super::syntax::{Item, Kind, Named, Syntax};
use crate::error::Mistake;
use std::ops::Range;

/// The most bytes of a text.
const LONGEST: usize = 1 << 20;
/// The most mistakes that are reported.
const MOST: usize = 20;

/// The words with which lines begin.
const KEYWORDS: [&str; 11] =
    ["param", "input", "state", "spike", "reset", "refractory", "on", "each", "transmit", "weight", "current"];

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
                     `on spike`, `transmit`, `weight`, `on pre`, `on post`, `current`, or is `name = …` or `name' = …`",
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
            "on" => self.event(at),
            "weight" => {
                let name = self.name("the name of the weight")?;
                let [low, high] = self.bounds()?;
                let (unit, _) = self.declared(false)?;
                Ok(Item::Weight { name, low, high, unit })
            }
            "current" => {
                let value = self.whole()?;
                let (unit, _) = self.declared(false)?;
                Ok(Item::Current { at, value, unit })
            }
            _ => Ok(Item::Transmit { at, amount: self.whole()? }),
        }
    }

    fn slope(&mut self, name: Named) -> Parsed<Item> {
        self.needs("=")?;
        let value = self.whole()?;
        let (unit, holds) = self.declared(true)?;
        Ok(Item::Slope { name, value, unit, holds })
    }
}
