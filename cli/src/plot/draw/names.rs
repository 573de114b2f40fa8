//! The names of populations beside an axis.

/// The least distance between two names, and the most from a name to the middle of its population,
/// units.
const APART: f64 = 19.0;
const MOST: f64 = 12.0;

/// A name, and the distance of its middle from the top of the panel, units.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) at: f64,
}

/// A population that is to have its name beside the axis.
#[derive(Clone, Debug)]
pub(super) struct Band {
    pub(super) name: String,
    /// Where its middle is, and how high it is.
    pub(super) middle: f64,
    pub(super) height: f64,
}

/// Puts names beside their populations, which come from top to bottom, in a panel of this height.
/// Names that would overlap move apart by a part of a line. Where that is not enough, the smaller
/// population has no name.
pub(super) fn place(bands: Vec<Band>, height: f64) -> Vec<Name> {
    let mut order: Vec<usize> = (0..bands.len()).collect();
    let size = |k: &usize| bands.get(*k).map_or(0.0, |band| band.height);
    order.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let middles = |all: &[usize]| -> Vec<f64> { all.iter().filter_map(|k| Some(bands.get(*k)?.middle)).collect() };
    let mut named: Vec<usize> = Vec::new();
    for k in order {
        let at = named.partition_point(|other| *other < k);
        named.insert(at, k);
        let wanted = middles(&named);
        let is_beside = |(at, middle): (&f64, &f64)| (at - middle).abs() <= MOST && (-0.5..=height + 0.5).contains(at);
        if !spread(&wanted, height).iter().zip(&wanted).all(is_beside) {
            named.remove(at);
        }
    }
    let places = spread(&middles(&named), height);
    let name = |(k, at): (usize, f64)| Some(Name { text: bands.get(k)?.name.clone(), at });
    named.into_iter().zip(places).filter_map(name).collect()
}

/// The places nearest to the middles that are a line apart: names that would overlap are a block
/// around the mean of their middles.
fn spread(middles: &[f64], height: f64) -> Vec<f64> {
    // Blocks: the number of names, and the sum of their middles.
    let mut blocks: Vec<(usize, f64)> = Vec::new();
    let half = |names: usize| names as f64 * APART / 2.0;
    let at = |(names, sum): (usize, f64)| {
        // The outer names may stand at the ends of the panel.
        let reach = half(names) - APART / 2.0;
        let mean = sum / names as f64;
        if 2.0 * reach < height { mean.clamp(reach, height - reach) } else { height / 2.0 }
    };
    for middle in middles {
        let mut block = (1, *middle);
        while let Some(before) = blocks.pop() {
            if at(before) + half(before.0) <= at(block) - half(block.0) + 1e-9 {
                blocks.push(before);
                break;
            }
            block = (block.0 + before.0, block.1 + before.1);
        }
        blocks.push(block);
    }
    let of_block = |block: (usize, f64)| {
        let first = at(block) - half(block.0) + APART / 2.0;
        (0..block.0).map(move |k| first + k as f64 * APART)
    };
    blocks.into_iter().flat_map(of_block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(sizes: &[f64], height: f64) -> Vec<Name> {
        let (all, mut from) = (sizes.iter().sum::<f64>(), 0.0);
        let band = |(k, size): (usize, &f64)| {
            let middle = (from + size / 2.0) / all * height;
            from += size;
            Band { name: k.to_string(), middle, height: size / all * height }
        };
        place(sizes.iter().enumerate().map(band).collect(), height)
    }

    fn are_apart(names: &[Name], height: f64) -> bool {
        let apart = names.windows(2).all(|pair| pair[1].at - pair[0].at >= APART - 1e-6);
        apart && names.iter().all(|name| (-0.5..=height + 0.5).contains(&name.at))
    }

    #[test]
    fn names_with_room_stand_in_the_middle() {
        let names = placed(&[80.0, 20.0], 400.0);
        assert_eq!(names.iter().map(|name| name.at).collect::<Vec<_>>(), [160.0, 360.0]);
        assert!(placed(&[], 400.0).is_empty());
        assert_eq!(placed(&[1.0], 10.0).len(), 1);
    }

    /// The populations of Potjans and Diesmann (2014), of which the fifth inhibitory one is small.
    #[test]
    fn names_move_apart_and_the_smallest_go_first() {
        let sizes = [20683.0, 5834.0, 21915.0, 5479.0, 4850.0, 1065.0, 14395.0, 2948.0];
        let all = placed(&sizes, 480.0);
        assert!(all.len() == 8 && are_apart(&all, 480.0), "{all:?}");
        for height in [300.0, 200.0, 150.0, 100.0, 60.0, 20.0, 5.0] {
            let names = placed(&sizes, height);
            assert!(!names.is_empty() && are_apart(&names, height), "{height}: {names:?}");
            assert!(
                names.iter().any(|name| name.text == "2") && (height > 100.0 || names.len() < 8),
                "{height}: {names:?}"
            );
        }
    }

    #[test]
    fn many_names_are_thinned() {
        let names = placed(&[1.0; 1000], 400.0);
        assert!(names.len() > 8 && are_apart(&names, 400.0), "{}", names.len());
    }
}
