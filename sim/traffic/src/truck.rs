//! One vehicle: it follows its grants, says what it holds, stands when it must, and is driven by a person when it asked for one.

use crate::body::{Body, whole_mm};
use crate::track::Track;
use farhand_coordination::{
    GrantSeq, Granted, LossBehaviour, Mode, NodeId, Order, OrderNumber, Report, Site, Spot, Swept, Trouble,
};
use farhand_protocol::MonoTime;
use farhand_world::{Outline, Place};

/// What moves the vehicle, or keeps it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Doing {
    Driving,
    /// Loads or unloads until then.
    Working(MonoTime),
    Halted(Trouble),
    /// A person drives along these nodes, the next one last.
    Driven(Vec<NodeId>),
}

#[derive(Debug, Clone)]
pub(crate) struct Truck {
    pub(crate) body: Body,
    pub(crate) track: Track,
    pub(crate) doing: Doing,
    /// Stands until then for a reason of its own that needs nobody.
    pub(crate) paused_until: MonoTime,
    loss: LossBehaviour,
    heard: OrderNumber,
    lease_until: MonoTime,
    cap_mps: f64,
    changed: bool,
}

impl Truck {
    pub(crate) fn standing(body: Body, site: &Site, node: NodeId, loss: LossBehaviour) -> Self {
        let spot = site.spot(node);
        let next = site.out(node).first().map_or(spot, |next| site.spot(*next));
        let heading = f64::from(next.y_mm - spot.y_mm).atan2(f64::from(next.x_mm - spot.x_mm));
        let dead_end = site.is_dock(node);
        // In a dock it stands with the forks to the wall.
        let heading_rad = if dead_end { crate::track::wrapped(heading + std::f64::consts::PI) } else { heading };
        let (x_m, y_m) = metres(spot);
        let track = Track::standing(body, GrantSeq(1), node, Place { x_m, y_m, heading_rad }, dead_end);
        Self {
            body,
            track,
            doing: Doing::Driving,
            paused_until: MonoTime(0),
            loss,
            heard: OrderNumber::default(),
            lease_until: MonoTime(0),
            cap_mps: f64::INFINITY,
            changed: true,
        }
    }

    /// Takes an order in, unless a newer one was taken before.
    pub(crate) fn obey(&mut self, site: &Site, order: &Order) {
        if order.number <= self.heard {
            return;
        }
        self.heard = order.number;
        self.lease_until = order.echo.after(order.lease);
        self.cap_mps = order.cap_mm_s.map_or(f64::INFINITY, |cap| f64::from(cap) / 1000.0);
        let wanted_back = |seq: GrantSeq| order.revoked.iter().any(|revoked| revoked.seq == seq);
        let first_wanted = self.track.stops().iter().find(|stop| wanted_back(stop.seq)).map(|stop| stop.seq);
        if let Some(seq) = first_wanted {
            let last = GrantSeq(seq.0.saturating_sub(1));
            let before = self.track.stops().iter().map(|stop| stop.seq).rfind(|held| *held <= last);
            let kept = before.is_none_or(|before| !self.track.give_back_after(before));
            self.changed = true;
            if kept {
                return;
            }
        }
        let newest = self.track.stops().back().map(|stop| (stop.seq, stop.node));
        let Some((mut seq, mut node)) = newest else { return };
        for granted in &order.granted {
            let joined = site.out(node).contains(&granted.node) || site.into(node).contains(&granted.node);
            if granted.seq > seq && joined {
                self.track.append(granted.seq, granted.node, metres(site.spot(granted.node)), site.is_dock(granted.node));
                (seq, node) = (granted.seq, granted.node);
                self.changed = true;
            }
        }
    }

    /// Moves on for a while.
    pub(crate) fn drive(&mut self, now: MonoTime, seconds: f64) {
        let held = self.track.stops().len();
        let (cap_mps, short_m) = match &self.doing {
            Doing::Working(_) | Doing::Halted(_) => (0.0, 0.0),
            Doing::Driving if now < self.paused_until || self.lease_stops(now) => (0.0, 0.0),
            Doing::Driving => (self.cap_mps, 0.0),
            Doing::Driven(_) => (DRIVEN_MPS, self.box_overhang_m()),
        };
        self.track.drive(seconds, cap_mps, short_m);
        self.changed |= self.track.stops().len() != held;
    }

