//! The mistakes in a text of equations, with the line and a mark below the place.

use std::fmt::{self, Display, Write};
use std::ops::Range;

/// A mistake in a text of equations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The bytes of the text.
    pub at: Range<usize>,
    /// A description of the mistake.
    pub message: String,
}

/// The mistakes in a text of equations. The format of [`Display`] has the first one of each line:
///
/// ```text
/// `E` is not defined
///  --> 2:7
///   |
/// 2 | V' = (E - V)/tau : mV
///   |       ^
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EquationsError {
    /// The text.
    pub text: String,
    /// The mistakes, in the order of the text.
    pub mistakes: Vec<Mistake>,
}

impl Mistake {
    pub(crate) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

impl EquationsError {
    pub(crate) fn new(text: &str, mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort_by_key(|mistake| mistake.at.start);
        Self { text: text.to_owned(), mistakes }
    }

    /// The place of a mistake: the number of its line and its column, both from 1 and in characters.
    #[must_use]
    pub fn place(&self, mistake: &Mistake) -> (usize, usize) {
        let before = self.text.get(..mistake.at.start).unwrap_or(&self.text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (1 + before.matches('\n').count(), 1 + before[start..].chars().count())
    }

    /// Describes the mistakes, the first one of each line. `file` is the name of the file that has the
    /// text, and `first` the number of the text's first line in it, from 1.
    #[must_use]
    pub fn report(&self, file: Option<&str>, first: usize) -> String {
        let mut last = 0;
        let mut out = String::new();
        for mistake in &self.mistakes {
            let (line, column) = self.place(mistake);
            if line == last {
                continue;
            }
            last = line;
            let source = self.text.lines().nth(line - 1).unwrap_or_default();
            let number = (line + first - 1).to_string();
            let margin = " ".repeat(number.len());
            // Tabs stay tabs, so that the mark is below its place.
            let indent: String = source.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            let marked = self.text.get(mistake.at.clone()).unwrap_or_default();
            let width = marked.lines().next().unwrap_or_default().chars().count().max(1);
            if !out.is_empty() {
                out.push('\n');
            }
            let name = file.map(|file| format!("{file}:")).unwrap_or_default();
            let _ = write!(
                out,
                "{}\n{margin}--> {name}{number}:{column}\n{margin} |\n{number} | {source}\n{margin} | {indent}{}",
                mistake.message,
                "^".repeat(width)
            );
        }
        out
    }
}

impl Display for EquationsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report(None, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_marks_the_place() {
        let text = "param tau = 10 ms\nV' = (E - V)/tau : mV\n";
        let at = text.find('E').unwrap();
        let error = EquationsError::new(text, vec![Mistake::new(at..at + 1, "`E` is not defined")]);
        let expected = "`E` is not defined\n --> adex.eq:2:7\n  |\n2 | V' = (E - V)/tau : mV\n  |       ^";
        assert_eq!(error.report(Some("adex.eq"), 1), expected);
        assert!(error.to_string().contains("--> 2:7") && error.report(None, 10).contains("--> 11:7"));
    }
}
