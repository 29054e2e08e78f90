//! Accounts of a test system, each with a password that only this run knows, and the vehicles' certificates.

use super::plan::Plan;
use crate::{house, steps};
use anyhow::{Context, Result};
use serde::Serialize;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

/// Who is there, and as what.
const USUAL: [(&str, &str); 5] =
    [("admin", "admin"), ("alice", "drive"), ("bob", "drive"), ("steve", "supervise"), ("wanda", "watch")];

/// One account.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Person {
    /// Account name.
    pub name: String,
    /// One of `watch`, `supervise`, `drive`, `admin`.
    pub role: String,
    /// Its password.
    pub password: String,
}

impl Person {
    /// An admin, two operators, a supervisor and a watcher.
    pub(crate) fn usual() -> Result<Vec<Self>> {
        let person =
            |(name, role): (&str, &str)| Ok(Self { name: name.to_owned(), role: role.to_owned(), password: random_password()? });
        USUAL.into_iter().map(person).collect()
    }
}

/// Makes the vehicles' certificates and the accounts.
pub(crate) fn enrol(plan: &Plan) -> Result<()> {
    for vehicle in plan.vehicles() {
        let folder = plan.vehicle_folder(&vehicle);
        steps::output(gateway(plan)?.args(["enroll", &vehicle, "--out"]).arg(&folder))
            .with_context(|| format!("enrolling {vehicle}"))?;
        let mut commission = Command::new(house::program("farhand-guardian")?);
        commission.arg("--config").arg(folder.join("guardian.toml")).arg("init");
        steps::output(&mut commission).with_context(|| format!("commissioning {vehicle}"))?;
    }
    for person in &plan.people {
        add(plan, person).with_context(|| format!("making the account {}", person.name))?;
    }
    Ok(())
}

/// A fresh address that logs a person in once.
pub(crate) fn login_url(plan: &Plan, person: &str) -> Result<String> {
    let said =
        steps::output(gateway(plan)?.args(["token", "--user", person])).with_context(|| format!("a token for {person}"))?;
    let token = said.split_whitespace().last().context("the gateway printed no token")?;
    // Old and new gateways alike: the last word is the token or an address that ends in it.
    let token = token.rsplit('=').next().unwrap_or(token);
    Ok(format!("{}/login?token={token}", plan.web_url()))
}

fn gateway(plan: &Plan) -> Result<Command> {
    let mut command = Command::new(house::program("farhand-gateway")?);
    command.arg("--config").arg(plan.gateway_config());
    Ok(command)
}

/// The password goes over standard input: arguments can be read by everybody on the machine.
fn add(plan: &Plan, person: &Person) -> Result<()> {
    let mut child = gateway(plan)?
        .args(["user", "add", &person.name, "--role", &person.role])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting the gateway")?;
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "{}", person.password).context("handing over the password")?;
    }
    let output = child.wait_with_output().context("waiting for the gateway")?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "the gateway ended with {}: {}", output.status, said.trim());
    Ok(())
}

/// 24 hexadecimal digits from the system's source of randomness.
fn random_password() -> Result<String> {
    let mut bytes = [0; 12];
    let mut source = std::fs::File::open("/dev/urandom").context("opening the source of randomness")?;
    source.read_exact(&mut bytes).context("reading randomness")?;
    Ok(format!("{:024x}", bytes.iter().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte))))
}
