//! scratch
use overtime::{*, models::Hh};
use std::time::Instant;
fn main() {
    let mut l = LoopOverTime::builder(Hh::<f64>::new(1).v(Init::Constant(-65.0))).out_vars(["V"]).build().unwrap();
    let r = l.run(Input::steps(1000).constant(10.0)).unwrap();
    for k in [1,2,10,100,1000] { println!("{k} {:.13}", r["V"][[k-1,0]]); }
    fn t<T: Real>(n: usize, steps: u64, rec: bool, out: bool, threads: usize) {
        let mut b = LoopOverTime::builder(Hh::<T>::new(n)).record_output(out).threads(threads);
        if rec { b = b.out_vars(["V"]); }
        let mut l = b.build().unwrap();
        let mut best = f64::MAX;
        for _ in 0..300 { let s = Instant::now(); l.run_steps(steps).unwrap(); best = best.min(s.elapsed().as_secs_f64()); }
        println!("{} n={n} rec={rec} out={out} threads={threads} {:.3} ms  {:.3} ns/neuron-step", T::DTYPE, best*1e3, best*1e9/(n as f64*steps as f64));
    }
    for _ in 0..3 { t::<f32>(1024,200,false,false,1); }
    t::<f32>(1,200,false,false,1); t::<f64>(1024,200,false,false,1);
}
