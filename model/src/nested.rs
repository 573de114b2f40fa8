//! A value, or a list of values, or a list of lists, each with its place.

use crate::rules::{Line, Result, error, start};
use crate::toml_values::{Maybe, Table, Value};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use toml::Spanned;

/// Named values or lists, each name and value with its place.
pub(crate) type ListTable = BTreeMap<Spanned<String>, Spanned<Nested<Value>>>;

/// A value `V`, which is no list itself, or a list of such.
#[derive(Clone, Debug)]
pub(crate) enum Nested<V> {
    One(V),
    List(Vec<Spanned<Self>>),
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Nested<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Any<V>(PhantomData<V>);
        // The reader of `V` has the message about a value of another kind.
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Any<V> {
            type Value = Nested<V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or a list of values")
            }
            fn visit_bool<E: Error>(self, x: bool) -> std::result::Result<Nested<V>, E> {
                V::deserialize(x.into_deserializer()).map(Nested::One)
            }
            fn visit_i64<E: Error>(self, x: i64) -> std::result::Result<Nested<V>, E> {
                V::deserialize(x.into_deserializer()).map(Nested::One)
            }
            fn visit_u64<E: Error>(self, x: u64) -> std::result::Result<Nested<V>, E> {
                V::deserialize(x.into_deserializer()).map(Nested::One)
            }
            fn visit_i128<E: Error>(self, x: i128) -> std::result::Result<Nested<V>, E> {
                V::deserialize(x.into_deserializer()).map(Nested::One)
            }
            fn visit_u128<E: Error>(self, x: u128) -> std::result::Result<Nested<V>, E> {
                V::deserialize(x.into_deserializer()).map(Nested::One)
            }
            fn visit_f64<E: Error>(self, x: f64) -> std::result::Result<Nested<V>, E> {
                V::deserialize(x.into_deserializer()).map(Nested::One)
            }
            fn visit_str<E: Error>(self, x: &str) -> std::result::Result<Nested<V>, E> {
                V::deserialize(x.into_deserializer()).map(Nested::One)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Nested<V>, A::Error> {
                V::deserialize(MapAccessDeserializer::new(map)).map(Nested::One)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> std::result::Result<Nested<V>, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Nested::List)
            }
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}

impl<V> Nested<V> {
    /// The list, if it is one.
    pub(crate) fn list(&self) -> Option<&[Spanned<Self>]> {
        match self {
            Self::One(_) => None,
            Self::List(list) => Some(list),
        }
    }
}

/// The value that is no list.
///
/// # Errors
/// If it is a list. `of` says which lists there may be.
pub(crate) fn one<V>(value: Spanned<Nested<V>>, line: Line<'_>, key: &str, of: &str) -> Result<Spanned<V>> {
    let (at, span) = (start(&value), value.span());
    match value.into_inner() {
        Nested::One(value) => Ok(Spanned::new(span, value)),
        Nested::List(_) => error(line, at, format!("`{key}` is a list here; {of}")),
    }
}

/// The same of a value that may be absent.
pub(crate) fn maybe_one<V>(value: Maybe<Nested<V>>, line: Line<'_>, key: &str, of: &str) -> Result<Maybe<V>> {
    value.map(|value| one(value, line, key, of)).transpose()
}

/// The same of each value of a table.
pub(crate) fn one_each(table: Option<ListTable>, line: Line<'_>, of: &str) -> Result<Option<Table>> {
    let Some(table) = table else { return Ok(None) };
    let plain = |(name, value): (Spanned<String>, _)| {
        let value = one(value, line, &name.get_ref().escape_debug().to_string(), of)?;
        Ok((name, value))
    };
    table.into_iter().map(plain).collect::<Result<_>>().map(Some)
}
