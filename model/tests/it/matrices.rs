//! Lists of groups, and projections between lists of populations with matrices.

use overtime_model::network::Connect;
use overtime_model::{ModelFile, Network, SystemSpec, Value};

const GROUPS: &str = "\
[[group]]
name = ['A', 'B', 'C']
kind = 'LIF'
size = [10, 20, 30]
current = [1.0, 2, { file = 'c.npz' }]
noise = 0.5
parameters = { tau = [10.0, 20.0, 30.0], tau_ref = 2.0 }
initial = { V = [{ normal = [-60.0, 5.0] }, -55.0, { uniform = [-60.0, -50.0] }] }
[[group.receptor]]
name = 's'
tau = 0.5
[[group.poisson]]
receptor = 's'
rate = [100.0, 200.0, 300.0]
weight = 2.0
";

fn network(text: &str) -> Network {
    match ModelFile::parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).system {
        SystemSpec::Network(net) => net,
        _ => panic!("no network"),
    }
}

/// The message and the line of the error of this text.
fn error(text: &str) -> (usize, String) {
    let error = ModelFile::parse(text).expect_err(text);
    (error.line, error.message)
}

#[test]
fn a_list_of_names_makes_several_groups() {
    let several = network(GROUPS);
    let one = |name: &str, size: u64, current: &str, tau: f64, v: &str, rate: f64| {
        format!(
            "[[group]]\nname = '{name}'\nkind = 'LIF'\nsize = {size}\ncurrent = {current}\nnoise = 0.5\n\
             parameters = {{ tau = {tau:?}, tau_ref = 2.0 }}\ninitial = {{ V = {v} }}\n[[group.receptor]]\nname = 's'\n\
             tau = 0.5\n[[group.poisson]]\nreceptor = 's'\nrate = {rate:?}\nweight = 2.0\n"
        )
    };
    let mut single = network(
        &[
            one("A", 10, "1.0", 10.0, "{ normal = [-60.0, 5.0] }", 100.0),
            one("B", 20, "2", 20.0, "-55.0", 200.0),
            one("C", 30, "{ file = 'c.npz' }", 30.0, "{ uniform = [-60.0, -50.0] }", 300.0),
        ]
        .concat(),
    );
    // The value has the line of its text.
    if let (Some(Value::File { line, .. }), Some(Value::File { line: other, .. })) =
        (&mut single.groups[2].current, &several.groups[2].current)
    {
        assert_eq!(*other, 5);
        *line = *other;
    }
    assert_eq!(several, single);
}

/// Each projection, with its probability, weight and delay.
fn projections(text: &str) -> Vec<(String, f64, Value, f64)> {
    let all = network(&format!("{GROUPS}{text}")).projections;
    let of = |p: overtime_model::network::Projection| match (p.connect, p.delay) {
        (Connect::FixedProb(prob), Value::Number(delay)) => (p.name, prob, p.weight, delay),
        other => panic!("{other:?}"),
    };
    all.into_iter().map(of).collect()
}

#[test]
fn lists_of_populations_make_matrices_of_projections() {
    let number = Value::Number;
    let text = "[[projection]]\nname = 'p'\nfrom = ['A', 'B[2..5]']\nto = ['A.s', 'C[0..9].s', 'B.s']\n\
                connect = { kind = 'fixed_prob', p = [[0.1, 0.2], [0.3, 0.0], [0.5, 0.6]] }\n";
    // A list of values is for each source; a row of one value is for all sources.
    let all = projections(&format!("{text}weight = [1.0, -4.0]\ndelay = [[1.0], [2.0], [3.0]]\n"));
    let right = [
        ("p_A_A".to_owned(), 0.1, number(1.0), 1.0),
        ("p_B_2_5_A".to_owned(), 0.2, number(-4.0), 1.0),
        ("p_A_C_0_9".to_owned(), 0.3, number(1.0), 2.0),
        ("p_A_B".to_owned(), 0.5, number(1.0), 3.0),
        ("p_B_2_5_B".to_owned(), 0.6, number(-4.0), 3.0),
    ];
    assert_eq!(all, right);
    // Distributions are values, and one row is for all targets.
    let all = projections(&format!("{text}weight = [[{{ normal = [1.0, 0.1], min = 0.0 }}, -4]]\n"));
    assert!(all.iter().all(|p| if p.0.starts_with("p_A") { p.2 != number(-4.0) } else { p.2 == number(-4.0) }));
    // A list of one.
    let all = projections(
        "[[projection]]\nname = 'p'\nfrom = 'A'\nto = ['B.s']\nconnect = { kind = 'fixed_prob', p = 0.5 }\n",
    );
    assert_eq!(all, [("p_A_B".to_owned(), 0.5, number(1.0), 0.0)]);
    // Projections onto two receptors of one group have different names.
    let two = GROUPS.replace(
        "tau = 0.5\n[[group.poisson]]",
        "tau = 0.5\n[[group.receptor]]\nname = 'r'\ntau = 5.0\n[[group.poisson]]",
    );
    let all = network(&format!(
        "{two}[[projection]]\nname = 'p'\nfrom = 'A'\nto = ['A.s', 'A.r']\nconnect = {{ kind = 'one_to_one' }}\n"
    ));
    assert_eq!(all.projections.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["p_A_A_s", "p_A_A_r"]);
    // Populations have names.
    let named = "[populations]\nE = 'A[0..8]'\nI = 'A[8..10]'\n";
    let net = network(&format!(
        "{named}{GROUPS}[[projection]]\nname = 'p'\nfrom = ['E', 'I']\nto = ['E.s', 'I.s']\n\
         connect = {{ kind = 'fixed_num_pre', num = [[1, 2], [0, 2]] }}\n"
    ));
    let names: Vec<_> = net.projections.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["p_E_E", "p_I_E", "p_I_I"]);
    net.groups.iter().zip([10, 20, 30]).for_each(|(group, size)| assert_eq!(group.neurons.size, size));
}

