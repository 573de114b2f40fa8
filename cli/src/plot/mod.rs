//! Pictures: what is in them ([`plan`]), what is gathered for them during the run ([`Traces`]), and
//! how they are drawn.

mod axis;
mod draw;
mod file;
mod histogram;
mod plan;
mod traces;

pub(crate) use file::{bytes, write};
pub(crate) use plan::{Panel, plan};
pub(crate) use traces::{Grid, Shape, Traces};
