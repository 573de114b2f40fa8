//! The file of results: recordings, clock and element types.

use crate::support::{Place, assert_close};
use ndarray::{Axis, arr0, arr1};
use overtime::states;

#[test]
fn the_file_has_the_recordings_and_the_clock() {
    let place = Place::new();
    place.ok("run hh --size 3 --input 8 --duration 20 --t0 5 --dtype f64 --out-vars V,m[2,0],spike:events --out a.npz --quiet");
    let a = place.read("a.npz");
    let names: Vec<&str> = a.keys().map(String::as_str).collect();
    assert_eq!(names, ["V", "i", "m", "output", "spike_row", "spike_step", "spike_unit", "t", "ts"]);
    assert_eq!((a["V"].shape(), a["output"].shape(), a["m"].shape()), (&[200, 3][..], &[200, 3][..], &[200, 2][..]));
    let ts: Vec<f64> = (0..200).map(|k| 5.0 + f64::from(k) * 0.1).collect();
    assert_close(&a["ts"], &arr1(&ts).into_dyn(), 0.0, "ts");
    assert_close(&a["t"], &arr0(5.0 + 200.0 * 0.1).into_dyn(), 1e-12, "t");
    assert_close(&a["i"], &arr0(200.0).into_dyn(), 0.0, "i");
    // The events and the dense output have the same spikes.
    let dense: Vec<(usize, usize)> =
        a["output"].indexed_iter().filter(|(_, x)| **x != 0.0).map(|(at, _)| (at[0], at[1])).collect();
    let events: Vec<(usize, usize)> =
        a["spike_step"].iter().zip(&a["spike_unit"]).map(|(s, u)| (*s as usize, *u as usize)).collect();
    assert!(!dense.is_empty());
    assert_eq!(dense, events);
    // The safetensors file has the same contents.
    place.ok("run hh --size 3 --input 8 --duration 20 --t0 5 --dtype f64 --out-vars V,m[2,0],spike:events --out a.safetensors --quiet");
    let file = states::read(place.path("a.safetensors")).unwrap();
    for (name, array) in &a {
        assert_close(&file.get(name).unwrap().to_array::<f64>().unwrap(), array, 0.0, name);
    }
}

/// The bytes of an array of bits as flags, `[steps, rows, units]`, flat.
fn flags(bytes: &ndarray::ArrayD<f64>, units: usize) -> Vec<bool> {
    let rows = bytes.rows().into_iter();
    rows.flat_map(|row| (0..units).map(|k| row[k / 8] as u8 >> (k % 8) & 1 == 1).collect::<Vec<_>>()).collect()
}

#[test]
fn bits_are_bytes_with_the_number_of_units() {
    let place = Place::new();
    let run = "run hh --size 11 --input 9 --steps 900 --batch 2 --record-every 3";
    place.ok(&format!("{run} --out-vars spike:bits,below[9,3,3..8]:bits --out a.npz --quiet"));
    place.ok(&format!("{run} --out-vars spike,below[9,3,3..8] --out b.npz --quiet"));
    let headers = overtime_npz::headers(place.path("a.npz")).unwrap();
    let of = |name: &str| headers.iter().find(|e| e.name == name).map(|e| (e.dtype.clone(), e.shape.clone()));
    assert_eq!(of("spike_bits"), Some(("u8".to_owned(), vec![300, 2, 2])));
    assert_eq!(of("below_bits"), Some(("u8".to_owned(), vec![300, 2, 1])));
    assert_eq!(of("spike_units"), Some(("u64".to_owned(), vec![])));
    assert_eq!((of("spike"), of("below")), (None, None));
    let (a, b) = (place.read("a.npz"), place.read("b.npz"));
    for (name, units) in [("spike", 11), ("below", 7)] {
        assert_eq!(a[&format!("{name}_units")].first(), Some(&(units as f64)));
        let values: Vec<bool> = b[name].iter().map(|x| *x != 0.0).collect();
        assert!(values.iter().any(|x| *x) && !values.iter().all(|x| *x), "{name}");
        assert_eq!(flags(&a[&format!("{name}_bits")], units), values, "{name}");
    }
    // Other files and layouts have the same bits.
    for other in ["--out c.safetensors", "--first-axis B --out d.npz", "--first-axis B --out e.safetensors"] {
        place.ok(&format!("{run} --out-vars spike:bits --quiet {other}"));
    }
    let turned = a["spike_bits"].clone().permuted_axes(vec![1, 0, 2]).as_standard_layout().into_owned();
    let (d, c) = (place.read("d.npz"), states::read(place.path("c.safetensors")).unwrap());
    let e = states::read(place.path("e.safetensors")).unwrap();
    assert_eq!(d["spike_bits"], turned);
    assert_eq!(c.get("spike_bits").unwrap().to_array::<f64>().unwrap(), a["spike_bits"]);
    assert_eq!(e.get("spike_bits").unwrap().to_array::<f64>().unwrap(), turned);
    assert_eq!(e.get("spike_units").unwrap().to_array::<f64>().unwrap().first(), Some(&11.0));
    let said = place.fails(2, &format!("{run} --out-vars spike:bit --out a.npz"));
    assert!(said.contains("no suffix named `bit` (did you mean `bits`?)"), "{said}");
}

