//! The maps of real sites that lie in `sim/maps`, read as a person's own maps would be.

use farhand_world::{Cell, OccupancyGrid, Outline, Place, RosMap};
use std::path::PathBuf;

fn maps(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../maps").join(file)
}

fn small_warehouse() -> OccupancyGrid {
    let yaml = std::fs::read_to_string(maps("aws-small-warehouse/map.yaml")).expect("the map is there");
    let map = RosMap::parse(&yaml).expect("a map");
    let picture = std::fs::read(maps("aws-small-warehouse").join(&map.image)).expect("its picture is there");
    map.grid(&picture).expect("a grid")
}

#[test]
fn the_small_warehouse_has_a_hall_with_racks_and_unknown_ground_around() {
    let grid = small_warehouse();
    assert_eq!((grid.size(), grid.cell_m(), grid.origin()), ((423, 286), 0.05, (-7.0, -10.5)));
    let count = |wanted| {
        (0..286).flat_map(|row| (0..423).map(move |column| (column, row))).filter(|&(c, r)| grid.cell(c, r) == wanted).count()
    };
    let (free, taken, unknown) = (count(Cell::Free), count(Cell::Taken), count(Cell::Unknown));
    assert!(free > 60_000 && taken > 2_000 && unknown > 10_000, "{free} free, {taken} taken, {unknown} unknown");
    let ground = grid.ground();
    assert!((100..4_000).contains(&ground.solids().len()), "{} rectangles", ground.solids().len());
}

#[test]
fn a_truck_finds_room_where_the_distances_say_so() {
    let grid = small_warehouse();
    let (ground, field) = (grid.ground(), grid.field());
    let mut free = 0;
    for row in (0..286).step_by(4) {
        for column in (0..423).step_by(4) {
            let (x_m, y_m) = grid.middle(column, row);
            let outline = Outline::around(&Place { x_m, y_m, heading_rad: 0.4 }, 1.85, 1.55, 1.1);
            if field.surely_free(&outline) {
                free += 1;
                assert!(ground.obstacle(&outline).is_none());
            }
        }
    }
    assert!(free > 100, "a truck fits in {free} places");
}

#[test]
fn the_grid_warehouse_has_its_shelves() {
    let text = std::fs::read_to_string(maps("pibt2/warehouse.map")).expect("the map is there");
    let grid = OccupancyGrid::from_moving_ai(&text, 2.0).expect("a grid");
    assert_eq!(grid.size(), (35, 21));
    let ground = grid.ground();
    assert!((4..200).contains(&ground.solids().len()), "{} rectangles", ground.solids().len());
    let (low, high) = ground.bounds();
    assert!(low.0 >= 0.0 && high.0 <= 70.0 && high.1 <= 42.0);
}
