//! Specifications as systems, and what is said of those that are wrong.

mod equations;
mod errors;
mod in_degrees;
mod keys;
mod lists;
mod matrices;
mod messages;
mod names;
mod populations;
mod specs;
