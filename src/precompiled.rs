//! The generic code of loops, networks and layers, compiled here for every element type.
//!
//! Up to optimisation level 1 a program takes these instances from the library, and compiles only
//! the code of its own systems. At higher levels rustc shares no generic code between crates. Builds
//! without debug assertions, such as a release, therefore do not have this module.

use crate::loop_over_time::AnyLoop;
use crate::models::{Conv2d, layer, neurons};
use crate::network::Network;
use crate::numeric::scalar::{Real, Scalar};
use crate::system::System;
use crate::system::sequential::Sequential;
use half::{bf16, f16};

type Item = *const ();

/// The functions whose code this module has. It exists to be compiled; it returns their number.
#[must_use]
pub fn precompiled() -> usize {
    let loops = [loops::<f64>(), loops::<f32>(), loops::<f16>(), loops::<bf16>()];
    let layers = [layers::<f64>(), layers::<f32>(), layers::<f16>(), layers::<bf16>()];
    let networks = [networks::<f64>(), networks::<f32>()];
    loops.len() + layers.len() + networks.len()
}

/// The methods of a loop over a system of any type.
fn loops<T: Scalar>() -> [Item; 14] {
    [
        AnyLoop::<'static, T>::run_input as Item,
        AnyLoop::<'static, T>::check_input as Item,
        AnyLoop::<'static, T>::run_input_on_device as Item,
        AnyLoop::<'static, T>::in_parts as Item,
        AnyLoop::<'static, T>::reset as Item,
        AnyLoop::<'static, T>::move_to as Item,
        AnyLoop::<'static, T>::arrays as Item,
        AnyLoop::<'static, T>::to_dict as Item,
        AnyLoop::<'static, T>::take_dict as Item,
        AnyLoop::<'static, T>::take_weights as Item,
        AnyLoop::<'static, T>::to_file as Item,
        AnyLoop::<'static, T>::take_file as Item,
        AnyLoop::<'static, T>::set_host_state as Item,
        system::<T, Box<dyn System<T>>>(),
    ]
}

fn layers<T: Scalar>() -> [Item; 3] {
    [system::<T, Sequential<T>>(), system::<T, Conv2d<T>>(), layer::<T> as Item]
}

fn networks<T: Real>() -> [Item; 2] {
    [system::<T, Network<T>>(), neurons::<T> as Item]
}

/// A conversion, with which rustc compiles every method of the system.
fn system<T: Scalar, S: System<T>>() -> Item {
    fn convert<T: Scalar, S: System<T>>(system: &S) -> &dyn System<T> {
        system
    }
    convert::<T, S> as Item
}
