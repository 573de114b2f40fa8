//! The nearest known name to a misspelt one.

/// Returns the name of `known` that is nearest to `name`, if one is near. A near name is equal up to
/// case and separators, or differs in a few letters. A name with other digits is not near, because
/// it belongs to another layer or channel.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // No model has a longer name, and the comparison would take long.
    if name.len() > 64 {
        return None;
    }
    let given: Vec<char> = folded(name).chars().collect();
    let far = given.len() / 3;
    let digits = |letters: &[char]| letters.iter().copied().filter(char::is_ascii_digit).collect::<Vec<_>>();
    let own = digits(&given);
    let all = known.into_iter().filter(|other| other.len() <= 64).map(|other| {
        let letters: Vec<char> = folded(other).chars().collect();
        (digits(&letters) == own).then(|| (distance(&given, &letters), other))
    });
    let all = all.flatten();
    // Among equally near names the first one is returned.
    all.filter(|(distance, _)| *distance <= far && *distance < given.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// A name without its case, and without `_`, `-`, `.` and spaces.
pub(crate) fn folded(name: &str) -> String {
    name.chars().filter(|c| !['_', '-', '.', ' '].contains(c)).flat_map(char::to_lowercase).collect()
}

/// The number of insertions, deletions and changes of letters that turn one name into the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (y, above) in b.iter().zip(row.iter_mut().skip(1)) {
            let here = (diagonal + usize::from(x != y)).min(left + 1).min(*above + 1);
            diagonal = *above;
            *above = here;
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_levenshtein() {
        for (a, b, expected) in
            [("", "", 0), ("abc", "", 3), ("", "ab", 2), ("kitten", "sitting", 3), ("flaw", "lawn", 2)]
        {
            let [a, b] = [a, b].map(|s| s.chars().collect::<Vec<_>>());
            assert_eq!(distance(&a, &b), expected);
        }
    }

    #[test]
    fn the_nearest_name_is_found() {
        assert_eq!((nearest("l2.Wi", ["l0.Wi", "l1.Wi"]), nearest("l1.wi", ["l0.Wi", "l1.Wi"])), (None, Some("l1.Wi")));
        let known = ["AdExIF", "ExpIF", "gL", "gNa", "V_th"];
        for (name, expected) in
            [("adexi", Some("AdExIF")), ("expif", Some("ExpIF")), ("gl", Some("gL")), ("vth", Some("V_th"))]
        {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
        assert_eq!((nearest("", known), nearest("gx", known), nearest("Izhikevich", known)), (None, None, None));
        assert_eq!(nearest(&"x".repeat(100_000), known), None);
    }
}
