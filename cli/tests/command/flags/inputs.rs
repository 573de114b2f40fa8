//! Inputs from files of every kind and layout.

use crate::support::{Place, assert_close};
use ndarray::{ArrayD, Axis};
use overtime::states;

fn ramp(shape: &[usize]) -> ArrayD<f64> {
    let len: usize = shape.iter().product();
    ArrayD::from_shape_vec(shape, (0..len).map(|k| (k % 11) as f64).collect()).unwrap()
}

#[test]
fn input_from_every_kind_of_file_and_layout() {
    let place = Place::new();
    let x = ramp(&[12, 3]);
    place.npz("one.npz", &[("whatever", x.clone())]);
    place.npz("in.npz", &[("other", ramp(&[1])), ("in", x.clone())]);
    place.npz("two.npz", &[("a", x.clone()), ("b", x.clone())]);
    place.npz("line.npz", &[("in", ramp(&[12]))]);
    place.npz("wide.npz", &[("in", x.view().insert_axis(Axis(1)).to_owned())]);
    let mut file = states::File::default();
    file.tensors.push(("in".into(), states::Tensor::from_array(x.view())));
    states::write(place.path("in.safetensors"), &file).unwrap();
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    let header = format!("{:<117}\n", "{'descr': '<f8', 'fortran_order': False, 'shape': (12, 3), }");
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.bytes());
    npy.extend(x.iter().flat_map(|v| v.to_le_bytes()));
    place.write("in.npy", npy);
    place.ok("run hh --size 3 --input one.npz --out-vars input --dtype f64 --out ref.npz --quiet");
    let reference = place.read("ref.npz");
    assert_close(&reference["input"], &x, 0.0, "input");
    for file in ["in.npz", "in.safetensors", "in.npy"] {
        place.ok(&format!("run hh --size 3 --input {file} --out-vars input --dtype f64 --out a.npz --quiet"));
        assert_eq!(place.read("a.npz"), reference, "{file}");
    }
    assert!(place.fails(2, "run hh --size 3 --input two.npz").contains("a, b"));
    // One value for each step, which all units share; and a batch of one row, which the input's
    // shape shows.
    place.ok("run hh --size 3 --input line.npz --batch 2 --out-vars input --dtype f64 --out a.npz --quiet");
    assert_eq!(place.read("a.npz")["input"].shape(), [12, 2, 3]);
    place.ok("run hh --size 3 --input wide.npz --out-vars input --out a.npz --quiet");
    assert_eq!(place.read("a.npz")["input"].shape(), [12, 1, 3]);
    // The input is batch-major.
    place.npz("b.npz", &[("in", ramp(&[2, 12, 3]))]);
    place.ok("run hh --size 3 --input b.npz --first-axis B --out-vars input --dtype f64 --out a.npz --quiet");
    assert_close(&place.read("a.npz")["input"], &ramp(&[2, 12, 3]), 0.0, "batch-major");
    // A length may be given as well, if it equals the input's.
    place.ok("run hh --size 3 --input one.npz --steps 12 --quiet");
    assert!(place.fails(2, "run hh --size 3 --input one.npz --steps 13").contains("length 12, expected 13"));
    // A negative number is a value, and not a flag.
    place.ok("run hh --steps 3 --input -2.5 --out-vars input --out a.npz --quiet");
    assert_close(&place.read("a.npz")["input"], &ArrayD::from_elem(vec![3, 1], -2.5), 0.0, "negative");
}
