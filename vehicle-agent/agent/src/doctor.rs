//! `farhand-agent doctor`: what is wrong with an installation, and what to do about it.

use crate::config::AgentConfig;
use crate::dial::resolve;
use crate::policy;
use farhand_profile::Profile;
use farhand_transport::{Class, Endpoint, Identity, connect, dialer, explain, knock, vehicle_dns_name};
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, timeout};

const FIRST_PICTURE: Duration = Duration::from_secs(6);
const ANSWER: Duration = Duration::from_secs(3);
// A gateway that refuses the certificate says so a round trip after the handshake.
const SECOND_THOUGHTS: Duration = Duration::from_millis(500);
const EXPIRES_SOON_S: i64 = 14 * 24 * 3600;

/// Runs every check and prints a line for each. Success only if nothing is wrong.
pub(crate) fn examine(config: &AgentConfig, profile: &Profile) -> anyhow::Result<ExitCode> {
    let mut report = Report { faults: 0 };
    report.line("configuration", Ok(format!("vehicle {}", config.vehicle)));
    let started = farhand_cameras::initialise();
    let video = started.is_ok();
    report.line("GStreamer", started.map(|()| "all elements are there".to_owned()).map_err(|error| error.to_string()));
    for camera in profile.cameras.iter().filter(|_| video) {
        let what = format!("camera {}", camera.name);
        // The error names the camera too, for those who read it elsewhere.
        let without_name = |why: String| why.strip_prefix(&format!("{what}: ")).map_or(why.clone(), str::to_owned);
        let outcome = farhand_cameras::check(camera, FIRST_PICTURE);
        let outcome = outcome.map(|()| "gives pictures".to_owned()).map_err(|error| without_name(error.to_string()));
        report.line(&what, outcome);
    }
    if let Some(policy) = &config.policy {
        let opened = policy::open(policy).map(|policy| format!("{} {}", policy.card().name, policy.card().sha256));
        report.line("stop policy", opened.map_err(|error| error.to_string()));
    }
    report.line("guardian", guardian(config));
    let identity = Identity::load(&config.certificate, &config.key, &config.ca).map_err(|error| error.to_string());
    report.line("certificate", identity.as_ref().map_err(Clone::clone).and_then(|identity| validity(config, identity)));
    if let Ok(identity) = identity {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        for (what, class, address) in [
            ("gateway, control", Class::Control, &config.gateway_control),
            ("gateway, media", Class::Media, &config.gateway_media),
        ] {
            report.line(what, runtime.block_on(reach(&identity, class, address, &config.gateway_name)));
        }
    }
    Ok(if report.faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Report {
    faults: u32,
}

impl Report {
    fn line(&mut self, what: &str, outcome: Result<String, String>) {
        match outcome {
            Ok(fact) => eprintln!("ok     {what}: {fact}"),
            Err(why) => {
                self.faults += 1;
                eprintln!("wrong  {what}: {why}");
            }
        }
    }
}

/// Looks without connecting: a second connection would look like a new agent to the guardian.
fn guardian(config: &AgentConfig) -> Result<String, String> {
    let path = &config.guardian_socket;
    match std::fs::metadata(path) {
        Ok(found) if found.file_type().is_socket() => Ok(format!("{} is there", path.display())),
        Ok(_) => Err(format!("{} is no socket. Compare guardian_socket with the guardian's agent_socket.", path.display())),
        Err(error) => Err(format!("{}: {error}. Start farhand-guardian; compare its agent_socket.", path.display())),
    }
}

fn validity(config: &AgentConfig, identity: &Identity) -> Result<String, String> {
    let facts = identity.facts().map_err(|error| error.to_string())?;
    let wanted = vehicle_dns_name(&config.vehicle);
    if !facts.names.contains(&wanted) {
        return Err(format!("it is for {:?} and not for {wanted}. Enrol {} and copy its files.", facts.names, config.vehicle));
    }
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now = i64::try_from(seconds).unwrap_or(i64::MAX);
    let days = (facts.not_after - now) / (24 * 3600);
    match facts.not_after - now {
        _ if now < facts.not_before => Err("it is not valid yet. Set this machine's clock.".to_owned()),
        left if left <= 0 => Err(format!("it expired {} days ago. Enrol the vehicle again.", -days)),
        left if left < EXPIRES_SOON_S => Ok(format!("valid for {days} more days only; enrol again soon")),
        _ => Ok(format!("valid for {days} more days")),
    }
}

async fn reach(identity: &Identity, class: Class, address: &str, name: &str) -> Result<String, String> {
    let resolved = resolve(address).await?;
    let bind = if resolved.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
    let bind = bind.parse().map_err(|error| format!("{bind}: {error}"))?;
    let endpoint = dialer(bind, identity, class).map_err(|error| error.to_string())?;
    let begin = Instant::now();
    let answer = match class {
        Class::Control => timeout(ANSWER, call(&endpoint, resolved, name)).await,
        // A whole media connection would take the place of a running agent's.
        Class::Media => timeout(ANSWER, async { knock(&endpoint, resolved).await.map_err(|error| error.to_string()) }).await,
    };
    let silent = || format!("{address} does not answer. Is the gateway running, and does the network let UDP through?");
    answer.unwrap_or_else(|_| Err(silent()))?;
    let took = begin.elapsed();
    // The goodbye is a courtesy.
    let _ = timeout(SECOND_THOUGHTS, endpoint.wait_idle()).await;
    Ok(format!("answers within {took:.0?}"))
}

/// A control connection that says no hello, so the gateway does not take it for the vehicle.
async fn call(endpoint: &Endpoint, address: SocketAddr, name: &str) -> Result<(), String> {
    let connection = connect(endpoint, address, name).await.map_err(|error| error.to_string())?;
    if let Ok(reason) = timeout(SECOND_THOUGHTS, connection.closed()).await {
        return Err(explain(&reason));
    }
    connection.close(0_u32.into(), b"doctor");
    Ok(())
}
