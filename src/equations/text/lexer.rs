//! The words, numbers and signs of a text.

use crate::error::Mistake;
use std::ops::Range;

/// A token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Number(f64),
    Name(&'t str),
    /// An operator, or another sign.
    Sign(&'static str),
    /// The end of a line that is not within parentheses.
    Newline,
    End,
}

/// A token and its bytes in the text.
#[derive(Clone, Debug)]
pub(super) struct Word<'t> {
    pub(super) token: Token<'t>,
    pub(super) at: Range<usize>,
}

/// The signs. A longer one comes before its beginning.
const SIGNS: [&str; 24] = [
    "**", "<=", ">=", "==", "!=", "+=", "-=", "*=", "/=", "+", "-", "*", "/", "^", "(", ")", "[", "]", "<", ">", "=",
    ",", ";", ":",
];

/// The tokens of a text, of which the last one is [`Token::End`], and its first `most` mistakes. A line with
/// a mistake has no tokens.
pub(super) fn words(text: &str, most: usize) -> (Vec<Word<'_>>, Vec<Mistake>) {
    let (mut words, mut mistakes): (Vec<Word<'_>>, _) = (Vec::new(), Vec::new());
    let (mut at, mut open) = (0, 0_usize);
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let read = match next {
            '\n' => {
                let last = words.last().map(|word| word.token);
                if open == 0 && !matches!(last, None | Some(Token::Newline)) {
                    words.push(Word { token: Token::Newline, at: at..at + 1 });
                }
                at += 1;
                continue;
            }
            '#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            next if next.is_whitespace() => {
                at += next.len_utf8();
                continue;
            }
            '\'' => Ok((Token::Sign("'"), 1)),
            '·' => Ok((Token::Sign("*"), '·'.len_utf8())),
            '−' => Ok((Token::Sign("-"), '−'.len_utf8())),
            next if next.is_ascii_digit() || next == '.' => number(rest, at),
            next if next.is_alphabetic() || next == '_' => {
                let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                Ok((Token::Name(&rest[..len]), len))
            }
            next => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => Ok((Token::Sign(sign), sign.len())),
                None => Err(Mistake::new(at..at + next.len_utf8(), format!("`{next}` has no meaning here"))),
            },
        };
        let (token, len) = match read {
            Ok(read) => read,
            Err(mistake) => {
                if mistakes.len() < most {
                    mistakes.push(mistake);
                }
                while words.last().is_some_and(|word| word.token != Token::Newline) {
                    words.pop();
                }
                open = 0;
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
        };
        match token {
            Token::Sign("(" | "[") => open += 1,
            Token::Sign(")" | "]") => open = open.saturating_sub(1),
            _ => {}
        }
        words.push(Word { token, at: at..at + len });
        at += len;
    }
    words.push(Word { token: Token::Newline, at: text.len()..text.len() });
    words.push(Word { token: Token::End, at: text.len()..text.len() });
    (words, mistakes)
}

/// The number at the start of `rest`, and its length.
fn number(rest: &str, at: usize) -> Result<(Token<'static>, usize), Mistake> {
    let bytes = rest.as_bytes();
    let digits = |from: usize| from + bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    match rest[..end].parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((Token::Number(value), end)),
        _ => Err(Mistake::new(at..at + end.max(1), format!("`{}` is not a number", &rest[..end.max(1)]))),
    }
}
