//! Lists of a fixed length and tables of known keys. serde's own readers are not strict: those of
//! arrays and tuples drop further values, and those of structs also accept a list.

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// As many numbers as these.
pub(crate) struct Numbers<const N: usize, V = f64>(pub(crate) [V; N]);

impl<'de, const N: usize, V: Deserialize<'de>> Deserialize<'de> for Numbers<N, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<const N: usize, V>(PhantomData<V>);
        impl<'de, const N: usize, V: Deserialize<'de>> Visitor<'de> for List<N, V> {
            type Value = Numbers<N, V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an array of {N} numbers, such as {:?}", Vec::from_iter(1..=N))
            }
            fn visit_seq<S: SeqAccess<'de>>(self, list: S) -> Result<Numbers<N, V>, S::Error> {
                let numbers = Vec::<V>::deserialize(SeqAccessDeserializer::new(list))?;
                let wrong = |numbers: Vec<V>| S::Error::custom(format!("expected {N} numbers, not {}", numbers.len()));
                numbers.try_into().map(Numbers).map_err(wrong)
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}

/// An array of these two values.
pub(crate) struct Two<A, B>(pub(crate) A, pub(crate) B);

impl<'de, A: Deserialize<'de>, B: Deserialize<'de>> Deserialize<'de> for Two<A, B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<A, B>(PhantomData<(A, B)>);
        impl<'de, A: Deserialize<'de>, B: Deserialize<'de>> Visitor<'de> for List<A, B> {
            type Value = Two<A, B>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of two values")
            }
            fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Two<A, B>, S::Error> {
                let wrong = |len: usize| S::Error::invalid_length(len, &self);
                let first = list.next_element()?.ok_or_else(|| wrong(0))?;
                let second = list.next_element()?.ok_or_else(|| wrong(1))?;
                let mut len = 2;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    len += 1;
                }
                if len == 2 { Ok(Two(first, second)) } else { Err(wrong(len)) }
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}

/// A table with the keys of the struct `V`.
#[derive(Clone, Debug)]
pub(crate) struct Keys<V>(pub(crate) V);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Keys<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        keys(deserializer).map(Self)
    }
}

/// Reads a table with the keys of the struct `V`.
pub(crate) fn keys<'de, V: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<V, D::Error> {
    struct Table<V>(PhantomData<V>);
    impl<'de, V: Deserialize<'de>> Visitor<'de> for Table<V> {
        type Value = V;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table")
        }
        fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<V, M::Error> {
            V::deserialize(MapAccessDeserializer::new(map))
        }
    }
    deserializer.deserialize_map(Table(PhantomData))
}
