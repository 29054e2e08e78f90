//! Certificates, accounts and one-time addresses, made by the gateway's own commands.

use super::people::Person;
use super::plan::Plan;
use crate::{house, steps};
use anyhow::{Context, Result};
use std::io::Write as _;
use std::process::{Command, Stdio};

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
    let path = said.split_whitespace().last().context("the gateway printed no address")?;
    Ok(format!("{}{path}", plan.web_url()))
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
