//! Scopes and their labels: an inner label hides an outer one, and may be named before it stands.

use std::collections::HashMap;

use super::body::Builder;
use super::{Error, Result};
use crate::exec::Label;

impl Builder<'_> {
    pub(super) fn open(&mut self) {
        self.scopes.push(HashMap::new());
        self.labels.push(HashMap::new());
    }

    /// Labels that a scope names and does not have are looked for in the one around it.
    pub(super) fn close(&mut self) -> Result<()> {
        self.scopes.pop();
        let missing = self.labels.pop().unwrap_or_default().into_iter().filter(|(_, l)| self.code.labels[l.0 as usize] == u32::MAX);
        for (name, label) in missing {
            let Some(outer) = self.labels.last_mut() else {
                return Err(Error::new(self.line, format!("label '{name}' is not there")));
            };
            let outer = *outer.entry(name).or_insert(label);
            if outer != label {
                self.aliases.push((label, outer));
            }
        }
        Ok(())
    }

    /// Gives those labels their places that are another scope's. An alias of an alias was made before the one it stands for.
    pub(super) fn resolve(&mut self) {
        for (label, outer) in std::mem::take(&mut self.aliases).into_iter().rev() {
            self.code.labels[label.0 as usize] = self.code.labels[outer.0 as usize];
        }
    }

    pub(crate) fn label(&mut self, name: &str) -> Label {
        if let Some(l) = self.labels.last().and_then(|m| m.get(name)) {
            return *l;
        }
        let l = self.new_label();
        if let Some(m) = self.labels.last_mut() {
            m.insert(name.into(), l);
        }
        l
    }

    pub(super) fn new_label(&mut self) -> Label {
        self.code.labels.push(u32::MAX);
        Label(self.code.labels.len() as u32 - 1)
    }

    pub(super) fn place(&mut self, label: Label) {
        self.code.labels[label.0 as usize] = self.code.instructions.len() as u32;
    }
}
