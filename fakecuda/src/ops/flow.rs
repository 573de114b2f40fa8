//! Branches, barriers, fences and exits.

use super::{Decoded, lanes, touch};
use crate::exec::{Action, Barrier, Gathering, Reduce};
use crate::parse::{Arg, Builder, Error, Statement};

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    Ok(Some(match s.name() {
        "bra" => {
            s.only("uni")?;
            match s.arg(0)? {
                Arg::Name(name) => Action::Branch { to: b.label(name) },
                _ => return s.wrong("a label expected"),
            }
        }
        "brx" => {
            s.only("idx uni")?;
            let Arg::Name(table) = s.arg(1)? else { return s.wrong("a table expected") };
            let to =
                b.code.tables.get(table).cloned().ok_or_else(|| Error::new(s.line, format!("no table '{table}'")))?;
            Action::Table { index: s.row(b, 0)?, to }
        }
        "ret" => {
            s.only("uni")?;
            b.return_action()
        }
        "exit" => Action::Exit,
        "trap" => Action::Fail("a trap".into()),
        "brkpt" => Action::Fail("a breakpoint".into()),
        "nanosleep" => Action::Yield,
        // `setmaxnreg` moves registers between warp groups. Only the requirements of the
        // instruction itself are checked.
        "setmaxnreg" => {
            s.only("inc dec sync aligned")?;
            let row = s.row(b, 0)?;
            let n = b.code.constants.iter().find(|c| c.0 == row).map_or(0, |c| c.1);
            if n % 8 != 0 || !(24..=256).contains(&n) {
                return s.wrong("a multiple of 8 from 24 to 256 expected");
            }
            lanes(|_, _| {})
        }
        // `griddepcontrol` concerns the overlap with the next kernel. Kernels never overlap here.
        "griddepcontrol" => lanes(|_, _| {}),
        "barrier" if s.has("cluster") => {
            s.only("cluster arrive wait aligned release relaxed acquire")?;
            match s.parts[2].as_str() {
                "arrive" => Action::Cluster(Gathering::Arrive { release: !s.has("relaxed") }),
                "wait" => Action::Cluster(Gathering::Wait { acquire: true }),
                _ => return s.not_done(),
            }
        }
        "bar" | "barrier" => return barrier(b, s),
        "membar" => {
            s.only("cta gl sys")?;
            fence(!s.has("cta"))
        }
        "fence" => {
            s.only("sc acq_rel acquire release cta cluster gpu sys proxy async async::global async::shared::cta async::shared::cluster alias tensormap::generic global shared::cta shared::cluster mbarrier_init sync_restrict::shared::cta sync_restrict::shared::cluster")?;
            if s.has("mbarrier_init") {
                touch(|e, _| {
                    e.mbarrier_fence();
                    Ok(())
                })
            } else if s.has("proxy") && s.modifiers().any(|m| m.starts_with("async")) {
                touch(|e, _| {
                    let who = e.who();
                    let clock = &mut e.cluster.clocks[who as usize];
                    clock.fence();
                    clock.tick(who);
                    Ok(())
                })
            } else if s.has("proxy") {
                lanes(|_, _| {})
            } else {
                fence(!s.has("cta"))
            }
        }
        _ => return Ok(None),
    }))
}

/// A fence; with `far`, it orders accesses between blocks too.
fn fence(far: bool) -> Action {
    touch(move |e, _| {
        let who = e.who();
        e.cluster.fence(who);
        if far {
            e.view().fence();
        }
        Ok(())
    })
}

fn barrier(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("cta sync arrive red warp popc and or aligned")?;
    if s.has("warp") {
        let members = Some(s.row(b, 0)?);
        let run = Box::new(|e: &mut crate::exec::Exec<'_>, mask| {
            e.sync_warp(mask);
            Ok(())
        });
        return Ok(Some(Action::Together { members, run }));
    }
    if s.has("red") {
        let reduce = if s.has("popc") {
            Reduce::Count
        } else if s.has("and") {
            Reduce::All
        } else {
            Reduce::Any
        };
        let to = if reduce == Reduce::Count { s.row(b, 0)? } else { s.pred_of(b, s.arg(0)?)? };
        let last = s.args.len() - 1;
        let (p, negated) = s.pred(last)?;
        let threads = if last == 3 { Some(s.row(b, 2)?) } else { None };
        return Ok(Some(Action::Barrier(Barrier {
            id: s.row(b, 1)?,
            threads,
            wait: true,
            vote: Some((reduce, p, negated, to)),
        })));
    }
    let threads = if s.args.len() > 1 { Some(s.row(b, 1)?) } else { None };
    Ok(Some(Action::Barrier(Barrier { id: s.row(b, 0)?, threads, wait: !s.has("arrive"), vote: None })))
}
