use super::*;
use proptest::prelude::*;

fn seen(grid: &Grid, pose: &Pose, rect: &Rect) -> Vec<(f64, f64)> {
    let mut seen = Vec::new();
    grid.near(pose, rect, |x, y| {
        seen.push((x, y));
        true
    });
    seen
}

proptest! {
    #[test]
    fn every_point_within_the_rectangle_is_seen(
        points in proptest::collection::vec((-9.9_f64..9.9, -9.9_f64..9.9), 1..200),
        (x, y, heading) in (-6.0_f64..6.0, -6.0_f64..6.0, -4.0_f64..4.0),
        (length, width) in (0.1_f64..4.0, 0.1_f64..3.0),
    ) {
        let mut grid = Grid::new(10.0, 200);
        for &(x, y) in &points {
            prop_assert!(grid.insert(x, y));
        }
        let pose = Pose::new(x, y, heading);
        let rect = Rect { x0: -length, x1: 0.5 * length, y0: -width, y1: width };
        let seen = seen(&grid, &pose, &rect);
        for &(x, y) in &points {
            let (ahead, left) = pose.inside(x, y);
            prop_assert!(!rect.contains(ahead, left) || seen.contains(&(x, y)), "{x} {y} is missing");
        }
    }
}

#[test]
fn a_grid_that_is_full_says_so_and_one_that_was_cleared_is_empty() {
    let mut grid = Grid::new(10.0, 2);
    assert!(grid.insert(0.0, 0.0) && grid.insert(0.1, 0.0) && grid.insert(50.0, 0.0), "what is far away needs no room");
    assert!(!grid.insert(0.2, 0.0));
    grid.clear();
    assert!(grid.is_empty());
    let mut copy = grid.clone();
    assert!(copy.insert(0.0, 0.0), "a copy has the same room");
    assert!(seen(&grid, &Pose::ORIGIN, &Rect { x0: -5.0, x1: 5.0, y0: -5.0, y1: 5.0 }).is_empty());
}

#[test]
fn looking_ends_when_enough_was_seen() {
    let mut grid = Grid::new(10.0, 10);
    for _ in 0..5 {
        grid.insert(1.0, 1.0);
    }
    let mut count = 0;
    grid.near(&Pose::ORIGIN, &Rect { x0: -5.0, x1: 5.0, y0: -5.0, y1: 5.0 }, |_, _| {
        count += 1;
        count < 3
    });
    assert_eq!(count, 3);
}

/// Cells of one metre: a place is in the column and row 64 more than its whole metres.
fn metres(points: &[(f64, f64)]) -> Grid {
    let mut grid = Grid::new(64.0, points.len());
    for &(x, y) in points {
        assert!(grid.insert(x, y), "{x} {y}");
    }
    grid
}

/// One point in the middle of each cell of these columns and rows, row by row.
fn middles(columns: std::ops::Range<i32>, rows: std::ops::Range<i32>) -> Vec<(f64, f64)> {
    rows.flat_map(|row| columns.clone().map(move |column| (f64::from(column) - 63.5, f64::from(row) - 63.5))).collect()
}

fn rect(x0: f64, x1: f64, y0: f64, y1: f64) -> Rect {
    Rect { x0, x1, y0, y1 }
}

#[test]
fn an_upright_rectangle_shows_each_cell_that_it_touches_once_and_no_other() {
    let grid = metres(&middles(0..128, 0..128));
    let cases = [
        (rect(-3.5, 2.5, -9.5, 6.5), (60..67, 54..71), "across several bands"),
        (rect(-3.5, 2.5, -1.5, 2.5), (60..67, 62..67), "from within a band to within the next"),
        (rect(-3.5, 2.5, 0.5, 3.5), (60..67, 64..68), "a whole band"),
        (rect(-3.5, 2.5, 1.25, 1.75), (60..67, 65..66), "one row"),
        (rect(4.25, 4.75, -7.75, 9.75), (68..69, 56..74), "one column"),
        (rect(40.5, 99.5, 50.5, 99.5), (104..128, 114..128), "over the upper edge"),
        (rect(-99.5, -50.5, -99.5, -60.5), (0..14, 0..4), "over the lower edge"),
        (rect(-99.5, 99.5, -99.5, 99.5), (0..128, 0..128), "everything"),
    ];
    for (around, (columns, rows), what) in cases {
        assert_eq!(seen(&grid, &Pose::ORIGIN, &around), middles(columns, rows), "{what}");
    }
    // Turned by a quarter, what was ahead is to the left.
    let turned = Pose { x: 10.0, y: -20.0, cos: 0.0, sin: 1.0 };
    assert_eq!(seen(&grid, &turned, &rect(-3.5, 2.5, -9.5, 6.5)), middles(67..84, 40..47));
}

