//! Splits a PTX text into words, marks and lines.

use super::{Error, Result};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A name, number, directive or opcode: any text without spaces or marks.
    Word(String),
    Text(String),
    Mark(char),
}

/// A position in a list of tokens. Cloning it is cheap, and allows a return to that position.
#[derive(Clone)]
pub(crate) struct Tokens {
    list: std::rc::Rc<Vec<(Token, u32)>>,
    at: usize,
}

impl Tokens {
    pub(crate) fn new(text: &str) -> Result<Tokens> {
        let (bytes, mut list, mut line, mut i) = (text.as_bytes(), Vec::new(), 1u32, 0);
        while let Some(&c) = bytes.get(i) {
            let rest = &text.as_bytes()[i..];
            if c == b'\n' {
                line += 1;
                i += 1;
            } else if c.is_ascii_whitespace() || c == 0 {
                i += 1;
            } else if rest.starts_with(b"//") {
                i += rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
            } else if rest.starts_with(b"/*") {
                let end = rest.windows(2).position(|w| w == b"*/").ok_or(Error::new(line, "a comment does not end"))?;
                line += rest[..end].iter().filter(|&&b| b == b'\n').count() as u32;
                i += end + 2;
            } else if c == b'"' {
                let end = rest[1..].iter().position(|&b| b == b'"').ok_or(Error::new(line, "a string does not end"))?;
                list.push((Token::Text(String::from_utf8_lossy(&rest[1..end + 1]).into()), line));
                i += end + 2;
            } else if is_word(c) {
                let n = word_length(rest);
                list.push((Token::Word(String::from_utf8_lossy(&rest[..n]).into()), line));
                i += n;
            } else {
                list.push((Token::Mark(c as char), line));
                i += 1;
            }
        }
        Ok(Tokens { list: list.into(), at: 0 })
    }

    pub(crate) fn line(&self) -> u32 {
        self.list.get(self.at).or(self.list.last()).map_or(0, |t| t.1)
    }

    pub(crate) fn peek(&self) -> Option<&Token> {
        self.list.get(self.at).map(|t| &t.0)
    }

    pub(crate) fn is(&self, mark: char) -> bool {
        self.peek() == Some(&Token::Mark(mark))
    }

    pub(crate) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(w)) if w == word)
    }

    /// Consumes `mark` if it is the next token.
    pub(crate) fn eat(&mut self, mark: char) -> bool {
        let yes = self.is(mark);
        self.at += yes as usize;
        yes
    }

    pub(crate) fn expect(&mut self, mark: char) -> Result<()> {
        if self.eat(mark) { Ok(()) } else { Err(self.wrong(&format!("'{mark}'"))) }
    }

    pub(crate) fn next(&mut self) -> Option<Token> {
        let t = self.peek().cloned();
        self.at += 1;
        t
    }

    pub(crate) fn word(&mut self) -> Result<String> {
        match self.peek().cloned() {
            Some(Token::Word(w)) => {
                self.at += 1;
                Ok(w)
            }
            _ => Err(self.wrong("a word")),
        }
    }

    pub(crate) fn number<T: std::str::FromStr>(&mut self) -> Result<T> {
        let line = self.line();
        let w = self.word()?;
        w.parse().map_err(|_| Error::new(line, format!("'{w}' is not a number")))
    }

    /// Skips the rest of the line. `.loc` and `.file` end with the line.
    pub(crate) fn skip_line(&mut self) {
        let line = self.line();
        while self.at < self.list.len() && self.list[self.at].1 == line {
            self.at += 1;
        }
    }

    /// Skips a block in braces, including its opening brace.
    pub(crate) fn skip_block(&mut self) -> Result<()> {
        self.expect('{')?;
        let mut depth = 1;
        while depth > 0 {
            match self.next() {
                Some(Token::Mark('{')) => depth += 1,
                Some(Token::Mark('}')) => depth -= 1,
                Some(_) => {}
                None => return Err(self.wrong("'}'")),
            }
        }
        Ok(())
    }

    pub(crate) fn skip_past(&mut self, mark: char) {
        while self.peek().is_some() && !self.eat(mark) {
            self.at += 1;
        }
    }

    pub(crate) fn wrong(&self, wanted: &str) -> Error {
        let found = match self.peek() {
            Some(Token::Word(w)) => format!("'{w}'"),
            Some(Token::Text(t)) => format!("\"{t}\""),
            Some(Token::Mark(c)) => format!("'{c}'"),
            None => "the end".into(),
        };
        Error::new(self.line(), format!("{wanted} expected, {found} found"))
    }
}

/// The length of a word. `::` belongs to the word around it, as in `ld.shared::cta.u32`, while a
/// single colon ends a label.
fn word_length(text: &[u8]) -> usize {
    let mut n = 0;
    while n < text.len() {
        match &text[n..] {
            [b':', b':', ..] => n += 2,
            [c, ..] if is_word(*c) => n += 1,
            _ => break,
        }
    }
    n
}

fn is_word(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b'_' | b'$' | b'%' | b'.')
}
