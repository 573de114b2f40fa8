//! The exit codes, and the messages of errors.

mod closed_streams;
mod codes;
mod files;
mod shapes;
mod words;
