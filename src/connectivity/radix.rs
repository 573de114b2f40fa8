//! The radix sort of a row's keys.

/// The number of keys from which on passes over bytes take less time than comparisons.
const LEAST: usize = 64;

/// Sorts keys, by bytes from the lowest to the highest. Bytes that all keys share are left out, and
/// so are low bytes by which the keys ascend already: a pass keeps the order of equal bytes.
pub(super) fn sort(keys: &mut Vec<u64>, other: &mut Vec<u64>) {
    if keys.len() < LEAST {
        return keys.sort_unstable();
    }
    let first = keys[0];
    let different = keys.iter().fold(0, |all, key| all | (key ^ first));
    // The keys ascend by their lowest bytes, `ascending` bits of them.
    let ascends = |bits: u32| keys.is_sorted_by_key(|key| key & ((1 << bits) - 1));
    let ascending = [48, 16].into_iter().find(|bits| ascends(*bits)).unwrap_or(0);
    other.clear();
    other.resize(keys.len(), 0);
    for shift in (ascending..64).step_by(8).filter(|shift| different >> shift & 0xff != 0) {
        let byte = |key: u64| (key >> shift & 0xff) as usize;
        let mut places = [0_u32; 256];
        keys.iter().for_each(|key| places[byte(*key)] += 1);
        let mut start = 0;
        for place in &mut places {
            start += std::mem::replace(place, start);
        }
        for key in &*keys {
            let place = &mut places[byte(*key)];
            other[*place as usize] = *key;
            *place += 1;
        }
        std::mem::swap(keys, other);
    }
}

#[cfg(test)]
mod tests {
    use super::sort;
    use crate::numeric::rng::Stream;

    #[test]
    fn keys_are_sorted() {
        let stream = Stream::named(3, "radix");
        for len in [0, 1, 63, 64, 1000] {
            let word = |k: u64, n: u64| u64::from(stream.words(k, n)[0]);
            let random: Vec<u64> = (0..len).map(|k| word(k, 0) << 32 | word(k, 1)).collect();
            let small = random.iter().map(|key| key % 7).collect();
            let numbered: Vec<u64> = random.iter().zip(0..).map(|(key, n)| key & !0xffff | n).collect();
            let mut by_target: Vec<u64> = numbered.iter().map(|key| key & !(0xffff << 48)).collect();
            by_target.sort_unstable();
            let by_target = by_target.iter().zip(&random).map(|(key, other)| key | (other % 50) << 48).collect();
            for mut keys in [random, small, numbered, by_target] {
                let mut right = keys.clone();
                right.sort_unstable();
                sort(&mut keys, &mut Vec::new());
                assert_eq!(keys, right);
            }
        }
    }
}