#[test]
fn steps_seed_dt_method_and_record_every() {
    let place = Place::new();
    place.ok(
        "run hh --size 2 --steps 30 --dt 0.05 --method rk4 --seed 4 --record-every 7 --out-vars V --out a.npz --quiet",
    );
    place.ok("run hh --size 2 --steps 30 --dt 0.05 --method rk4 --seed 4 --out-vars V --out b.npz --quiet");
    place.ok("run hh --size 2 --steps 30 --dt 0.05 --method rk4 --seed 5 --out-vars V --out c.npz --quiet");
    let [a, b, c] = ["a.npz", "b.npz", "c.npz"].map(|f| place.read(f));
    assert_eq!(a["V"].shape(), [5, 2]);
    assert_close(&a["V"], &b["V"].select(Axis(0), &[0, 7, 14, 21, 28]), 0.0, "every 7th");
    assert_close(&a["ts"], &b["ts"].select(Axis(0), &[0, 7, 14, 21, 28]), 0.0, "ts");
    assert_ne!(b["V"], c["V"]);
    // A run of no steps has arrays of length 0, and is not an error.
    place.ok("run hh --size 2 --steps 0 --out-vars V --out d.npz --plot d.png --quiet");
    assert_eq!(place.read("d.npz")["V"].shape(), [0, 2]);
}

#[test]
fn every_element_type_of_layers() {
    let place = Place::new();
    place.write("m.toml", "[[layer]]\nname='l1'\nkind='LSTMCellBrainpy'\nnum_in=3\nnum_out=5\n");
    for (dtype, inside) in [("f64", "f64"), ("f32", "f32"), ("f16", "f16"), ("bf16", "f32")] {
        place.ok(&format!("run m.toml --steps 9 --input 0.5 --batch 2 --dtype {dtype} --out-vars l1.h --out {dtype}.npz --save-state s.safetensors --quiet"));
        let header = overtime_npz::headers(place.path(&format!("{dtype}.npz"))).unwrap();
        assert_eq!(
            header.iter().find(|e| e.name == "l1.h").map(|e| (e.dtype.as_str(), e.shape.clone())),
            Some((inside, vec![9, 2, 5]))
        );
        let state = states::read(place.path("s.safetensors")).unwrap();
        assert_eq!(state.get("l1.Wi").unwrap().dtype.name(), dtype);
        // A state file contains names that are not weights. The command refuses it as weights, so
        // that nothing is loaded by mistake.
        place.fails(2, &format!("run m.toml --steps 1 --input 0.5 --batch 2 --dtype {dtype} --weights s.safetensors"));
        place.ok(&format!("run m.toml --steps 1 --input 0.5 --batch 2 --dtype {dtype} --state s.safetensors --quiet"));
    }
    let [f64s, bf16s] = ["f64.npz", "bf16.npz"].map(|f| place.read(f)["l1.h"].clone());
    assert_close(&bf16s, &f64s, 0.02, "bf16");
    assert_ne!(bf16s, f64s);
}
