//! Pictures: they can be decoded, have the expected size, and are not blank.

use crate::support::Place;
use std::fs::File;
use std::io::BufReader;

/// The width, the height, and the share of pixels that are not white.
fn png(place: &Place, name: &str) -> (u32, u32, f64) {
    let mut reader = png::Decoder::new(BufReader::new(File::open(place.path(name)).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let dark = pixels.chunks_exact(3).filter(|p| p.iter().any(|c| *c < 250)).count();
    (info.width, info.height, dark as f64 / f64::from(info.width * info.height))
}

#[test]
fn a_picture_of_a_neuron_is_not_blank() {
    let place = Place::new();
    place.ok("run hh --input 5 --duration 100 --out-vars V --out hh.npz --plot hh.png --quiet");
    let (width, height, dark) = png(&place, "hh.png");
    assert!(width == 1600 && height == 1000 && (0.01..0.3).contains(&dark), "{width} {height} {dark}");
    // The file does not contain the data that only the picture needs.
    assert_eq!(place.read("hh.npz").len(), 5);
    place.ok("run hh --input 5 --duration 100 --plot hh.svg --quiet");
    let svg = std::fs::read_to_string(place.path("hh.svg")).unwrap();
    for text in ["<svg", "V (mV)", "I (µA/cm²)", "time (ms)", "Hodgkin-Huxley neuron", "</svg>"] {
        assert!(svg.contains(text), "{text}");
    }
}

#[test]
fn many_neurons_batches_noise_series_and_layers() {
    let place = Place::new();
    place.npz("x.npz", &[("in", ndarray::ArrayD::from_elem(vec![300, 2, 30], 7.0))]);
    place.write(
        "m.toml",
        "title = 'A <b> & title'\n[[layer]]\nname='l1'\nkind='LSTMCellBrainpy'\nnum_in=3\nnum_out=40\n[[layer]]\nname='l2'\nkind='tanh'\n",
    );
    for (k, run) in [
        "run hh --size 30 --input 6 --duration 60 --out-vars m,h",
        "run hh --size 30 --input x.npz",
        "run lif --size 3 --input 30 --duration 60 --batch 4",
        "run m.toml --steps 200 --input 1 --out-vars l1.h,l1.c",
        "run m.toml --steps 50 --input 1 --batch 4 --first-axis B --record-every 5",
        "run hh --duration 2000 --input 10",
        "run hh --size 0 --steps 5",
        "run hh --steps 0",
        "run hh --steps 1",
    ]
    .into_iter()
    .enumerate()
    {
        place.ok(&format!("{run} --plot {k}.png --quiet"));
        let (width, height, dark) = png(&place, &format!("{k}.png"));
        assert!(width == 1600 && height == 1000 && dark > 0.001 && dark < 0.5, "{run}: {dark}");
    }
    place.ok("run m.toml --steps 20 --input 1 --plot m.svg --quiet");
    assert!(std::fs::read_to_string(place.path("m.svg")).unwrap().contains("A &lt;b&gt; &amp; title"));
}
