//! The way of a vehicle from node to node: straights, bends round a corner, turns on the spot, and speed along them.

use crate::body::Body;
use farhand_coordination::{GrantSeq, NodeId};
use farhand_world::Place;
use std::collections::VecDeque;
use std::f64::consts::{FRAC_PI_2, PI};

/// A node that the vehicle holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stop {
    pub(crate) seq: GrantSeq,
    pub(crate) node: NodeId,
    pub(crate) at: (f64, f64),
    /// It is left by the way it was entered.
    pub(crate) dead_end: bool,
    /// The odometer when the vehicle is nearest to it.
    mark_m: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    /// Along a line; backwards where `sign` is -1.
    Line { sign: f64 },
    /// Round a corner to the left where `sign` is 1.
    Bend { radius_m: f64, sign: f64 },
    /// On the spot, by this angle.
    Turn { by_rad: f64 },
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    shape: Shape,
    start: Place,
    /// Metres; radians for a turn on the spot.
    length: f64,
    cap_mps: f64,
    /// The node it leads to.
    seq: GrantSeq,
}

/// Nodes held, the pieces of way to the last of them, and the motion along them.
#[derive(Debug, Clone)]
pub(crate) struct Track {
    body: Body,
    /// From the node that is not left yet to the last that may be entered.
    stops: VecDeque<Stop>,
    pieces: VecDeque<Piece>,
    /// Done of the first piece.
    done: f64,
    rest: Place,
    odometer_m: f64,
    speed_mps: f64,
}

impl Track {
    pub(crate) fn standing(body: Body, seq: GrantSeq, node: NodeId, pose: Place, dead_end: bool) -> Self {
        let stop = Stop { seq, node, at: (pose.x_m, pose.y_m), dead_end, mark_m: 0.0 };
        let stops = VecDeque::from([stop]);
        Self { body, stops, pieces: VecDeque::new(), done: 0.0, rest: pose, odometer_m: 0.0, speed_mps: 0.0 }
    }

    pub(crate) fn stops(&self) -> &VecDeque<Stop> {
        &self.stops
    }

    pub(crate) fn speed_mps(&self) -> f64 {
        self.speed_mps
    }

    pub(crate) fn odometer_m(&self) -> f64 {
        self.odometer_m
    }

    pub(crate) fn pose(&self) -> Place {
        self.pieces.front().map_or(self.rest, |piece| piece.pose(self.done))
    }

    /// Where it would be so many metres on, straight ahead beyond the end of its way.
    pub(crate) fn pose_ahead(&self, metres: f64) -> Place {
        let (mut left, mut end) = (metres, self.pose());
        for (at, piece) in self.pieces.iter().enumerate() {
            let done = if at == 0 { self.done } else { 0.0 };
            let room = if piece.is_turn() { 0.0 } else { piece.length - done };
            if left <= room {
                return piece.pose(done + left);
            }
            left -= room;
            end = piece.pose(piece.length);
        }
        let (sin, cos) = end.heading_rad.sin_cos();
        Place { x_m: end.x_m + left * cos, y_m: end.y_m + left * sin, ..end }
    }

    /// True if it stands in the middle of the last node it holds.
    pub(crate) fn is_at_end(&self) -> bool {
        self.pieces.is_empty() && self.speed_mps == 0.0
    }

    /// Metres to the end of the way.
    pub(crate) fn ahead_m(&self) -> f64 {
        let length: f64 = self.pieces.iter().filter(|piece| !piece.is_turn()).map(|piece| piece.length).sum();
        length - if self.pieces.front().is_some_and(|piece| !piece.is_turn()) { self.done } else { 0.0 }
    }

    /// Adds a node to the way: round the corner in a bend if that is still possible, else with a turn on the spot.
    pub(crate) fn append(&mut self, seq: GrantSeq, node: NodeId, at: (f64, f64), dead_end: bool) {
        let end = self.pieces.back().map_or(self.rest, |piece| piece.pose(piece.length));
        let from_dead_end = self.stops.back().is_some_and(|stop| stop.dead_end);
        let (dx, dy) = (at.0 - end.x_m, at.1 - end.y_m);
        let (length, heading) = (dx.hypot(dy), dy.atan2(dx));
        let turn = wrapped(heading - end.heading_rad);
        if from_dead_end && turn.abs() > PI - SAME_RAD {
            self.push(Piece { shape: Shape::Line { sign: -1.0 }, start: end, length, cap_mps: BACKWARDS_MPS, seq });
        } else if turn.abs() < SAME_RAD {
            self.push(Piece { shape: Shape::Line { sign: 1.0 }, start: end, length, cap_mps: self.body.top_mps, seq });
        } else if !self.bend(turn, length, heading, seq) {
            self.push(Piece { shape: Shape::Turn { by_rad: turn }, start: end, length: turn.abs(), cap_mps: 0.0, seq });
            let start = Place { heading_rad: heading, ..end };
            self.push(Piece { shape: Shape::Line { sign: 1.0 }, start, length, cap_mps: self.body.top_mps, seq });
        }
        let mark_m = self.odometer_m + self.ahead_m();
        self.stops.push_back(Stop { seq, node, at, dead_end, mark_m });
    }

