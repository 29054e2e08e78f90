//! The cameras: one thread a machine draws those that somebody watches.
//!
//! The cameras of a machine, and the machines among each other, take turns within the picture interval, so that drawing
//! and the encoders behind it find a free processor instead of each other.

use super::eye_of;
use super::faults::CameraFaults;
use super::feed::Feed;
use super::stage::{Stage, lock};
use crate::config::{Loaded, MachineConfig, picture_size};
use anyhow::Context as _;
use farhand_drive::vehicle_now;
use farhand_profile::{CameraProfile, Profile};
use farhand_protocol::{CameraIndex, MonoTime};
use farhand_world::{Body, CameraView, Scene, Site, Stamp, burn_stamp};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tracing::{info, warn};

/// How long a camera that somebody begins to watch may stay unnoticed.
const LONGEST_SLEEP: Duration = Duration::from_millis(50);
/// Pictures of a camera with the fault `camera_slow`.
const SLOW_INTERVAL: Duration = Duration::from_millis(500);

/// Starts one thread for each machine with cameras.
pub(crate) fn start(settings: &Loaded, stage: &Arc<Stage>) -> anyhow::Result<Vec<JoinHandle<()>>> {
    let machines = settings.config.machines.len();
    let site = Arc::new(Site::named(&settings.config.site, settings.config.seed)?);
    let mut threads = Vec::new();
    for (own, (machine, profile)) in settings.config.machines.iter().zip(&settings.profiles).enumerate() {
        let names = profile.cameras.iter().map(|camera| (camera.name.clone(), CameraFaults::default()));
        *lock(&stage.wings[own].cameras) = names.collect();
        let turn = Turn { own, of: machines };
        let mut rig = Rig::open(machine, profile, turn, Arc::clone(&site), Arc::clone(stage))?;
        let thread = std::thread::Builder::new().name(format!("eyes-{own}")).spawn(move || rig.run());
        threads.push(thread.context("starting the cameras")?);
    }
    Ok(threads)
}

/// Which of how many machines.
#[derive(Debug, Clone, Copy)]
struct Turn {
    own: usize,
    of: usize,
}

/// One camera.
#[derive(Debug)]
struct Lens {
    profile: CameraProfile,
    feed: Feed,
    view: CameraView,
    interval: Duration,
    due: MonoTime,
    last: Vec<u8>,
    slow_until: MonoTime,
    watched: bool,
}

/// One machine's cameras.
#[derive(Debug)]
struct Rig {
    own: usize,
    name: String,
    lenses: Vec<Lens>,
    site: Arc<Site>,
    stage: Arc<Stage>,
    bodies: Vec<Body>,
}

impl Rig {
    fn open(machine: &MachineConfig, profile: &Profile, turn: Turn, site: Arc<Site>, stage: Arc<Stage>) -> anyhow::Result<Self> {
        let folder = &machine.video_folder;
        std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
        let now = vehicle_now();
        let count = profile.cameras.len().max(1) * turn.of;
        let lenses = profile.cameras.iter().enumerate().map(|(index, camera)| {
            let interval = Duration::from_secs(1) / camera.fps.clamp(1, 120);
            let place = u32::try_from(index * turn.of + turn.own).unwrap_or(0);
            let (width, height) = picture_size(camera);
            Ok(Lens {
                feed: Feed::open(&folder.join(format!("{}.shm", camera.name)), camera)
                    .with_context(|| format!("camera {} of {}", camera.name, machine.name))?,
                view: CameraView::new(width, height, camera.lens.horizontal_fov_rad.value(), camera.lens.horizon.value()),
                interval,
                due: now.after(interval * place / u32::try_from(count).unwrap_or(1)),
                last: Vec::new(),
                slow_until: MonoTime(0),
                watched: false,
                profile: camera.clone(),
            })
        });
        let lenses = lenses.collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self { own: turn.own, name: machine.name.to_string(), lenses, site, stage, bodies: Vec::new() })
    }

    fn run(&mut self) {
        while !self.stage.ended() {
            let now = vehicle_now();
            for index in 0..self.lenses.len() {
                if self.lenses[index].due <= now {
                    self.lenses[index].next_due(now);
                    self.take(index);
                }
            }
            let next = self.lenses.iter().map(|lens| lens.due).min();
            let sleep = next.map_or(LONGEST_SLEEP, |due| due.since(vehicle_now()));
            std::thread::sleep(sleep.min(LONGEST_SLEEP));
        }
    }

    /// One camera's picture, if somebody looks and nothing is broken.
    fn take(&mut self, index: usize) {
        let lens = &mut self.lenses[index];
        if let Some(failure) = lens.feed.failure() {
            warn!(machine = self.name, camera = lens.profile.name, failure, "the camera's pipeline failed");
        }
        let watched = lens.feed.watched();
        if watched != lens.watched {
            info!(machine = self.name, camera = lens.profile.name, watched, "camera");
            lens.watched = watched;
        }
        if !watched {
            return;
        }
        let faults = lock(&self.stage.wings[self.own].cameras).get(index).map_or(CameraFaults::default(), |(_, now)| *now);
        let now = vehicle_now();
        if faults.dead || (faults.slow && now < self.lenses[index].slow_until) {
            return;
        }
        self.lenses[index].slow_until = now.after(SLOW_INTERVAL);
        if !faults.frozen || self.lenses[index].last.is_empty() {
            self.lenses[index].last = self.draw(index, faults.shows.unwrap_or(index));
        }
        let lens = &mut self.lenses[index];
        let picture = if faults.frozen { lens.last.clone() } else { std::mem::take(&mut lens.last) };
        if let Err(error) = lens.feed.push(picture) {
            warn!(machine = self.name, camera = lens.profile.name, %error, "a picture was not taken");
        }
    }

    /// Draws with the lens of camera `index` what camera `shown` sees.
    fn draw(&mut self, index: usize, shown: usize) -> Vec<u8> {
        self.stage.bodies(&mut self.bodies);
        let shown = if shown < self.lenses.len() { shown } else { index };
        let eye = eye_of(&self.bodies[self.own].place, &self.lenses[shown].profile);
        let scene = Scene { site: &self.site, bodies: &self.bodies, own: self.own };
        let mut picture = self.lenses[index].view.draw(&scene, &eye);
        let camera = CameraIndex(u8::try_from(shown).unwrap_or(0));
        burn_stamp(&mut picture, Stamp::new(vehicle_now(), camera));
        picture.into_bytes()
    }
}

impl Lens {
    /// The next turn; turns that were missed are not made up for.
    fn next_due(&mut self, now: MonoTime) {
        self.due = self.due.after(self.interval);
        while self.due <= now {
            self.due = self.due.after(self.interval);
        }
    }
}