#[test]
fn a_total_number_follows_from_a_probability() {
    let net = network(&format!(
        "{GROUPS}[[projection]]\nname = 'p'\nfrom = ['A', 'B']\nto = 'C.s'\n\
         connect = {{ kind = 'fixed_total_number', p = [0.1, 0.9] }}\n"
    ));
    let n = |p: f64, pairs: f64| ((1.0 - p).ln() / (1.0 - 1.0 / pairs).ln()).round() as u64;
    let numbers: Vec<_> = net.projections.iter().map(|p| p.connect.clone()).collect();
    assert_eq!(numbers, [Connect::FixedTotalNumber(n(0.1, 300.0)), Connect::FixedTotalNumber(n(0.9, 600.0))]);
    for (p, part) in [("1.0", "below 1"), ("-0.1", "at least 0"), ("nan", "at least 0"), ("'x'", "must be a number")] {
        let (line, said) = error(&format!(
            "{GROUPS}[[projection]]\nname = 'p'\nfrom = 'A'\nto = 'C.s'\nconnect = {{ kind = 'fixed_total_number', p = {p} }}\n"
        ));
        assert!(line == GROUPS.lines().count() + 5 && said.contains(part), "{p}: {said}");
    }
}

#[test]
fn lists_that_do_not_fit_have_their_line() {
    let (first, rest) = GROUPS.split_at(GROUPS.find("kind").unwrap());
    for (key, message) in [
        ("size = [1, 2]", "`size` needs 3 values, one for each of `name`, not 2"),
        ("size = []", "`size` needs 3 values, one for each of `name`, not 0"),
        ("noise = [[1.0], [2.0], [3.0]]", "`noise` is a list here"),
        ("parameters = { tau = [1.0] }", "`parameters.tau` needs 3 values"),
        ("initial = { V = [1, 2, 3, 4] }", "`initial.V` needs 3 values"),
        ("size = [1, 'x', 3]", "`group.size` must be a whole number, not the string \"x\""),
    ] {
        let text = format!("{first}kind = 'LIF'\n{key}\n");
        let (line, said) = error(&text);
        assert!(line == 4 && said.contains(message), "{key}: {line}: {said}");
    }
    assert_eq!(error("[[group]]\nname = []\nkind = 'LIF'\n"), (2, "`name` has no names".to_owned()));
    assert_eq!(error("[[group]]\nname = ['A', 'A']\nkind = 'LIF'\n"), (2, "two things named `A`".to_owned()));
    let (line, said) = error(&format!("[[group]]\nname = 'A'\n{rest}"));
    assert!(line == 4 && said.starts_with("`size` is a list here; a group has a list of values"), "{said}");

    let projection = "[[projection]]\nname = 'p'\nfrom = ['A', 'B', 'C']\nto = ['A.s', 'B.s']\n";
    let connect = "connect = { kind = 'fixed_prob', p = 0.1 }\n";
    for (key, message) in [
        ("weight = [1, 2]", "`weight` needs 3 values in a row, one for each of `from`, or one for all of them, not 2"),
        (
            "weight = [[1, 2, 3], [1, 2, 3], [1, 2, 3]]",
            "`weight` needs 2 rows, one for each of `to`, or one for all of them, not 3",
        ),
        ("weight = [[1, 2, 3], 4]", "has rows, and a value that is in no row"),
        ("weight = []", "of them, not 0"),
        ("weight = [[], []]", "of them, not 0"),
        ("weight = [[[1]]]", "`weight` is a list here"),
        ("delay = [1, -2, 1]", "`delay` must be a non-negative number, not -2"),
        ("delay = ['x', 1, 1]", "no values named `x`"),
        ("name = ['p', 'q']", "duplicate key"),
    ] {
        let text = format!("{GROUPS}{projection}{connect}{key}\n");
        let (line, said) = error(&text);
        assert!(line == text.lines().count() && said.contains(message), "{key}: {line}: {said}");
    }
    for (text, message) in [
        ("from = []\nto = 'A.s'\n", "`from` has no names"),
        ("from = 'A'\nto = []\n", "`to` has no names"),
        ("from = [['A']]\nto = 'A.s'\n", "`from` is a list here"),
        ("from = ['A', 'A']\nto = 'A.s'\n", "`from` has `A` twice"),
        ("from = ['A[0,3]']\nto = 'A.s'\n", "`A[0,3]` is not a part of a group"),
        ("from = ['A', 'X']\nto = 'A.s'\n", "no group named `X`"),
        ("from = ['A', 'B']\nto = 'A'\n", "GROUP.RECEPTOR"),
        ("from = 'A'\nto = 'B.s'\nweight = [1.0]\n", "`weight` is a list here; a projection has a list"),
        ("from = [1, 2]\nto = 'B.s'\n", "must be a string, not 1"),
    ] {
        let (_, said) = error(&format!("{GROUPS}[[projection]]\nname = 'p'\n{connect}{text}"));
        assert!(said.contains(message), "{text}: {said}");
    }
    let names = (0..10_001).map(|k| format!("'g{k}'")).collect::<Vec<_>>().join(", ");
    let (_, said) = error(&format!("[[group]]\nname = [{names}]\nkind = 'LIF'\nsize = 1\n"));
    assert!(said.contains("more than 10000 groups or projections"), "{said}");
    // A number of projections that no memory holds is refused before they are made.
    let many = vec!["'A'"; 20_000].join(", ");
    let (_, said) = error(&format!("{GROUPS}[[projection]]\nname = 'p'\n{connect}from = [{many}]\nto = 'A.s'\n"));
    assert!(said.contains("more than 10000 groups or projections"), "{said}");
}

