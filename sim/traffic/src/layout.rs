//! Where the vehicles drive: warehouses with one-way aisles made from a seed, and the grid map of a path-finding benchmark.

use crate::body::Body;
use crate::random::{Random, actor};
use anyhow::{Context as _, bail};
use farhand_coordination::{Node, NodeId, NodeKind, Site, SitePlan, Spot};
use std::collections::BTreeMap;

/// Which lanes join two cells of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ways {
    /// One each way, as the benchmark has it.
    Both,
    /// Rows lead east and west in turns, columns north and south, and the outermost ones around.
    One,
}

/// A site with the places where vehicles work.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The lanes.
    pub(crate) site: Site,
    /// Nodes to be sent to.
    pub(crate) goals: Vec<NodeId>,
    /// Nodes on which vehicles may stand at the beginning.
    pub(crate) starts: Vec<NodeId>,
    /// Middle of each rack, for pictures, in millimetres.
    pub(crate) racks: Vec<Spot>,
    /// Distance of neighbouring nodes.
    pub(crate) cell_m: f64,
    /// What drives here.
    pub(crate) body: Body,
    /// Each vehicle has goals of its own, so that the same work can be done in any order.
    pub(crate) own_goals: bool,
}

impl Layout {
    /// A warehouse for so many vehicles: aisles up and down in turns, cross aisles east and west in turns, docks as dead ends.
    ///
    /// # Errors
    /// If what was made is no site: a mistake of this function.
    pub fn generated(seed: u64, vehicles: usize) -> anyhow::Result<Self> {
        let mut random = Random::stream(seed, actor::LAYOUT, 0);
        let body = Body::drawn(&mut random);
        let shape = Shape::drawn(&mut random, vehicles);
        let cell_mm = body.cell_mm() + i32::try_from(random.below(4) * 100)?;
        shape.build(&mut random, body, cell_mm).with_context(|| format!("making site {seed:x}"))
    }

    /// A map in MovingAI's format: each free cell is a node with lanes to its neighbours; work is beside the racks.
    ///
    /// # Errors
    /// If the text is no such map, or too little of it is free.
    pub fn grid(text: &str, body: Body, ways: Ways) -> anyhow::Result<Self> {
        let rows: Vec<&[u8]> = text.lines().skip_while(|line| *line != "map").skip(1).map(str::as_bytes).collect();
        if rows.is_empty() {
            bail!("no line \"map\" with rows after it");
        }
        let cell_mm = body.cell_mm();
        let mut grid = Grid::new(cell_mm);
        let mut racks = Vec::new();
        for (down, row) in rows.iter().enumerate() {
            let y = i32::try_from(rows.len() - 1 - down)?;
            for (x, cell) in row.iter().enumerate() {
                let place = (i32::try_from(x)?, y);
                if *cell == b'.' {
                    grid.add(place, NodeKind::Way);
                } else {
                    racks.push(grid.spot(place));
                }
            }
        }
        let top = grid.places.keys().map(|place| place.1).max().unwrap_or(0);
        let right = grid.places.keys().map(|place| place.0).max().unwrap_or(0);
        let places: Vec<(i32, i32)> = grid.places.keys().copied().collect();
        for &(x, y) in &places {
            let (west, south) = (y % 2 == 1 || y == top, x % 2 == 0 && x != right);
            for (next, with) in [((x + 1, y), !west), ((x - 1, y), west), ((x, y + 1), !south), ((x, y - 1), south)] {
                if with || ways == Ways::Both {
                    grid.lane((x, y), next);
                }
            }
        }
        let beside = |(x, y): (i32, i32)| racks.contains(&grid.spot((x, y + 1))) || racks.contains(&grid.spot((x, y - 1)));
        let mut goals: Vec<NodeId> =
            places.iter().filter(|place| beside(**place)).filter_map(|place| grid.node(*place)).collect();
        // Shuffled, so that what is dealt out to the vehicles lies all over the floor.
        let mut random = Random::stream(0, actor::LAYOUT, 0);
        for at in (1..goals.len()).rev() {
            goals.swap(at, random.below(at + 1));
        }
        let starts: Vec<NodeId> = grid.places.values().copied().collect();
        let site = grid.site(body)?;
        Ok(Self { site, goals, starts, racks, cell_m: f64::from(cell_mm) / 1000.0, body, own_goals: true })
    }

    /// The benchmark map that lies in `sim/maps/pibt2`.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn warehouse(ways: Ways) -> anyhow::Result<Self> {
        Self::grid(include_str!("../../maps/pibt2/warehouse.map"), Body::TRUCK, ways)
            .context("reading sim/maps/pibt2/warehouse.map")
    }
}

