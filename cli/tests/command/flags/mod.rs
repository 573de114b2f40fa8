//! Every flag, and the contents of the files that the command writes.

mod inputs;
mod messages;
mod pages;
mod recordings;
mod states;
mod torch_weights;
