//! The real program with a machine on a real socket: it hears the scanners, and their silence.

#[path = "../../mind/src/lookout/machine.rs"]
mod machine;

use farhand_drive::{Actuate, GuardianSays, MachineSays, PacketListener, PacketSocket, vehicle_now};
use farhand_profile::Profile;
use farhand_protocol::{Limits, MonoTime, Protection, SafetyState, VehicleState, decode};
use farhand_world::{Ground, Place, Solid, SolidKind};
use machine::Machine;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PROFILE: &str = "kind = \"counterbalance-truck\"\n[scanner]\nfitted = true\n";
const CONFIG: &str = r#"
vehicle = "truck-1"
profile = "profile.toml"
machine_socket = "machine.sock"
agent_socket = "agent.sock"
state_file = "guardian.state"
"#;

/// Ends the program with the test.
struct Guardian(Child);

impl Drop for Guardian {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farhand-guardian"));
    command.arg("--config").arg(folder.join("guardian.toml")).stderr(Stdio::null());
    command
}

/// The machine's side and the agent's, moved on by the real clock.
struct Site {
    machine: Machine,
    listener: PacketListener,
    guardian: Option<PacketSocket>,
    agent: Option<PacketSocket>,
    tick: u64,
    next: MonoTime,
    state: Option<VehicleState>,
}

impl Site {
    /// Moves on by one tick of 10 ms.
    fn turn(&mut self, folder: &Path) {
        let now = vehicle_now();
        std::thread::sleep(self.next.since(now));
        let now = vehicle_now();
        (self.tick, self.next) = (self.tick + 1, now.after(Duration::from_millis(10)));
        self.machine.advance(now);
        if self.guardian.is_none() {
            self.guardian = self.listener.accept().expect("listens");
        }
        if self.agent.is_none() {
            self.agent = PacketSocket::connect(&folder.join("agent.sock")).ok();
        }
        if let Some(guardian) = &self.guardian {
            while let Ok(Some(command)) = guardian.receive::<Actuate>() {
                self.machine.obey(now, &command);
            }
            guardian.send(&MachineSays::Report(self.machine.report(now))).expect("the guardian lives");
            self.machine.sweep(now, self.tick);
            while let Some(scan) = self.machine.known(now) {
                guardian.send(&MachineSays::Scan(scan)).expect("the guardian lives");
            }
        }
        while let Some(Ok(Some(said))) = self.agent.as_ref().map(PacketSocket::receive::<GuardianSays>) {
            if let GuardianSays::State(bytes) = said {
                self.state = Some(decode(&bytes, Limits::STREAM).expect("a state"));
            }
        }
    }

    /// Until the vehicle says so; fails after ten seconds.
    fn until(&mut self, folder: &Path, what: &str, holds: impl Fn(&VehicleState) -> bool) {
        let start = vehicle_now();
        while !self.state.as_ref().is_some_and(&holds) {
            assert!(vehicle_now().since(start) < Duration::from_secs(10), "waiting for {what}: {:?}", self.state);
            self.turn(folder);
        }
    }
}

#[test]
fn the_program_leaves_boot_with_scans_and_knows_when_they_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::write(folder.join("profile.toml"), PROFILE).expect("written");
    std::fs::write(folder.join("guardian.toml"), CONFIG).expect("written");
    assert!(program(folder).arg("init").status().expect("starts").success());
    let profile: Profile = farhand_settings::parse(PROFILE, Path::new("profile.toml")).expect("good");
    let wall = Solid::new((5.0, -3.0), (5.2, 3.0), SolidKind::Wall);
    let now = vehicle_now();
    let mut site = Site {
        machine: Machine::new(&profile, Ground::new(vec![wall]), Place::default(), now),
        listener: PacketListener::bind(&folder.join("machine.sock")).expect("listens"),
        guardian: None,
        agent: None,
        tick: 0,
        next: now,
        state: None,
    };
    site.machine.scans_flow = false;
    let _guardian = Guardian(program(folder).spawn().expect("starts"));

    site.until(folder, "a machine that says nothing of scans", |state| {
        state.state == SafetyState::Boot && state.protection == Protection::Lost
    });
    for _ in 0..50 {
        site.turn(folder);
    }
    assert_eq!(site.state.as_ref().map(|state| state.state), Some(SafetyState::Boot), "silent scanners keep it in boot");

    site.machine.scans_flow = true;
    site.until(folder, "parked and watching", |state| {
        state.state == SafetyState::Parked && state.protection == Protection::Watching
    });
    // Nobody asks for more than creep: what is before the forks may be a pallet, so the way ends where the body does.
    site.until(folder, "the wall ahead", |state| state.free_mm.is_some_and(|free| (4300..=4500).contains(&free)));

    site.machine.scans_flow = false;
    site.until(folder, "the silence", |state| state.protection == Protection::Lost && state.free_mm.is_none());
}
