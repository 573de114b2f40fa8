//! Results and spikes as text.

use crate::support::Place;

/// The header of a file, and its numbers.
fn table(place: &Place, name: &str) -> (String, Vec<Vec<f64>>) {
    let text = std::fs::read_to_string(place.path(name)).unwrap();
    let mut lines = text.lines();
    let header = lines.next().unwrap().to_owned();
    (header, lines.map(|line| line.split(',').map(|field| field.parse().unwrap()).collect()).collect())
}

#[test]
fn traces_are_columns() {
    let place = Place::new();
    for dtype in ["f32", "f64"] {
        let run = format!("run hh --size 3 --input 10 --steps 50 --out-vars V[0,2],m --dtype {dtype} --quiet --out");
        place.ok(&format!("{run} a.csv"));
        place.ok(&format!("{run} a.npz"));
        let (header, lines) = table(&place, "a.csv");
        assert_eq!(header, "ts,V[0],V[2],m[0],m[1],m[2]");
        let a = place.read("a.npz");
        assert_eq!(lines.len(), 50);
        for (step, line) in lines.iter().enumerate() {
            let numbers = [a["ts"][step], a["V"][[step, 0]], a["V"][[step, 1]], a["m"][[step, 0]], a["m"][[step, 2]]];
            let read = [line[0], line[1], line[2], line[3], line[5]];
            // The digits of a number of f32 distinguish it from its neighbours.
            let same = |a: f64, b: f64| if dtype == "f32" { a as f32 == b as f32 } else { a == b };
            assert!(numbers.iter().zip(read).all(|(a, b)| same(*a, b)), "{dtype} {step}: {numbers:?} {read:?}");
        }
    }
}

#[test]
fn columns_of_batches_outputs_and_no_steps() {
    let place = Place::new();
    place.ok("run hh --size 2 --batch 2 --steps 4 --first-axis B --out-vars V --out a.csv --quiet");
    let (header, lines) = {
        let text = std::fs::read_to_string(place.path("a.csv")).unwrap();
        let (header, rest) = text.split_once('\n').unwrap();
        (header.to_owned(), rest.lines().count())
    };
    assert_eq!(header, "ts,\"V[0,0]\",\"V[0,1]\",\"V[1,0]\",\"V[1,1]\"");
    assert_eq!(lines, 4);
    place.ok("run hh --size 2 --steps 4 --record-every 2 --out a.csv --quiet");
    assert_eq!(
        table(&place, "a.csv"),
        ("ts,output[0],output[1]".into(), vec![vec![0.0, 0.0, 0.0], vec![0.2, 0.0, 0.0]])
    );
    place.ok("run hh --size 2 --steps 0 --out-vars V --out a.csv --quiet");
    assert_eq!(table(&place, "a.csv"), ("ts,V[0],V[1]".into(), vec![]));
}

#[test]
fn spikes_are_lines_in_the_order_of_time() {
    let place = Place::new();
    place.ok("run hh --size 5 --input 10 --duration 100 --spikes s.csv --quiet");
    place.ok("run hh --size 5 --input 10 --duration 100 --spikes s.npz --quiet");
    let (header, lines) = table(&place, "s.csv");
    let s = place.read("s.npz");
    assert_eq!(header, "time_ms,neuron");
    assert!(lines.len() > 10);
    let column = |k: usize| lines.iter().map(|line| line[k]).collect::<Vec<_>>();
    assert_eq!(column(0), s["spikes/HH/timestamps"].iter().copied().collect::<Vec<_>>());
    assert_eq!(column(1), s["spikes/HH/node_ids"].iter().copied().collect::<Vec<_>>());
    place.ok("run hh --size 2 --batch 3 --input 10 --duration 50 --spikes s.csv --quiet");
    assert_eq!(table(&place, "s.csv").0, "time_ms,row,neuron");

    let group = |name: &str| format!("[[group]]\nname = '{name}'\nkind = 'LIF'\nsize = 3\ncurrent = 30.0\n");
    place.write("n.toml", format!("duration = 300.0\n{}{}", group("A"), group("B")));
    place.ok("run n.toml --spikes s.csv --checkpoint c.safetensors --checkpoint-every 100 --quiet");
    let text = std::fs::read_to_string(place.path("s.csv")).unwrap();
    assert!(text.starts_with("time_ms,group,neuron\n"), "{text}");
    let times: Vec<f64> = text.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert!(times.len() > 20 && times.is_sorted(), "{text}");
    let of = |name: &str| text.lines().filter(|line| line.split(',').nth(1) == Some(name)).count();
    assert!(of("A") == of("B") && of("A") + of("B") == times.len(), "{text}");
    // No folder of parts is left.
    assert!(!place.path("s.csv.parts").exists());
}

#[test]
fn texts_that_cannot_be_are_refused() {
    let place = Place::new();
    assert!(place.fails(2, "run hh --steps 5 --out a.csv --stream").contains("--stream makes an .npz"));
    let err = place.fails(2, "run hh --steps 5 --out a.csv --out-vars spike:events");
    assert!(err.contains("--spikes") && err.contains("spike:events"), "{err}");
    let err = place.fails(2, "run hh --steps 5 --out a.csv --out-vars V,spike:bits");
    assert!(err.contains("without `:bits`") && err.contains("--out FILE.npz"), "{err}");
    assert!(place.fails(2, "run hh --steps 5 --out a.txt").contains(".csv"));
    assert!(place.fails(2, "run hh --steps 5 --spikes a.txt").contains(".csv"));
    place.fails(5, "run hh --steps 5 --out gone/a.csv");
    assert!(!place.path("a.csv").exists());
}
