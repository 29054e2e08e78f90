//! `cargo xtask demo`: everything, with simulated trucks.

use crate::cpu::Meter;
use crate::signals::Ending;
use crate::steps::say;
use crate::system::{self, Plan, Ports, System};
use crate::{checks, house, setup};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const REPORT_EVERY: Duration = Duration::from_secs(30);
/// Programs that start and a browser that loads the page cost more than their budgets, once.
const STARTING: Duration = Duration::from_secs(15);

/// Options of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// How many trucks.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=8))]
    vehicles: u8,
    /// Opens no browser.
    #[arg(long)]
    headless: bool,
    /// Ends by itself after this time, for instance `60s` or `5min`.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_span)]
    span: Option<Duration>,
    /// Port of the pages.
    #[arg(long)]
    port: Option<u16>,
    /// Trucks without safety scanners: no guard watches, no stop is held ready.
    #[arg(long)]
    no_scanners: bool,
    /// The simulated site.
    #[arg(long)]
    site: Option<String>,
    /// Puts this kind of network between the trucks and the gateway.
    #[arg(long, value_name = "PRESET")]
    net: Option<String>,
    /// `script` drives the first truck from a headless browser.
    #[arg(long, value_parser = ["script"])]
    operator: Option<String>,
}

/// Runs the demo until Ctrl-C, or for as long as was asked.
pub(crate) fn run(options: &DemoOptions) -> Result<()> {
    setup::run()?;
    say("building the page and the programs");
    checks::build_web()?;
    checks::build()?;
    let ending = Ending::watch()?;
    let mut system = System::prepare(plan(options)?)?;
    say("starting");
    if !system.start(&ending)? || !wait_for_pictures(&mut system, &ending)? {
        return Ok(());
    }
    announce(&system, options)?;
    let operator = options.operator.as_ref().map(|_| start_operator(&system)).transpose()?;
    let ended = watch(&mut system, &ending, options.span, operator.as_ref());
    if let Some(mut operator) = operator {
        drop(operator.kill());
        drop(operator.wait());
    }
    say("stopping");
    system.stop();
    ended
}

fn plan(options: &DemoOptions) -> Result<Plan> {
    let mut ports = Ports::usual_or_free()?;
    if let Some(port) = options.port {
        ensure!(system::is_free(port), "port {port} is in use. Choose another with --port.");
        ports.web = port;
    }
    let folder = house::root().join("target/demo");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("clearing target/demo of the last run")?;
    }
    let mut plan = Plan::new(folder, options.vehicles, ports)?;
    plan.scanners = !options.no_scanners;
    plan.site.clone_from(&options.site);
    plan.net.clone_from(&options.net);
    Ok(plan)
}

/// Looks at every truck through a browser without a window, as a person would next: all pictures must be fresh.
fn wait_for_pictures(system: &mut System, ending: &Ending) -> Result<bool> {
    let doors = system.doors();
    let mut command = Command::new("node");
    command.arg("first-pictures.js").current_dir(house::end_to_end()).stdin(Stdio::null());
    for vehicle in &doors.vehicles {
        command.arg(format!("{vehicle}={}", system.login_url("wanda")?));
    }
    let mut looking = command.spawn().context("starting the look at the first pictures")?;
    let seen = ending.wait("the first pictures", Duration::from_mins(1), || {
        system.ensure_alive()?;
        match looking.try_wait().context("looking at the first pictures")? {
            None => Ok(false),
            Some(status) => {
                ensure!(status.success(), "no pictures came; the lines above and {}/logs say why", doors.folder);
                Ok(true)
            }
        }
    });
    // Ended already, unless the wait failed or was broken off.
    drop(looking.kill());
    drop(looking.wait());
    seen
}

fn announce(system: &System, options: &DemoOptions) -> Result<()> {
    let doors = system.doors();
    say("\neach process by hand:");
    for line in system.command_lines() {
        say(&format!("    {line}"));
    }
    say(&format!("configuration and logs: {}", house::shown(std::path::Path::new(&doors.folder))));
    say("accounts for other browsers:");
    for person in &doors.people {
        say(&format!("    {:<8} {:<10} password {}", person.name, person.role, person.password));
    }
    let has_screen = std::env::var_os("DISPLAY").is_some() || std::env::var_os("WAYLAND_DISPLAY").is_some();
    if has_screen && !options.headless {
        // A browser is a courtesy: without one the printed address does.
        drop(Command::new("xdg-open").arg(system.login_url("admin")?).stderr(Stdio::null()).spawn());
    }
    say(&format!("\nready: {}", system.login_url("admin")?));
    Ok(())
}

fn start_operator(system: &System) -> Result<Child> {
    Command::new("node")
        .arg("scripted-operator.js")
        .arg(system.login_url("alice")?)
        .arg(system.doors().vehicles.first().context("there is a truck")?)
        .current_dir(house::end_to_end())
        .stdin(Stdio::null())
        .spawn()
        .context("starting the scripted operator")
}

/// Looks after the processes and says what they cost.
fn watch(system: &mut System, ending: &Ending, span: Option<Duration>, operator: Option<&Child>) -> Result<()> {
    let start = Instant::now();
    let mut pids = system.pids();
    if let Some(operator) = operator {
        pids.insert("browser".to_owned(), operator.id());
    }
    let mut meter = Meter::start(pids.clone());
    let (mut reported, mut window) = (Instant::now(), STARTING);
    while !ending.asked() && span.is_none_or(|span| start.elapsed() < span) {
        system.ensure_alive()?;
        if reported.elapsed() >= window {
            say(&meter.report(if window == STARTING { "starting, " } else { "" }));
            meter = Meter::start(pids.clone());
            (reported, window) = (Instant::now(), REPORT_EVERY);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    say(&meter.report(if window == STARTING { "starting, " } else { "" }));
    Ok(())
}

/// `90`, `60s`, `5min`, `1h`.
fn parse_span(text: &str) -> Result<Duration, String> {
    let split = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "" | "s" => 1,
        "min" => 60,
        "h" => 3600,
        _ => return Err(format!("\"{text}\" is no time such as 60s or 5min")),
    };
    let number: u64 = number.parse().map_err(|_| format!("\"{text}\" is no time such as 60s or 5min"))?;
    Ok(Duration::from_secs(number.saturating_mul(factor)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_with_a_unit() {
        assert_eq!(parse_span("60s"), Ok(Duration::from_mins(1)));
        assert_eq!(parse_span("5min"), Ok(Duration::from_mins(5)));
        assert!(parse_span("soon").is_err());
    }
}
