//! Scopes and their labels. A label hides a label of the same name in an outer scope, and may be
//! used before its definition.

use std::collections::HashMap;

use super::body::Builder;
use super::{Error, Result};
use crate::exec::Label;

impl Builder<'_> {
    pub(super) fn open(&mut self) {
        self.scopes.push(HashMap::new());
        self.labels.push(HashMap::new());
    }

    /// Closes a scope. A label that the scope uses and does not define is looked up in the
    /// enclosing scope.
    pub(super) fn close(&mut self) -> Result<()> {
        self.scopes.pop();
        let missing = self
            .labels
            .pop()
            .unwrap_or_default()
            .into_iter()
            .filter(|(_, l)| self.code.labels[l.0 as usize] == u32::MAX);
        for (name, label) in missing {
            let Some(outer) = self.labels.last_mut() else {
                return Err(Error::new(self.line, format!("label '{name}' is not defined")));
            };
            let outer = *outer.entry(name).or_insert(label);
            if outer != label {
                self.aliases.push((label, outer));
            }
        }
        Ok(())
    }

    /// Resolves labels that stand for a label of an outer scope. The reverse order is right because
    /// an alias of an alias was made before the alias that it refers to.
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