#[test]
fn a_turned_rectangle_shows_all_that_is_in_it_once_and_nothing_a_cell_away() {
    let all = middles(0..128, 0..128);
    let grid = metres(&all);
    let around = rect(-6.0, 14.0, -3.0, 2.0);
    // The corner of a cell is at most this far from its middle; what a row covers is counted over its whole height.
    let (corner, row) = (0.5_f64.sqrt(), 1.0);
    for pose in [
        Pose { x: 3.2, y: -4.7, cos: 0.6, sin: 0.8 },
        Pose { x: -8.1, y: 5.3, cos: -0.8, sin: 0.6 },
        Pose { x: 0.4, y: 0.9, cos: -0.6, sin: -0.8 },
        Pose { x: 0.4, y: 0.9, cos: 0.8, sin: -0.6 },
    ] {
        let seen = seen(&grid, &pose, &around);
        let mut once = seen.clone();
        once.dedup();
        assert_eq!(seen.len(), once.len(), "once each");
        for &(x, y) in &all {
            let (ahead, left) = pose.inside(x, y);
            let shown = seen.contains(&(x, y));
            assert!(shown || !around.contains(ahead, left), "{x} {y} is missing");
            assert!(!shown || around.distance_squared(ahead, left).sqrt() <= corner + row, "{x} {y} is too far away");
        }
    }
}

#[test]
fn a_lonely_point_is_found_wherever_it_is() {
    for (x, y) in [(0.5, 0.5), (-63.5, -63.5), (63.5, 63.5), (-63.5, 63.5), (7.5, 1.5), (20.5, -30.5)] {
        let grid = metres(&[(x, y)]);
        assert!(!grid.is_empty());
        let cell = rect(x - 0.25, x + 0.25, y - 0.25, y + 0.25);
        assert_eq!(seen(&grid, &Pose::ORIGIN, &cell), [(x, y)], "by a rectangle within its cell");
        assert_eq!(seen(&grid, &Pose::ORIGIN, &cell.grown(200.0, 200.0)), [(x, y)], "by one around everything");
    }
    for (ahead, left) in [(2.0, 0.0), (-2.0, 0.0), (0.0, 2.0), (0.0, -2.0)] {
        let beside = Pose { x: ahead, y: left, ..Pose::ORIGIN };
        assert!(seen(&metres(&[(7.5, 1.5)]), &beside, &rect(7.25, 7.75, 1.25, 1.75)).is_empty(), "not two cells away");
    }
}

#[test]
fn a_cut_that_begins_and_ends_within_a_band_shows_the_bands_between_whole() {
    for (row, found) in [(65, false), (66, true), (67, true), (68, true), (71, true), (72, true), (74, true), (75, false)] {
        let lonely = middles(70..71, row..row + 1);
        let seen = seen(&metres(&lonely), &Pose::ORIGIN, &rect(0.0, 9.0, 2.5, 10.5));
        assert_eq!(seen == lonely, found, "{row}");
        assert_eq!(seen.is_empty(), !found, "{row}");
    }
}

#[test]
fn what_is_within_the_reach_is_kept_and_the_far_edge_is_not() {
    let mut grid = Grid::new(64.0, 10);
    for (x, y) in [(64.0, 0.0), (0.0, 64.0), (-64.001, 0.0), (0.0, -64.001), (f64::NAN, 0.0)] {
        assert!(grid.insert(x, y) && grid.is_empty(), "{x} {y} needs no room");
    }
    for (x, y) in [(-64.0, 0.0), (0.0, -64.0), (63.999, 63.999)] {
        assert!(grid.insert(x, y) && !grid.is_empty(), "{x} {y}");
    }
}

