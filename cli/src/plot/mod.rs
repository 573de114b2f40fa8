//! Pictures: what is in them ([`plan`]), what is gathered for them during the run ([`Traces`]), and
//! how they are drawn.

mod axis;
mod boxplot;
mod colour;
mod draw;
mod file;
mod grid;
mod histogram;
mod pdf;
mod plan;
mod raster;
mod samples;
mod size;
mod title;
mod traces;

pub(crate) use boxplot::Quantity;
pub(crate) use file::write;
pub(crate) use grid::{Clock, Grid, steps_before};
pub(crate) use plan::{Drive, Panel, Source, Subject, clock, monitor_name, paint, plain, plan, size_fits};
pub(crate) use raster::Raster;
pub(crate) use samples::{PAIRED, Samples, pairs_of};
pub(crate) use size::Size;
pub(crate) use title::title;
pub(crate) use traces::{Columns, Traces};
