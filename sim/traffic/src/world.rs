//! A site in invented time: one thread, a tick of 100 ms, everything drawn from one seed.

mod fleet;
mod helping;

use crate::layout::Layout;
use crate::oracle::Oracle;
use crate::people::Operator;
use crate::random::{Random, actor};
use crate::scenario::{Outcome, Scenario};
use crate::truck::{Doing, Truck};
use crate::wire::Wire;
use anyhow::Context as _;
use farhand_coordination::{Coordinator, Event, Kept, Limits, LossBehaviour, NodeId, Order, Output, Report, Trouble};
use farhand_net::preset;
use farhand_protocol::{MonoTime, VehicleId};
pub(crate) use fleet::{Fleet, own_goal};
use std::collections::BTreeMap;
use std::time::Duration;

/// A run under way.
pub struct World {
    pub(crate) layout: Layout,
    pub(crate) trucks: Vec<Truck>,
    pub(crate) now: MonoTime,
    scenario: Scenario,
    ids: Vec<VehicleId>,
    places: BTreeMap<VehicleId, usize>,
    coordinator: Option<Coordinator>,
    kept: Option<Kept>,
    fleet: Fleet,
    up: Vec<Wire<Report>>,
    down: Vec<Wire<Order>>,
    operators: Vec<Operator>,
    oracle: Oracle,
    delays: Vec<Random>,
    troubles: Vec<(Random, f64)>,
    dark: Vec<(f64, f64)>,
    restarts: Vec<(f64, f64)>,
    opened: Vec<Option<MonoTime>>,
    outcome: Outcome,
    tick: u64,
    crash_near: bool,
}

