//! Nodes, variables and names.

use std::collections::BTreeMap;
use std::sync::Mutex;

static COUNTS: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// A name no other object of this process has: the kind and a number, as brainpy's `unique_name`.
#[must_use]
pub fn unique_name(kind: &str) -> String {
    let mut counts = COUNTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let count = counts.entry(kind.to_owned()).or_insert(0);
    let name = format!("{kind}{count}");
    *count += 1;
    name
}
