//! What the tests of equations share: the example texts, and random numbers.

/// The texts of neurons and rate models among the examples, by their names.
pub(super) fn examples() -> Vec<(String, String)> {
    let all = texts(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/equations"));
    assert!(all.len() >= 25, "{} texts", all.len());
    all
}

/// The texts of synapses among the examples.
pub(super) fn synapses() -> Vec<(String, String)> {
    let all = texts(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/equations/synapses"));
    assert!(all.len() >= 4, "{} texts", all.len());
    all
}

/// The texts of ion channels among the examples.
pub(super) fn channels() -> Vec<(String, String)> {
    let all = texts(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/equations/channels"));
    assert!(all.len() >= 3, "{} texts", all.len());
    all
}

fn texts(folder: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "eq") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            all.push((name, std::fs::read_to_string(path).unwrap()));
        }
    }
    all.sort();
    all
}

/// SplitMix64.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }

    pub(super) fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// A number between −3 and 3.
    pub(super) fn number(&mut self) -> f64 {
        6.0 * ((self.next() >> 11) as f64 / (1_u64 << 53) as f64) - 3.0
    }
}
