//! The progress callback of a single run. The module `cuda` includes these tests for a GPU.

use overtime::models::{Activation, Dense, Hh};
use overtime::runner::func;
use overtime::{Error, Input, LoopOverTime, Recording, Result, System};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::thread;

/// Loops of neurons with many short chunks, without and with threads of their own.
fn loops() -> Option<Vec<LoopOverTime<f32, Hh<f32>>>> {
    let device = super::device()?;
    let build = || LoopOverTime::builder(Hh::<f32>::new(33).noise(1.0)).seed(3).device(device).chunk(7).out_vars("V");
    Some(vec![build().build().unwrap(), build().threads(2).build().unwrap()])
}

fn input() -> Input<'static, f32> {
    Input::steps(100).constant(10.0)
}

fn bits(run: &Recording<f32>) -> Vec<u32> {
    run["V"].iter().map(|v| v.to_bits()).collect()
}

/// The callback borrows a local variable that is not `Send`, and runs on the calling thread.
#[test]
fn the_callback_of_a_run_is_called_on_the_calling_thread() {
    let Some(loops) = loops() else { return };
    for mut over_time in loops {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let own = Rc::clone(&seen);
        let with = over_time
            .with_progress(|done, all| {
                own.borrow_mut().push((thread::current().id(), done, all));
                true
            })
            .run(input())
            .unwrap();
        let seen = seen.borrow();
        assert!(seen.len() >= 100 / 7 && seen.iter().all(|(id, _, all)| *id == thread::current().id() && *all == 100));
        assert!(seen.windows(2).all(|w| w[0].1 < w[1].1) && seen.last().is_some_and(|(_, done, _)| *done == 100));
        over_time.reset_state(None).unwrap();
        assert_eq!(bits(&with), bits(&over_time.run(input()).unwrap()), "a callback changes no bit");
    }
}

/// The builder's callback runs on the calling thread too, even if the loop has threads of its own.
#[test]
fn the_builders_callback_is_called_on_the_calling_thread() {
    let Some(device) = super::device() else { return };
    let (send, receive) = std::sync::mpsc::channel();
    let build = LoopOverTime::builder(Hh::<f32>::new(33)).device(device).threads(2).chunk(7);
    let mut over_time = build.progress(move |_, _| send.send(thread::current().id()).is_ok()).build().unwrap();
    over_time.run(input()).unwrap();
    let mut by_given = 0;
    let mut count = |_, _| {
        by_given += 1;
        true
    };
    let before: Vec<_> = receive.try_iter().collect();
    assert!(!before.is_empty() && before.iter().all(|id| *id == thread::current().id()));
    over_time.with_progress(&mut count).run(input()).unwrap();
    assert_eq!(receive.try_iter().count(), 0, "the callback of the run takes the place of the builder's");
    assert!(by_given > 0);
    over_time.run(input()).unwrap();
    assert!(receive.try_iter().count() > 0, "and only for that run");
}

#[test]
fn a_callback_stops_its_run_between_two_chunks() {
    let Some(loops) = loops() else { return };
    for mut over_time in loops {
        let stopped = over_time.with_progress(|done, _| done < 20).run(input());
        let Err(Error::Cancelled { done, steps: 100 }) = stopped else { panic!("{stopped:?}") };
        assert!((20..100).contains(&done) && over_time.i() == done);
        let rest = over_time.run(Input::steps(100 - done).constant(10.0)).unwrap();
        over_time.reset_state(None).unwrap();
        let whole = over_time.run(input()).unwrap();
        assert_eq!(bits(&rest), bits(&whole)[done as usize * 33..]);
    }
}

/// A panic reaches the caller as it is. The loop stands at the end of a chunk and can continue.
#[test]
fn a_panic_of_a_callback_reaches_the_caller() {
    let Some(loops) = loops() else { return };
    for mut over_time in loops {
        let run = AssertUnwindSafe(|| {
            let mut with = over_time.with_progress(|done, _| if done >= 20 { panic!("stop at {done}") } else { true });
            with.run(input()).map(|_| ())
        });
        let panic = catch_unwind(run).unwrap_err();
        let done = over_time.i();
        assert_eq!(panic.downcast_ref::<String>(), Some(&format!("stop at {done}")));
        let rest = over_time.run(Input::steps(100 - done).constant(10.0)).unwrap();
        over_time.reset_state(None).unwrap();
        assert_eq!(bits(&rest), bits(&over_time.run(input()).unwrap())[done as usize * 33..]);
    }
}

#[test]
fn a_run_in_parts_reports_the_steps_of_the_whole() {
    let Some(loops) = loops() else { return };
    for mut over_time in loops {
        let (mut seen, mut parts) = (Vec::new(), 0);
        let made = over_time
            .with_progress(|done, all| {
                seen.push((done, all));
                true
            })
            .run_in_parts(input(), 30, |_| -> Result<()> {
                parts += 1;
                Ok(())
            });
        assert_eq!((made.unwrap(), parts), (100, 4));
        assert!(seen.windows(2).all(|w| w[0].0 < w[1].0) && seen.iter().all(|(_, all)| *all == 100));
        assert_eq!(seen.last(), Some(&(100, 100)));
        let stopped = over_time.with_progress(|done, _| done < 50).run_in_parts(input(), 30, |_| Ok(()));
        assert!(matches!(stopped, Err(Error::Cancelled { done: 50.., steps: 100 })));
    }
}

#[test]
fn a_runner_takes_a_callback_for_a_run() {
    let Some(device) = super::device() else { return };
    let build = LoopOverTime::builder(Hh::<f32>::new(3)).device(device).chunk(7);
    let mut runner = build.runner().input("x", func(|_| 10.0)).monitor("V").build().unwrap();
    let mut last = None;
    let mut with = runner.with_progress(|done, all| {
        last = Some((thread::current().id(), done, all));
        done < 300
    });
    assert!(with.run_steps(200).is_ok());
    assert!(matches!(with.run(40.0), Err(Error::Cancelled { done: 300.., steps: 400 })));
    drop(with);
    assert!(last.is_some_and(|(id, ..)| id == thread::current().id()));
    assert!(runner.with_progress(|_, _| true).run(-1.0).is_err());
}

/// A run without a step calls nothing; a run of a stateless system, which is one chunk, calls once.
#[test]
fn a_callback_is_called_once_a_chunk() {
    let Some(device) = super::device() else { return };
    fn calls<S: System<f32>>(over_time: &mut LoopOverTime<f32, S>, steps: usize) -> Vec<(u64, u64)> {
        let mut calls = Vec::new();
        let x = ndarray::Array2::<f32>::zeros((steps, 3));
        over_time
            .with_progress(|done, all| {
                calls.push((done, all));
                done < 2
            })
            .run(&x)
            .unwrap();
        calls
    }
    let mut stateless = LoopOverTime::builder(Activation::Relu.layer([3])).device(device).build().unwrap();
    let mut dense = LoopOverTime::builder(Dense::<f32>::new(3, 2)).device(device).build().unwrap();
    let mut neurons = LoopOverTime::builder(Hh::<f32>::new(3)).device(device).build().unwrap();
    assert_eq!((calls(&mut stateless, 5), calls(&mut dense, 5)), (vec![(5, 5)], vec![(5, 5)]));
    assert_eq!((calls(&mut neurons, 0), calls(&mut stateless, 0)), (vec![], vec![]));
}
