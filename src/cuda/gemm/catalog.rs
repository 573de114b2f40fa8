//! The kernels of matrix products that tests compile for every architecture: each tile of the table
//! once, and each layout for one of the tiles.

use super::Layout;
use super::table::{HOPPER, tiles};
use crate::cuda::compiler::compile::Request;
use crate::device::Products;
use crate::models::Activation;
use crate::numeric::scalar::DType;

/// Returns the name and the request of each kernel.
pub(crate) fn catalog() -> Vec<(String, Request)> {
    let mut list = Vec::new();
    let plain = Layout { transpose: [false; 2], activation: Activation::Identity, to_work: false, windows: Vec::new() };
    let mut add = |dtype, products, tile: &str, suffix: &str, layout: &Layout, wide| {
        let Some(tile) = tiles(dtype, products, (8, 0)).into_iter().find(|t| t.name == tile) else { return };
        let name = format!("product_{}_{}{suffix}", tile.file().trim_end_matches(".cu"), tile.name);
        list.push((name, Request::product(dtype, layout, [wide; 2], &tile)));
    };
    use DType::{Bf16, F16, F32, F64};
    for (dtype, names) in [
        (F32, &["large", "middle", "flat", "tall"][..]),
        (F64, &["large", "middle"]),
        (F16, &["middle"]),
        (Bf16, &["middle"]),
    ] {
        names.iter().for_each(|name| add(dtype, Products::Ordered, name, "", &plain, true));
    }
    for (dtype, names) in [(F16, &["large", "middle", "flat"][..]), (Bf16, &["large"]), (F32, &["large", "middle"])] {
        names.iter().for_each(|name| add(dtype, Products::Tf32, name, "", &plain, true));
    }
    let turned = Layout { transpose: [true; 2], activation: Activation::Relu, ..plain.clone() };
    add(F32, Products::Fast, "large", "_turned", &turned, true);
    add(F16, Products::Fast, "large", "_turned", &turned, true);
    add(F32, Products::Fast, "large", "_narrow", &plain, false);
    add(F16, Products::Fast, "middle", "_narrow", &plain, false);
    for dtype in [F16, Bf16] {
        list.push(("product_hopper".to_owned(), Request::product(dtype, &plain, [true; 2], &HOPPER)));
    }
    for dtype in [F64, F32, F16, Bf16] {
        list.push(("product_reduce".to_owned(), Request::reduce(dtype, &plain)));
    }
    list
}