    fn push(&mut self, piece: Piece) {
        if self.pieces.is_empty() {
            self.done = 0.0;
        }
        self.pieces.push_back(piece);
    }

    /// Cuts the corner before the last node, if it is a right angle and the bend is still ahead and slow enough.
    fn bend(&mut self, turn: f64, length: f64, heading: f64, seq: GrantSeq) -> bool {
        let alone = self.pieces.len() == 1;
        let Some(last) = self.pieces.back().copied() else { return false };
        let Shape::Line { sign } = last.shape else { return false };
        let used = if alone { self.done } else { 0.0 };
        let radius_m = BEND_SHARE * length.min(last.length);
        if sign < 0.0 || (turn.abs() - FRAC_PI_2).abs() > SAME_RAD || last.length - used < radius_m {
            return false;
        }
        let cap_mps = (self.body.lateral_mps2 * radius_m).sqrt().min(self.body.top_mps);
        let before_m = self.ahead_m() - radius_m;
        if self.speed_mps > (cap_mps * cap_mps + 2.0 * self.body.brake_mps2 * (before_m - MARGIN_M).max(0.0)).sqrt() {
            return false;
        }
        let bend_m = radius_m * turn.abs();
        if let Some(stop) = self.stops.back_mut() {
            stop.mark_m += bend_m / 2.0 - radius_m;
        }
        let cut = Piece { length: last.length - radius_m, ..last };
        let start = cut.pose(cut.length);
        let bend = Piece { shape: Shape::Bend { radius_m, sign: turn.signum() }, start, length: bend_m, cap_mps, seq };
        let out = Place { heading_rad: heading, ..bend.pose(bend_m) };
        let line =
            Piece { shape: Shape::Line { sign: 1.0 }, start: out, length: length - radius_m, cap_mps: self.body.top_mps, seq };
        self.pieces.pop_back();
        self.pieces.extend([cut, bend, line]);
        true
    }

    /// Gives back every node after `last`, if the vehicle can still stop before them; true if it holds none of them now.
    pub(crate) fn give_back_after(&mut self, last: GrantSeq) -> bool {
        if self.stops.back().is_none_or(|stop| stop.seq <= last) {
            return true;
        }
        let base = self.pieces.front().map_or(self.stops.front().map_or(last, |stop| stop.seq), |piece| piece.seq);
        let standing = self.pieces.is_empty();
        if base > last || standing {
            return false;
        }
        let before = self.clone();
        let later: Vec<Stop> = self.stops.iter().copied().filter(|stop| stop.seq > base && stop.seq <= last).collect();
        self.stops.retain(|stop| stop.seq <= base);
        let Some(target) = self.stops.back().map(|stop| stop.at) else { return false };
        self.pieces.truncate(1);
        if let Some(current) = self.pieces.front_mut() {
            match current.shape {
                Shape::Line { .. } => current.length = (target.0 - current.start.x_m).hypot(target.1 - current.start.y_m),
                Shape::Bend { .. } | Shape::Turn { .. } => {
                    let out = current.pose(current.length);
                    let length = (target.0 - out.x_m).hypot(target.1 - out.y_m);
                    let line =
                        Piece { shape: Shape::Line { sign: 1.0 }, start: out, length, cap_mps: self.body.top_mps, seq: base };
                    self.pieces.push_back(line);
                }
            }
        }
        let mark_m = self.odometer_m + self.ahead_m();
        if let Some(stop) = self.stops.back_mut() {
            stop.mark_m = mark_m;
        }
        for stop in later {
            self.append(stop.seq, stop.node, stop.at, stop.dead_end);
        }
        if self.speed_mps * self.speed_mps / (2.0 * self.body.brake_mps2) + MARGIN_M > self.ahead_m() && self.speed_mps > 0.0 {
            *self = before;
            return false;
        }
        true
    }