impl World {
    /// Puts the vehicles on the site.
    ///
    /// # Errors
    /// If there is no room for them.
    pub fn new(layout: Layout, scenario: Scenario) -> anyhow::Result<Self> {
        let count = scenario.vehicles;
        let mut random = Random::stream(scenario.seed, actor::STARTS, 0);
        let mut starts = layout.starts.clone();
        anyhow::ensure!(starts.len() > 2 * count, "{} nodes are too few for {count} vehicles", starts.len());
        let nodes: Vec<NodeId> = (0..count).map(|_| starts.swap_remove(random.below(starts.len()))).collect();
        let loss = [LossBehaviour::Stop, LossBehaviour::Continue, LossBehaviour::Evacuate][random.below(3)];
        let ids = (1..=count).map(|number| VehicleId::new(&format!("truck-{number}"))).collect::<Result<Vec<_>, _>>()?;
        let mut coordinator = Coordinator::new(layout.site.clone(), Limits::default());
        let kind = layout.body.kind();
        for (id, node) in ids.iter().zip(&nodes) {
            let _ = coordinator.handle_event(MonoTime(0), Event::Joined { vehicle: id.clone(), node: *node, kind });
        }
        let network = preset(if scenario.bad_network { "wifi_lossy" } else { "clean" }).context("the network has a preset")?;
        let wire_seed = |actor: u64, who: usize| Random::stream(scenario.seed, actor, who).next();
        let streams = |actor: u64| (0..count).map(move |who| Random::stream(scenario.seed, actor, who));
        let troubles = streams(actor::TROUBLE).map(|mut random| {
            let first = random.waiting_s(scenario.trouble_per_hour);
            (random, first)
        });
        let mut restarts = Vec::new();
        let mut random = Random::stream(scenario.seed, actor::RESTARTS, 0);
        let mut at = random.waiting_s(scenario.restarts_per_hour);
        while at < scenario.span.as_secs_f64() {
            let down_s = random.between(2.0, 20.0);
            restarts.push((at, at + down_s));
            at += down_s + random.waiting_s(scenario.restarts_per_hour);
        }
        Ok(Self {
            trucks: nodes.iter().map(|node| Truck::standing(layout.body, &layout.site, *node, loss)).collect(),
            now: MonoTime(0),
            places: ids.iter().cloned().enumerate().map(|(who, id)| (id, who)).collect(),
            coordinator: Some(coordinator),
            kept: None,
            fleet: Fleet {
                goals: vec![None; count],
                promised: vec![false; count],
                cut_off: vec![false; count],
                random: streams(actor::GOALS).collect(),
                unsaid: Vec::new(),
            },
            up: (0..count).map(|who| Wire::new(network.conditions(), wire_seed(actor::LINK_UP, who))).collect(),
            down: (0..count).map(|who| Wire::new(network.conditions(), wire_seed(actor::LINK_DOWN, who))).collect(),
            operators: (0..scenario.operators).map(|number| Operator::new(scenario.seed, number)).collect::<Result<_, _>>()?,
            oracle: Oracle::new(count),
            delays: streams(actor::DELAYS).collect(),
            troubles: troubles.collect(),
            dark: Vec::new(),
            restarts,
            opened: vec![None; count],
            outcome: Outcome::default(),
            tick: 0,
            crash_near: false,
            layout,
            scenario,
            ids,
        })
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// If a restarted gateway refuses what was kept.
    pub fn run(mut self) -> anyhow::Result<Outcome> {
        while self.now.since(MonoTime(0)) < self.scenario.span {
            self.step()?;
        }
        Ok(self.finish())
    }

    /// One tick.
    ///
    /// # Errors
    /// If a restarted gateway refuses what was kept.
    pub fn step(&mut self) -> anyhow::Result<()> {
        self.step_watched(&mut |_, _| ())
    }

    /// One tick, in which `watch` sees the coordinator before each tick of its own.
    pub(crate) fn step_watched(&mut self, watch: &mut dyn FnMut(&Coordinator, MonoTime)) -> anyhow::Result<()> {
        self.tick += 1;
        self.now = self.now.after(TICK);
        self.live_and_die()?;
        self.drive();
        self.work();
        self.talk(watch);
        self.help();
        self.oracle.look(&self.trucks);
        if self.tick.is_multiple_of(10) {
            self.oracle.count(self.now, &self.trucks, &self.fleet, self.coordinator.as_ref(), &self.ids);
        }
        Ok(())
    }

    /// What came of it so far.
    #[must_use]
    pub fn finish(mut self) -> Outcome {
        self.outcome.seen = self.oracle.seen.clone();
        self.outcome.adopted += self.coordinator.as_ref().map_or(0, Coordinator::adopted);
        self.outcome
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.now.since(MonoTime(0)).as_secs_f64()
    }

    /// The gateway dies with what it has not written down, and comes back with what it has.
    fn live_and_die(&mut self) -> anyhow::Result<()> {
        let at = self.seconds();
        let Some(&(dies, comes)) = self.restarts.first() else { return Ok(()) };
        self.crash_near = at + 0.4 >= dies;
        if at >= dies
            && let Some(dead) = self.coordinator.take()
        {
            self.outcome.adopted += dead.adopted();
            // Before the first order nothing had been written down, and nothing needed to be.
            self.kept.get_or_insert_with(|| dead.export());
        }
        if at >= comes
            && let Some(kept) = self.kept.take()
        {
            let site = self.layout.site.clone();
            self.coordinator = Some(Coordinator::import(site, Limits::default(), self.now, &kept)?);
            self.outcome.restarts += 1;
            self.restarts.remove(0);
            self.crash_near = false;
            self.fleet.unsaid = (0..self.trucks.len()).collect();
        }
        Ok(())
    }

    fn drive(&mut self) {
        for who in 0..self.trucks.len() {
            let (truck, wire) = (&mut self.trucks[who], &mut self.down[who]);
            while let Some(order) = wire.receive(self.now) {
                truck.obey(&self.layout.site, &order);
            }
            let held = truck.track.stops().len();
            truck.drive(self.now, TICK.as_secs_f64());
            let left = truck.track.stops().len() < held;
            if left && self.scenario.delays && self.delays[who].chance(DELAY_CHANCE) {
                let step_s = self.layout.cell_m / truck.body.top_mps;
                let steps = 2 + self.delays[who].below(7);
                let pause = Duration::from_secs_f64(step_s) * u32::try_from(steps).unwrap_or(8);
                truck.paused_until = self.now.after(pause);
            }
            self.fall_into_trouble(who);
        }
    }

    fn fall_into_trouble(&mut self, who: usize) {
        let at = self.seconds();
        let truck = &mut self.trucks[who];
        let moves = truck.doing == Doing::Driving && !truck.stands();
        let dies = self.scenario.one_dead && who == 0 && at >= 300.0;
        let (random, due) = &mut self.troubles[who];
        if moves && (at >= *due || dies) {
            let trouble = Trouble { person_near: random.chance(0.2), load_at_risk: random.chance(0.2) };
            truck.begin(Doing::Halted(trouble));
            *due = at + random.waiting_s(self.scenario.trouble_per_hour);
        }
    }

    /// Reports up, orders down.
    fn talk(&mut self, watch: &mut dyn FnMut(&Coordinator, MonoTime)) {
        for who in 0..self.trucks.len() {
            let turn = (self.tick + who as u64).is_multiple_of(REPORT_TICKS);
            if self.trucks[who].take_changed() || turn {
                let report = self.trucks[who].report(self.now);
                self.up[who].send(self.now, report);
            }
            while let Some(report) = self.up[who].receive(self.now) {
                if let Some(coordinator) = &mut self.coordinator {
                    let vehicle = self.ids[who].clone();
                    let _ = coordinator.handle_event(self.now, Event::Reported { vehicle, report });
                }
            }
        }
        self.darken();
        if self.tick.is_multiple_of(2)
            && let Some(coordinator) = &mut self.coordinator
        {
            watch(coordinator, self.now);
            let outputs = coordinator.handle_event(self.now, Event::Tick);
            if self.crash_near {
                self.kept = Some(coordinator.export());
            }
            self.carry_out(outputs);
        }
    }

    /// Now and then a vehicle hears and says nothing for a while.
    fn darken(&mut self) {
        if !self.scenario.bad_network {
            return;
        }
        let at = self.seconds();
        if self.dark.is_empty() {
            let seed = self.scenario.seed;
            self.dark = (0..self.trucks.len())
                .map(|who| (Random::stream(seed, actor::LINK_UP, who + 1000).waiting_s(DARK_PER_HOUR), 0.0))
                .collect();
        }
        for (who, (begins, ends)) in self.dark.iter_mut().enumerate() {
            if at >= *begins && *ends == 0.0 {
                let mut random = Random::stream(self.scenario.seed ^ begins.to_bits(), actor::LINK_DOWN, who);
                *ends = at + random.between(2.0, 20.0);
                self.up[who].set_blackout(true);
                self.down[who].set_blackout(true);
            } else if *ends > 0.0 && at >= *ends {
                let mut random = Random::stream(self.scenario.seed ^ ends.to_bits(), actor::LINK_DOWN, who);
                (*begins, *ends) = (at + random.waiting_s(DARK_PER_HOUR), 0.0);
                self.up[who].set_blackout(false);
                self.down[who].set_blackout(false);
            }
        }
    }

    fn carry_out(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Send { vehicle, order } => {
                    let Some(&who) = self.places.get(&vehicle) else { continue };
                    // In the tick in which it dies only some of the orders get out.
                    if !(self.crash_near && (self.tick + who as u64).is_multiple_of(4)) {
                        self.down[who].send(self.now, order);
                    }
                }
                Output::Promised { vehicle } => self.mark(&vehicle, |fleet, who| fleet.promised[who] = true),
                Output::Queued { vehicle } => self.mark(&vehicle, |fleet, who| fleet.promised[who] = false),
                Output::Unreachable { vehicle } => {
                    self.mark(&vehicle, |fleet, who| fleet.cut_off[who] = true);
                    let Some(&who) = self.places.get(&vehicle) else { continue };
                    if !self.layout.own_goals || self.scenario.trouble_per_hour > 0.0 {
                        self.send_elsewhere(who);
                    }
                }
                Output::Opened { vehicle } => {
                    if let Some(&who) = self.places.get(&vehicle) {
                        self.opened[who] = Some(self.now);
                    }
                }
                Output::Closed { vehicle } => {
                    if let Some(&who) = self.places.get(&vehicle) {
                        self.opened[who] = None;
                    }
                }
            }
        }
    }

    fn mark(&mut self, vehicle: &VehicleId, change: impl FnOnce(&mut Fleet, usize)) {
        if let Some(&who) = self.places.get(vehicle) {
            change(&mut self.fleet, who);
        }
    }
}

/// How long loading or unloading takes: lifting, lowering and the last metre, 25 s a pallet in safety.md 6 with both ends.
pub(crate) const HANDLING: Duration = Duration::from_secs(20);
pub(crate) const TICK: Duration = Duration::from_millis(100);
/// A vehicle reports every 300 ms, and at once when what it holds has changed.
const REPORT_TICKS: u64 = 3;
/// safety.md 4.4, the start kit's delay model.
const DELAY_CHANCE: f64 = 0.003;
/// Times an hour that a vehicle is out of reach, for 2 to 20 s.
const DARK_PER_HOUR: f64 = 2.0;