#[test]
fn the_points_of_a_cell_are_shown_newest_first_and_those_of_an_earlier_scan_never() {
    let mut grid = Grid::new(64.0, 10);
    let (here, there) = (rect(1.1, 1.9, 1.1, 1.9), rect(5.1, 5.9, 1.1, 1.9));
    for x in [1.25, 1.5, 1.75] {
        grid.insert(x, 1.5);
    }
    assert_eq!(seen(&grid, &Pose::ORIGIN, &here), [(1.75, 1.5), (1.5, 1.5), (1.25, 1.5)]);
    grid.clear();
    assert!(seen(&grid, &Pose::ORIGIN, &here).is_empty());
    for (x, y) in [(5.2, 1.5), (5.3, 1.5), (5.4, 1.5), (1.5, 1.25)] {
        grid.insert(x, y);
    }
    assert_eq!(seen(&grid, &Pose::ORIGIN, &here), [(1.5, 1.25)]);
    assert_eq!(seen(&grid, &Pose::ORIGIN, &there), [(5.4, 1.5), (5.3, 1.5), (5.2, 1.5)]);
    assert_eq!(seen(&grid, &Pose::ORIGIN, &here.around(&there)).len(), 4);
}

#[test]
fn a_full_grid_has_as_many_points_as_it_was_made_for() {
    let mut grid = Grid::new(64.0, 3);
    let inserted = [0.5, 1.5, 2.5, 3.5, 0.5].map(|x| grid.insert(x, 0.5));
    assert_eq!(inserted, [true, true, true, false, false]);
    assert_eq!(seen(&grid, &Pose::ORIGIN, &rect(0.0, 9.0, 0.0, 0.9)), [(0.5, 0.5), (1.5, 0.5), (2.5, 0.5)]);
}

#[test]
fn looking_goes_on_over_cells_rows_and_bands_until_it_is_enough() {
    let places = [(0.25, 0.5), (0.75, 0.5), (1.5, 0.5), (1.5, 1.5), (1.5, 9.5)];
    let grid = metres(&places);
    let order = [places[1], places[0], places[2], places[3], places[4]];
    for most in 1..=5 {
        let mut seen = Vec::new();
        grid.near(&Pose::ORIGIN, &rect(0.0, 9.0, 0.0, 20.0), |x, y| {
            seen.push((x, y));
            seen.len() < most
        });
        assert_eq!(seen, order[..most]);
    }
}

#[test]
fn a_strip_moves_by_its_slope_from_row_to_row_and_over_the_height_of_its_rows() {
    let rising = Strip { low: 10.0, high: 20.0, slope: 0.5 };
    assert_eq!((rising.ends(4.0, 2.0), rising.ends(0.0, 1.0)), ((12.0, 23.0), (10.0, 20.5)));
    let falling = Strip { slope: -0.5, ..rising };
    assert_eq!((falling.ends(4.0, 2.0), falling.ends(0.0, 1.0)), ((7.0, 18.0), (9.5, 20.0)));
}

#[test]
fn a_cut_touches_the_cells_that_both_strips_and_the_upright_rectangle_cover() {
    let wide = Strip { low: f64::NEG_INFINITY, high: f64::INFINITY, slope: 0.0 };
    let cut = |upright, strips| Cut { first: 10, last: 20, upright, strips };
    // Cells 3 to 9.
    assert_eq!(cut((3.5, 9.25), [wide; 2]).cells(12, 1), 0b11_1111_1000);
    // Over two rows, two rows up, the first strip covers 12.0 to 23.0; the second ends at 14.5.
    let (one, two) = (Strip { low: 11.0, high: 21.0, slope: 0.5 }, Strip { low: 0.0, high: 14.5, slope: 0.0 });
    assert_eq!(cut((0.0, 99.0), [one, two]).cells(12, 2), 0b111 << 12);
    assert_eq!(cut((0.0, 13.0), [two, one]).cells(12, 2), 0b11 << 12);
    assert_eq!(cut((13.0, 99.0), [one, two]).cells(12, 2), 0b11 << 13);
    assert_eq!(cut((15.0, 99.0), [one, two]).cells(12, 2), 0, "no common part");
    assert_eq!(cut((-5.0, 300.0), [wide; 2]).cells(12, 1), u128::MAX, "all of a row, not more");
}

#[test]
fn sets_meet_in_a_cell_of_both() {
    assert!(meet(0b0110, 0b1100) && meet(1 << 127, u128::MAX));
    assert!(!meet(0b0110, 0b1001) && !meet(0, 0b1001) && !meet(0b1001, 0) && !meet(0, 0));
}

#[test]
fn a_place_outside_counts_as_in_the_cell_at_the_edge() {
    assert_eq!([-9.0, 0.0, 0.99, 5.9, 127.0, 128.0, 1e12].map(cell), [0, 0, 0, 5, 127, 127, 127]);
}
