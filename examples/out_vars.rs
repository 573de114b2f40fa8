//! The recordings of a run: one variable, a list, a nested map; a part of the units; every k-th
//! step; spikes as events and as bits.

use overtime::models::Hh;
use overtime::{Input, LoopOverTime, OutVars, Recorded, Result, Structure, monitor};

fn show(name: &str, tree: &Structure<&Recorded<f32>>, depth: usize) {
    let indent = "  ".repeat(depth);
    match tree {
        Structure::Leaf(Recorded::Dense(array)) => println!("{indent}{name}: {:?}", array.shape()),
        Structure::Leaf(Recorded::Events(events)) => println!("{indent}{name}: {} events", events.len()),
        Structure::Leaf(Recorded::Bits(bits)) => println!("{indent}{name}: {} of {:?}", bits.count(), bits.shape()),
        Structure::List(list) => {
            list.iter().enumerate().for_each(|(k, tree)| show(&format!("{name}[{k}]"), tree, depth))
        }
        Structure::Map(map) => {
            println!("{indent}{name}");
            map.iter().for_each(|(name, tree)| show(name, tree, depth + 1));
        }
    }
}

fn main() -> Result<()> {
    let structures: [(&str, OutVars); 3] = [
        ("one", "V".into()),
        ("a list", ["V", "spike"].into()),
        (
            "a map",
            OutVars::map([
                ("gates", ["m", "h", "n"].into()),
                ("three cells", monitor("V").units([0, 17, 99]).named("V3").into()),
                ("a point every ms", monitor("V").every(10).into()),
                ("spikes", monitor("spike").events().into()),
                ("raster", monitor("spike").bits().named("raster").into()),
            ]),
        ),
    ];
    for (name, structure) in structures {
        let mut over_time = LoopOverTime::builder(Hh::<f32>::new(100)).seed(7).out_vars(structure).build()?;
        let run = over_time.run(Input::duration(50.0).constant(8.0))?;
        if let Some(tree) = run.out_vars() {
            show(name, &tree, 0);
        }
        if let Ok(events) = run.events("spike") {
            let first: Vec<_> = events.step.iter().zip(&events.unit).take(5).collect();
            println!("the first spikes, as (step, cell): {first:?}");
        }
    }
    Ok(())
}
