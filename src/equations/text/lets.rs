//! The named values between of a text, each after those that it needs.

use super::definitions::{Let, Symbol};
use super::elaborate::Elaboration;
use super::syntax::Kind;

impl Elaboration<'_> {
    /// The named values between, each after those that it needs.
    pub(super) fn lets(&mut self) {
        for k in self.ordered_lets() {
            let Let { named, value: whole, unit } = self.definitions.lets[k];
            // Later lines that use the name have no further problem for that reason.
            let Some(mut value) = self.value(whole) else { continue };
            if let Some(unit) = unit {
                // A number takes the unit that its line declares.
                if !value.is_plain() {
                    let what = format!("`{}`", named.name);
                    if let Some(id) = self.fitted(&value, unit, whole, &what) {
                        value.id = id;
                    }
                }
                value.unit = Some(unit.clone());
            }
            self.lets[k] = Some(value);
        }
        let all = self.definitions.lets.iter().zip(&self.lets).filter_map(|(of, value)| {
            let value = value.as_ref()?;
            Some((of.named.name.clone(), value.id, value.unit_name()))
        });
        self.model.lets = all.collect();
    }

    /// The numbers of the named values, each after those that it needs.
    fn ordered_lets(&mut self) -> Vec<usize> {
        let count = self.definitions.lets.len();
        let needs: Vec<Vec<usize>> = (self.definitions.lets.iter())
            .map(|Let { value, .. }| {
                let parts = &self.syntax.expressions.all[value.first..=value.root.0];
                let names = parts.iter().filter_map(|part| match &part.kind {
                    Kind::Name(name) => self.definitions.symbols.get(name.as_str()),
                    _ => None,
                });
                names.filter_map(|(symbol, _)| if let Symbol::Let(k) = symbol { Some(*k) } else { None }).collect()
            })
            .collect();
        let (mut order, mut visited, mut done) = (Vec::new(), vec![false; count], vec![false; count]);
        for start in 0..count {
            // Each value on the way, and how many of its needs have been looked at.
            let mut way = vec![(start, 0)];
            while let Some((k, seen)) = way.last_mut() {
                let k = *k;
                if done[k] {
                    way.pop();
                    continue;
                }
                visited[k] = true;
                let Some(next) = needs[k].get(*seen).copied() else {
                    done[k] = true;
                    order.push(k);
                    way.pop();
                    continue;
                };
                *seen += 1;
                if done[next] {
                    continue;
                }
                if visited[next] && way.iter().any(|(on_way, _)| *on_way == next) {
                    let from = way.iter().position(|(on_way, _)| *on_way == next).unwrap_or(0);
                    let name = |k: usize| self.definitions.lets[k].named.name.as_str();
                    let mut circle: Vec<&str> = way[from..].iter().map(|(k, _)| name(*k)).take(10).collect();
                    if circle.len() < way.len() - from {
                        circle.push("…");
                    }
                    circle.push(name(next));
                    let what = format!("these need each other: {}", circle.join(" → "));
                    let at = self.definitions.lets[next].named.at.clone();
                    self.mistake(at, what);
                    // The circle is cut here.
                    done[next] = true;
                    order.push(next);
                    continue;
                }
                way.push((next, 0));
            }
        }
        order
    }
}
