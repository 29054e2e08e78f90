//! A whole running system in one folder: simulator, gateway, and a guardian and an agent for each truck.
//!
//! The demo, the browser tests and the benches all start theirs here. Configuration is written first and stays in the
//! folder, so each process can be started again by hand.

mod child;
mod enrolment;
mod files;
mod people;
mod plan;
mod ports;

pub(crate) use child::Child;
pub(crate) use plan::Plan;
pub(crate) use ports::{Ports, is_free};

use crate::signals::Ending;
use anyhow::{Context, Result, bail};
use child::Invocation;
use people::Person;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

// A debug build on two busy cores: the gateway hashes passwords and makes its certificates on the first start.
const START_LIMIT: Duration = Duration::from_mins(1);

/// The running processes, by name.
#[derive(Debug)]
pub(crate) struct System {
    plan: Plan,
    invocations: BTreeMap<String, Invocation>,
    children: BTreeMap<String, Child>,
}

/// What a test or a person needs to know of a running system.
#[derive(Debug, Serialize)]
pub(crate) struct Doors {
    /// Folder with configuration, data and logs.
    pub folder: String,
    /// Pages and API.
    pub web: String,
    /// The same over TLS.
    pub web_tls: String,
    /// The simulator's ground truth.
    pub truth: String,
    /// The link emulator's controls, where there is one.
    pub net: Option<String>,
    /// The vehicles' names.
    pub vehicles: Vec<String>,
    /// Accounts and passwords.
    pub people: Vec<Person>,
    /// Process numbers by name.
    pub pids: BTreeMap<String, u32>,
}

impl System {
    /// Writes the configuration, enrols the trucks and makes the accounts. Starts nothing.
    pub(crate) fn prepare(plan: Plan) -> Result<Self> {
        files::write(&plan)?;
        enrolment::enrol(&plan)?;
        let invocations = plan.invocations()?;
        Ok(Self { plan, invocations, children: BTreeMap::new() })
    }

    /// Starts every process and waits until the gateway says that all vehicles are there. `false` if the end was asked for.
    pub(crate) fn start(&mut self, ending: &Ending) -> Result<bool> {
        let first: Vec<String> = ["net", "sim", "gateway"].into_iter().map(str::to_owned).collect();
        let names: Vec<String> = self.invocations.keys().filter(|name| !first.contains(name)).cloned().collect();
        for name in &first {
            if self.invocations.contains_key(name) {
                self.start_one(name)?;
            }
        }
        let (truth, healthz) = (format!("{}/truth", self.plan.truth_url()), format!("{}/healthz", self.plan.web_url()));
        if !self.wait_for(ending, "the simulator", &truth)? || !self.wait_for(ending, "the gateway", &healthz)? {
            return Ok(false);
        }
        for name in &names {
            self.start_one(name)?;
        }
        self.wait_for(
            ending,
            "the gateway with its vehicles",
            &format!("{}/readyz?vehicles={}", self.plan.web_url(), self.plan.count),
        )
    }

    /// Starts one process that is not running.
    pub(crate) fn start_one(&mut self, name: &str) -> Result<u32> {
        let invocation = self.invocations.get(name).with_context(|| format!("no process is called {name}"))?;
        if let Some(child) = self.children.get_mut(name) {
            anyhow::ensure!(!child.is_running(), "{name} is running already");
        }
        let child = Child::start(name, invocation)?;
        let pid = child.pid();
        self.children.insert(name.to_owned(), child);
        Ok(pid)
    }

    fn wait_for(&mut self, ending: &Ending, what: &str, url: &str) -> Result<bool> {
        ending.wait(what, START_LIMIT, || {
            self.ensure_alive()?;
            Ok(is_well(url))
        })
    }

    /// Fails with the last lines of the log of a process that ended.
    pub(crate) fn ensure_alive(&mut self) -> Result<()> {
        match self.take_dead().into_iter().next() {
            None => Ok(()),
            Some((name, why)) => bail!("{name} {why}"),
        }
    }

    /// Processes that ended since the last call, each with how, and the last lines of its log.
    pub(crate) fn take_dead(&mut self) -> Vec<(String, String)> {
        let dead: Vec<String> =
            self.children.iter_mut().filter_map(|(name, child)| (!child.is_running()).then(|| name.clone())).collect();
        let taken = dead.into_iter().filter_map(|name| self.children.remove(&name).map(|child| (name, child)));
        taken.map(|(name, child)| (name, child.obituary())).collect()
    }

    /// Everything that a test needs.
    pub(crate) fn doors(&self) -> Doors {
        Doors {
            folder: self.plan.folder.display().to_string(),
            web: self.plan.web_url(),
            web_tls: self.plan.web_tls_url(),
            truth: self.plan.truth_url(),
            net: self.plan.net_url(),
            vehicles: self.plan.vehicles(),
            people: self.plan.people.clone(),
            pids: self.pids(),
        }
    }

    /// Process numbers by name.
    pub(crate) fn pids(&self) -> BTreeMap<String, u32> {
        self.children.iter().map(|(name, child)| (name.clone(), child.pid())).collect()
    }

    /// The command lines of all processes, in the order in which they start.
    pub(crate) fn command_lines(&self) -> Vec<String> {
        let order = |name: &String| match name.as_str() {
            "net" => 0,
            "sim" => 1,
            "gateway" => 2,
            _ => 3,
        };
        let mut lines: Vec<_> = self.invocations.iter().collect();
        lines.sort_by_key(|(name, _)| order(name));
        lines.into_iter().map(|(_, invocation)| invocation.shown()).collect()
    }

    /// A fresh address that logs a person in once.
    pub(crate) fn login_url(&self, person: &str) -> Result<String> {
        enrolment::login_url(&self.plan, person)
    }

    /// Ends all processes: the trucks first, so that they do not report a lost gateway.
    pub(crate) fn stop(&mut self) {
        let (last, first): (Vec<String>, Vec<String>) =
            self.children.keys().cloned().partition(|name| ["net", "sim", "gateway"].contains(&name.as_str()));
        for names in [first, last] {
            for name in &names {
                if let Some(child) = self.children.get(name) {
                    child.ask_to_end();
                }
            }
            for name in names {
                if let Some(child) = self.children.remove(&name) {
                    child.wait_or_kill();
                }
            }
        }
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.stop();
    }
}

/// True if the address answers with a success.
pub(crate) fn is_well(url: &str) -> bool {
    agent().get(url).call().is_ok()
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(2))).build();
    ureq::Agent::new_with_config(config)
}
