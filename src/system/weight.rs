//! The weights of a system, by name.

/// A trainable or fixed array of a system, in row-major order.
#[derive(Clone, Debug)]
pub struct Weight<'a, T> {
    /// The name, e.g. `Wi`. In a composed system the path of the node comes first, e.g. `l1.Wi`.
    pub name: String,
    /// The shape.
    pub shape: Vec<usize>,
    /// The elements.
    pub values: &'a [T],
}

/// A [`Weight`] with writable values.
#[derive(Debug)]
pub struct WeightMut<'a, T> {
    /// The name.
    pub name: String,
    /// The shape.
    pub shape: Vec<usize>,
    /// The elements.
    pub values: &'a mut [T],
}