/// A small file cannot ask for more memory than there is: what lists share is copied to each group or
/// projection.
#[test]
fn large_values_that_lists_copy_are_refused() {
    let long = "x".repeat(100_000);
    let names = (0..2000).map(|k| format!("'g{k}'")).collect::<Vec<_>>().join(", ");
    let group = format!("[[group]]\nname = [{names}]\nkind = 'LIF'\nsize = 1\n");
    for text in [
        format!("{group}receptor = [{{ name = '{long}', tau = 1 }}]\n"),
        format!("{group}receptor = [{}]\n", vec!["{}"; 2000].join(", ")),
        format!("{group}current = {{ file = '{long}' }}\n"),
        format!(
            "{group}[[projection]]\nname = 'p'\nfrom = ['{long}', 'g1']\nto = [{names}]\n\
             connect = {{ kind = 'one_to_one' }}\n"
        ),
    ] {
        let (_, said) = error(&text);
        assert!(said.contains("lists make too large a network"), "{said}");
    }
    ModelFile::parse(&format!("{group}receptor = [{{ name = 's', tau = 1 }}]\n")).unwrap();
}

/// An error of the library, and of an array, has the line of the table or of the value.
#[test]
fn errors_of_one_of_several_have_their_line() {
    let folder = std::env::temp_dir().join(format!("overtime-matrices-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("net.toml");
    let groups = GROUPS.replace("{ file = 'c.npz' }", "3.0");
    let projection =
        "[[projection]]\nname = 'p'\nfrom = ['A', 'B']\nto = 'A.s'\nconnect = { kind = 'fixed_num_pre', num = 15 }\n";
    std::fs::write(&path, format!("{groups}{projection}")).unwrap();
    let Err(error) = ModelFile::read(&path).unwrap().build::<f64>() else { panic!("15 of 10 sources") };
    let said = error.to_string();
    assert!(said.contains("p_A_A") && said.contains(&format!(":{}:", groups.lines().count() + 2)), "{said}");
    assert_eq!(ModelFile::line_of(&path, "B.current"), Some(5));
    assert_eq!(ModelFile::line_of(&path, "p_B_A.weight"), None);
    assert_eq!(ModelFile::line_of(&path, "p_B_A.num"), Some(groups.lines().count() + 5));
    std::fs::remove_dir_all(&folder).unwrap();
}