    /// Moves on for a while, no faster than `cap_mps`, and stops `short_m` before the end of the way.
    pub(crate) fn drive(&mut self, seconds: f64, cap_mps: f64, short_m: f64) {
        let wanted = self.allowed(seconds, short_m).min(cap_mps);
        let slowest = self.speed_mps - self.body.brake_mps2 * BRAKE_SPARE * seconds;
        let fastest = self.speed_mps + self.body.gain_mps2 * seconds;
        self.speed_mps = wanted.max(slowest).min(fastest).max(0.0);
        if self.speed_mps < STILL_MPS && wanted < STILL_MPS {
            self.speed_mps = 0.0;
        }
        let mut left = self.speed_mps * seconds;
        let mut turning = seconds * self.body.turn_rad_s;
        while let Some(piece) = self.pieces.front().copied() {
            let room = piece.length - self.done;
            if piece.is_turn() {
                if self.speed_mps > 0.0 {
                    self.speed_mps = 0.0;
                }
                let by = if cap_mps > 0.0 { room.min(turning) } else { 0.0 };
                turning -= by;
                self.done += by;
                if room - by > NOTHING {
                    break;
                }
            } else {
                let by = room.min(left);
                left -= by;
                self.done += by;
                self.odometer_m += by;
                if room - by > ARRIVED_M {
                    break;
                }
            }
            self.rest = piece.pose(piece.length);
            self.done = 0.0;
            self.pieces.pop_front();
        }
        if self.pieces.is_empty() {
            self.speed_mps = 0.0;
        }
        self.leave();
    }

    /// The speed from which the end, each bend and each turn ahead can still be met.
    fn allowed(&self, seconds: f64, short_m: f64) -> f64 {
        let step = self.body.brake_mps2 * seconds;
        let meets =
            |cap: f64, distance: f64| (step * step + cap * cap + 2.0 * self.body.brake_mps2 * distance.max(0.0)).sqrt() - step;
        let mut allowed = f64::INFINITY;
        let mut distance = 0.0;
        for (at, piece) in self.pieces.iter().enumerate() {
            let rest = piece.length - if at == 0 { self.done } else { 0.0 };
            if piece.is_turn() {
                return allowed.min(meets(0.0, distance));
            }
            let reached = if at == 0 { piece.cap_mps } else { meets(piece.cap_mps, distance) };
            allowed = allowed.min(reached);
            distance += rest;
        }
        allowed.min(meets(0.0, distance - short_m))
    }

    /// A node is left when the whole vehicle is out of its disc.
    fn leave(&mut self) {
        let pose = self.pose();
        let clear_m = 2.0 * self.body.corner_m() + CLEAR_SPARE_M;
        while self.stops.len() > 1
            && self.stops.front().is_some_and(|stop| {
                self.odometer_m > stop.mark_m && (pose.x_m - stop.at.0).hypot(pose.y_m - stop.at.1) >= clear_m
            })
        {
            self.stops.pop_front();
        }
    }
}

impl Piece {
    fn is_turn(&self) -> bool {
        matches!(self.shape, Shape::Turn { .. })
    }

    fn pose(&self, done: f64) -> Place {
        let Place { x_m, y_m, heading_rad } = self.start;
        match self.shape {
            Shape::Line { sign } => {
                let (sin, cos) = heading_rad.sin_cos();
                Place { x_m: x_m + sign * done * cos, y_m: y_m + sign * done * sin, heading_rad }
            }
            Shape::Bend { radius_m, sign } => {
                let turned = heading_rad + sign * done / radius_m;
                let (from, to) = (heading_rad.sin_cos(), turned.sin_cos());
                Place {
                    x_m: x_m + sign * radius_m * (to.0 - from.0),
                    y_m: y_m - sign * radius_m * (to.1 - from.1),
                    heading_rad: turned,
                }
            }
            Shape::Turn { by_rad } => Place { x_m, y_m, heading_rad: wrapped(heading_rad + by_rad.signum() * done) },
        }
    }
}

/// The same angle from -pi to pi.
pub(crate) fn wrapped(angle: f64) -> f64 {
    let turned = angle.rem_euclid(2.0 * PI);
    if turned > PI { turned - 2.0 * PI } else { turned }
}

/// Two directions this close are one.
const SAME_RAD: f64 = 0.02;
/// A bend begins half a lane before its corner: two corners in a row then just fit.
const BEND_SHARE: f64 = 0.5;
/// Out of a dock, forks first: a walking pace.
const BACKWARDS_MPS: f64 = 1.0;
/// Service braking can be this much harder for a moment than what is planned with.
const BRAKE_SPARE: f64 = 1.5;
const STILL_MPS: f64 = 0.02;
const ARRIVED_M: f64 = 0.003;
const NOTHING: f64 = 1e-9;
const MARGIN_M: f64 = 0.05;
/// Beside two half diagonals, so that outlines are apart by a tenth of a metre.
const CLEAR_SPARE_M: f64 = 0.1;
