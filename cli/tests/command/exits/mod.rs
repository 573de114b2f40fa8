//! The exit codes, and the messages of errors.

mod closed_streams;
mod codes;
mod files;
mod lines;
mod model_values;
mod shapes;
mod words;