    /// Says that something has to be reported before its turn.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    pub(crate) fn begin(&mut self, doing: Doing) {
        self.doing = doing;
        self.changed = true;
    }

    pub(crate) fn report(&self, now: MonoTime) -> Report {
        let held = self.track.stops().iter().map(|stop| Granted { seq: stop.seq, node: stop.node }).collect();
        let mode = match &self.doing {
            Doing::Driving => Mode::Automatic,
            Doing::Working(_) => Mode::Busy,
            Doing::Halted(trouble) => Mode::Halted(*trouble),
            Doing::Driven(nodes) => Mode::Intervened { asks: nodes.last().copied() },
        };
        let ahead_mm = u32::try_from(whole_mm(self.track.ahead_m()).max(0)).unwrap_or(0);
        let speed_mm_s = u32::try_from(whole_mm(self.track.speed_mps()).max(0)).unwrap_or(0);
        Report { stamp: now, heard: self.heard, held, ahead_mm, speed_mm_s, mode, swept: self.swept() }
    }

    /// The ground it covers; driven by a person, its stopping distance and a metre ahead, and a metre to the sides.
    fn swept(&self) -> Swept {
        let Place { x_m, y_m, heading_rad } = self.track.pose();
        let (sin, cos) = heading_rad.sin_cos();
        let at = |along: f64| Spot { x_mm: whole_mm(x_m + along * cos), y_mm: whole_mm(y_m + along * sin) };
        let half = self.body.half_width_m;
        let (ahead, aside) =
            if matches!(self.doing, Doing::Driven(_)) { (self.stop_m() + BOX_M, BOX_SIDE_M) } else { (0.0, 0.0) };
        Swept { from: at(half - self.body.rear_m), to: at(self.body.front_m - half + ahead), reach_mm: whole_mm(half + aside) }
    }

    /// The box of a vehicle that a person drives, which nobody else may enter: its outline along its way for the stopping distance
    /// and a metre, round bends as it would drive them.
    pub(crate) fn shield(&self) -> Vec<Outline> {
        if !matches!(self.doing, Doing::Driven(_)) {
            return Vec::new();
        }
        let reach = self.stop_m() + BOX_M;
        [0.0, 0.25, 0.5, 0.75, 1.0].into_iter().map(|share| self.body.outline(&self.track.pose_ahead(share * reach))).collect()
    }

    pub(crate) fn outline(&self) -> Outline {
        self.body.outline(&self.track.pose())
    }

    fn stop_m(&self) -> f64 {
        self.track.speed_mps().powi(2) / (2.0 * self.body.brake_mps2)
    }

    /// How far its box would reach out of the disc of the node on which it stops.
    fn box_overhang_m(&self) -> f64 {
        (self.body.front_m + BOX_M - self.body.corner_m() - 0.1).max(0.0)
    }

    fn lease_stops(&self, now: MonoTime) -> bool {
        if now < self.lease_until {
            return false;
        }
        match self.loss {
            LossBehaviour::Stop => true,
            LossBehaviour::Continue => false,
            LossBehaviour::Evacuate => !self.track.stops().iter().any(|stop| stop.dead_end),
        }
    }

    pub(crate) fn stands(&self) -> bool {
        self.track.speed_mps() == 0.0
    }
}

pub(crate) fn metres(spot: Spot) -> (f64, f64) {
    (f64::from(spot.x_mm) / 1000.0, f64::from(spot.y_mm) / 1000.0)
}

/// A person drives at a walking pace.
const DRIVEN_MPS: f64 = 0.8;
/// safety.md 5: stopping distance and one metre.
const BOX_M: f64 = 1.0;
/// To the sides, so that the box of a vehicle in its aisle does not reach into the next one.
const BOX_SIDE_M: f64 = 0.3;
