//! The choice of a tier, for well-known shapes and for every shape.

use super::*;

const H100: DeviceLimits = DeviceLimits { capability: 90, sms: 132, shared: 227 << 10, room: Room::UNKNOWN };
const CELLS: [(&str, &[usize], usize); 4] =
    [("rnn", &[1], 1), ("gru", &[2, 1], 1), ("gru torch", &[3], 1), ("lstm", &[4], 2)];
const TYPES: [(DType, usize, usize); 4] =
    [(DType::F64, 8, 8), (DType::F32, 4, 4), (DType::F16, 2, 4), (DType::Bf16, 2, 4)];

fn facts(cell: usize, dtype: usize, hidden: usize, batch: usize) -> CellShape {
    let ((_, phases, states), (_, element, acc)) = (CELLS[cell], TYPES[dtype]);
    CellShape { phases, states, hidden, batch, element, acc }
}

#[test]
fn cluster_and_grid_fit_larger_cells_than_block() {
    for (dtype, (of, ..)) in TYPES.iter().enumerate() {
        for (cell, (name, ..)) in CELLS.iter().enumerate() {
            let most = |tier| {
                let can = |hidden: &usize| {
                    choose(facts(cell, dtype, *hidden, 16), *of, Products::Fast, &H100, Strategy::Auto, Some(tier))
                        .is_some()
                };
                (1..=56).rev().map(|n| n * 64).find(can).unwrap_or(0)
            };
            let [block, cluster, grid] = [Tier::Block, Tier::Cluster, Tier::Grid].map(most);
            println!("{:?} {name}: block {block}, cluster {cluster}, grid {grid}", of);
            assert!(block < cluster && cluster < grid);
        }
    }
}

#[test]
fn well_known_shapes_have_the_expected_tiers() {
    for (cell, dtype, hidden, batch, tier) in [
        (3, 3, 768, 16, Tier::Grid),
        (1, 3, 768, 16, Tier::Grid),
        (0, 3, 768, 16, Tier::Grid),
        (3, 3, 512, 1, Tier::Grid),
        (3, 3, 256, 64, Tier::Cluster),
        (3, 3, 1024, 64, Tier::Grid),
        (3, 3, 128, 128, Tier::Block),
        (3, 1, 768, 16, Tier::Grid),
        (0, 1, 100, 1, Tier::Block),
        (3, 3, 4096, 16, Tier::Step),
        (3, 3, 4096, 64, Tier::Product),
        (1, 3, 4096, 256, Tier::Product),
        (3, 1, 2048, 64, Tier::Product),
    ] {
        let (tile, _) =
            choose(facts(cell, dtype, hidden, batch), TYPES[dtype].0, Products::Fast, &H100, Strategy::Auto, None)
                .unwrap();
        println!(
            "{} {:?} H={hidden} B={batch}: {:?} {:?}, {} tiles of {} units, {} shards of {} rows, {}x{} warps, {} bytes, {} registers",
            CELLS[cell].0,
            TYPES[dtype].0,
            tile.tier,
            tile.hold,
            tile.tiles(),
            tile.units,
            tile.shards(),
            tile.rows,
            tile.warps_k,
            tile.warps_n,
            tile.shared(),
            tile.registers()
        );
        assert_eq!(tile.tier, tier, "{} {:?} {hidden} {batch}", CELLS[cell].0, TYPES[dtype].0);
    }
}

/// A cell of 33 shards by clusters of 4: one more than an H100's GPCs have room for.
#[test]
fn the_drivers_report_of_clusters_that_fit_decides() {
    let facts = facts(3, 3, 256, 66);
    let of = |room: Room, strategy| {
        choose(facts, DType::Bf16, Products::Fast, &DeviceLimits { room, ..H100 }, strategy, None).map(|(tile, _)| tile)
    };
    let first = of(Room::UNKNOWN, Strategy::Auto).unwrap();
    assert_eq!(first.tier, Tier::Cluster);
    let blocks = first.tiles();
    let reckoned = 132 / blocks;
    assert!(first.shards() <= reckoned);
    let mut room = Room::UNKNOWN;
    // A block cannot take more rows than the block of this tile.
    *room.clusters_of(blocks).unwrap() = Some(1);
    let least = of(room, Strategy::Auto).unwrap().shards();
    assert!(least < reckoned);
    for fit in 1..=reckoned {
        *room.clusters_of(blocks).unwrap() = Some(fit);
        let tile = of(room, Strategy::Auto).unwrap();
        assert!(
            (tile.tier, tile.tiles()) == (Tier::Cluster, blocks) && tile.shards() <= fit.max(least),
            "{fit}: {tile:?}"
        );
    }
    *room.clusters_of(blocks).unwrap() = Some(0);
    let next = of(room, Strategy::Auto).unwrap();
    assert!(next.tier != Tier::Cluster || next.tiles() != blocks, "{next:?}");
    room.none[Tier::Cluster as usize] = true;
    assert_eq!(of(room, Strategy::Auto).unwrap().tier, Tier::Grid);
    room.none[Tier::Grid as usize] = true;
    room.none[Tier::Block as usize] = true;
    assert!(matches!(of(room, Strategy::Auto).unwrap().tier, Tier::Step | Tier::Product));
    assert!(of(room, Strategy::Persistent).is_none());
}

#[test]
fn every_cut_is_whole_and_keeps_to_the_limits() {
    for machine in [
        H100,
        DeviceLimits { capability: 75, sms: 40, shared: 64 << 10, room: Room::UNKNOWN },
        DeviceLimits { capability: 89, sms: 128, shared: 99 << 10, room: Room::UNKNOWN },
    ] {
        for (cell, dtype, products) in [
            (0, 1, Products::Fast),
            (1, 3, Products::Fast),
            (2, 0, Products::Fast),
            (3, 2, Products::Fast),
            (3, 1, Products::Tf32),
        ] {
            for hidden in [1, 7, 33, 100, 128, 129, 512, 768, 1000, 1025, 4096] {
                for batch in [1, 7, 16, 65, 1000] {
                    let facts = facts(cell, dtype, hidden, batch);
                    let mut split = None;
                    for tier in Tier::ALL {
                        let Some((tile, _)) =
                            choose(facts, TYPES[dtype].0, products, &machine, Strategy::Auto, Some(tier))
                        else {
                            assert!(tier < Tier::Step, "{facts:?} cannot go step by step");
                            continue;
                        };
                        assert!(tile.units * tile.tiles() >= hidden && tile.rows * tile.shards() >= batch, "{tile:?}");
                        assert!(tile.shared() <= machine.shared && tile.threads() <= 512, "{tile:?}");
                        assert!(*split.get_or_insert(tile.warps_k) == tile.warps_k, "{tile:?} sums in another order");
                        if tier == Tier::Grid {
                            assert!(tile.blocks() <= machine.sms, "{tile:?}");
                        }
                        if tier == Tier::Cluster {
                            assert!(tile.tiles() <= 8 && machine.capability >= 90, "{tile:?}");
                        }
                    }
                }
            }
        }
    }
    let facts = facts(3, 1, 33, 7);
    assert!(choose(facts, DType::F32, Products::Ordered, &H100, Strategy::Auto, None).is_none());
    assert!(
        choose(CellShape { hidden: 0, ..facts }, DType::F32, Products::Fast, &H100, Strategy::Auto, None).is_none()
    );
}