/// How many aisles, cross aisles and places between them.
#[derive(Debug, Clone, Copy)]
struct Shape {
    aisles: i32,
    rows: i32,
    block: i32,
}

impl Shape {
    fn drawn(random: &mut Random, vehicles: usize) -> Self {
        loop {
            let draw = |random: &mut Random, low: i32, count: usize| low + i32::try_from(random.below(count)).unwrap_or(0);
            let shape = Self { aisles: 2 * draw(random, 2, 5), rows: 2 * draw(random, 1, 3), block: draw(random, 3, 5) };
            let ways = shape.rows * (2 * shape.aisles - 1) + shape.aisles * (shape.rows - 1) * shape.block;
            let docks = (shape.aisles - 1) * (shape.rows - 1) * shape.block;
            let count = i32::try_from(vehicles).unwrap_or(i32::MAX / 10);
            // Five nodes of lane and two docks for each vehicle, and not a hall for ten times as many.
            if ways >= 5 * count && ways <= 14 * count.max(8) && docks >= 2 * count {
                return shape;
            }
        }
    }

    fn build(self, random: &mut Random, body: Body, cell_mm: i32) -> anyhow::Result<Layout> {
        let mut grid = Grid::new(cell_mm);
        let (width, pitch) = (2 * (self.aisles - 1), self.block + 1);
        let height = (self.rows - 1) * pitch;
        for row in 0..self.rows {
            (0..=width).for_each(|x| grid.add((x, row * pitch), NodeKind::Way));
        }
        for aisle in 0..self.aisles {
            (0..=height).for_each(|y| grid.add((2 * aisle, y), NodeKind::Way));
        }
        for row in 0..self.rows {
            let y = row * pitch;
            for x in 0..width {
                let (from, to) = if row % 2 == 0 { (x, x + 1) } else { (x + 1, x) };
                grid.lane((from, y), (to, y));
            }
        }
        for aisle in 0..self.aisles {
            let x = 2 * aisle;
            for y in 0..height {
                let (from, to) = if aisle % 2 == 1 { (y, y + 1) } else { (y + 1, y) };
                grid.lane((x, from), (x, to));
            }
        }
        let mut docks = Vec::new();
        let mut racks = Vec::new();
        for aisle in 0..self.aisles - 1 {
            for y in (0..height).filter(|y| y % pitch != 0) {
                let place = (2 * aisle + 1, y);
                if random.chance(0.2) {
                    racks.push(grid.spot(place));
                    continue;
                }
                grid.add(place, NodeKind::Dock);
                let mouth = if random.chance(0.5) { (2 * aisle, y) } else { (2 * aisle + 2, y) };
                grid.lane(place, mouth);
                grid.lane(mouth, place);
                docks.extend(grid.node(place));
            }
        }
        let site = grid.site(body)?;
        let starts = site.ids().collect();
        Ok(Layout { site, goals: docks, starts, racks, cell_m: f64::from(cell_mm) / 1000.0, body, own_goals: false })
    }
}

/// Nodes by their place on a grid.
struct Grid {
    cell_mm: i32,
    places: BTreeMap<(i32, i32), NodeId>,
    nodes: Vec<Node>,
    lanes: Vec<(NodeId, NodeId)>,
}

impl Grid {
    fn new(cell_mm: i32) -> Self {
        Self { cell_mm, places: BTreeMap::new(), nodes: Vec::new(), lanes: Vec::new() }
    }

    fn spot(&self, (x, y): (i32, i32)) -> Spot {
        Spot { x_mm: x * self.cell_mm, y_mm: y * self.cell_mm }
    }

    fn add(&mut self, place: (i32, i32), kind: NodeKind) {
        if !self.places.contains_key(&place) {
            let id = NodeId(u16::try_from(self.nodes.len()).unwrap_or(u16::MAX));
            self.places.insert(place, id);
            self.nodes.push(Node { spot: self.spot(place), kind });
        }
    }

    fn node(&self, place: (i32, i32)) -> Option<NodeId> {
        self.places.get(&place).copied()
    }

    fn lane(&mut self, from: (i32, i32), to: (i32, i32)) {
        if let (Some(from), Some(to)) = (self.node(from), self.node(to)) {
            self.lanes.push((from, to));
        }
    }

    fn site(self, body: Body) -> anyhow::Result<Site> {
        let plan =
            SitePlan { nodes: self.nodes, lanes: self.lanes, radius_mm: body.radius_mm(), half_width_mm: body.half_width_mm() };
        Ok(Site::new(plan)?)
    }
}
