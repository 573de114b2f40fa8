//! A system's weights, by name.

/// A trainable or fixed array of a system, row-major.
#[derive(Clone, Debug)]
pub struct Weight<'a, T> {
    /// Its name, e.g. `Wi`; with the node's path before it in a tree, e.g. `l1.Wi`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its elements.
    pub values: &'a [T],
}

/// A [`Weight`] to be written to.
#[derive(Debug)]
pub struct WeightMut<'a, T> {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its elements.
    pub values: &'a mut [T],
}
