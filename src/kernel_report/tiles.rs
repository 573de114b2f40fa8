//! The modules of recurrent cells with tiles: for each tier and each way to multiply, one that a
//! well-known shape uses on an H100.

use super::Module;
use crate::cuda::compiler::compile::Request;
use crate::cuda::compiler::request::Probes;
use crate::cuda::recurrent::{CellShape, DeviceLimits, Room, Tier, choose};
use crate::device::{Products, Strategy};
use crate::init::Init;
use crate::models::{GruCell, brainpy};
use crate::numeric::scalar::Scalar;
use crate::system::System;
use crate::system::program::ProgramBody;
use half::{bf16, f16};

const H100: DeviceLimits = DeviceLimits { capability: 90, sms: 132, shared: 227 << 10, room: Room::UNKNOWN };

pub(super) fn list() -> Vec<Module> {
    let mut all = Vec::new();
    // All elements, bits.
    let probes: Probes<'_> = &[(0, 0), (0, 2), (1, 0)];
    let fast = Products::Fast;
    all.extend(module(
        "lstm_cell_brainpy_block",
        &brainpy::LstmCell::<f16>::new(1, 128).wh_init(Init::Zeros),
        128,
        Tier::Block,
        fast,
        &[],
        75,
    ));
    all.extend(module(
        "rnn_cell_block_recorded",
        &brainpy::RnnCell::<f32>::new(1, 100).wh_init(Init::Zeros),
        1,
        Tier::Block,
        fast,
        probes,
        75,
    ));
    all.extend(module(
        "gru_cell_brainpy_cluster",
        &brainpy::GruCell::<bf16>::new(1, 256).wh_init(Init::Zeros),
        64,
        Tier::Cluster,
        fast,
        &[],
        90,
    ));
    all.extend(module(
        "gru_cell_brainpy_grid",
        &brainpy::GruCell::<f32>::new(1, 768).wh_init(Init::Zeros),
        16,
        Tier::Grid,
        fast,
        &[],
        75,
    ));
    all.extend(module(
        "gru_cell_grid_tf32",
        &GruCell::<f32>::new(1, 512).wh_init(Init::Zeros),
        16,
        Tier::Grid,
        Products::Tf32,
        &[],
        80,
    ));
    all.extend(module(
        "lstm_cell_brainpy_grid",
        &brainpy::LstmCell::<bf16>::new(1, 768).wh_init(Init::Zeros),
        16,
        Tier::Grid,
        fast,
        &[],
        80,
    ));
    all.extend(module(
        "lstm_cell_brainpy_tile_step",
        &brainpy::LstmCell::<bf16>::new(1, 1024).wh_init(Init::Zeros),
        16,
        Tier::Step,
        fast,
        &[],
        80,
    ));
    all.extend(module(
        "lstm_cell_brainpy_gates",
        &brainpy::LstmCell::<bf16>::new(1, 4096).wh_init(Init::Zeros),
        64,
        Tier::Product,
        fast,
        &[],
        75,
    ));
    all.extend(module(
        "gru_cell_brainpy_gates",
        &brainpy::GruCell::<f32>::new(1, 2048).wh_init(Init::Zeros),
        64,
        Tier::Product,
        fast,
        probes,
        75,
    ));
    all
}

fn module<T: Scalar>(
    name: &str,
    system: &dyn System<T>,
    batch: usize,
    tier: Tier,
    products: Products,
    probes: Probes<'_>,
    needs: u32,
) -> Option<Module> {
    let ProgramBody::Cell(cell) = system.program(0.1)?.body else { return None };
    let (element, acc) = (size_of::<T>(), size_of::<T::Acc>());
    let facts = CellShape { phases: cell.phases, states: cell.states, hidden: cell.hidden, batch, element, acc };
    let (tile, _) = choose(facts, T::DTYPE, products, &H100, Strategy::Auto, Some(tier))?;
    let request = Request::tiles(T::DTYPE, &cell, &tile, probes);
    Some(Module { name: name.to_owned(), dtype: T::DTYPE, request, needs })
}
