//! `/truth` and `/faults`, on loopback.

use super::faults::Fault;
use super::log::LogEntry;
use super::stage::{Stage, Truth, Wing, lock};
use anyhow::Context as _;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

type Refusal = (StatusCode, String);

#[derive(Debug, Deserialize)]
struct Since {
    machine: String,
    #[serde(default)]
    since_us: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultOrder {
    machine: String,
    kind: String,
    on: bool,
}

/// Takes the port before anything starts, so that an occupied one is said at once.
pub(crate) fn listen(runtime: &tokio::runtime::Runtime, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = runtime.block_on(TcpListener::bind(address));
    listener.with_context(|| format!("truth_listen = \"{address}\": is the port in use? Choose another"))
}

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn serve(listener: TcpListener, stage: Arc<Stage>) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("registering SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("registering SIGINT")?;
    let router = Router::new()
        .route("/truth", get(truth))
        .route("/truth/actuators", get(actuators))
        .route("/faults", post(faults))
        .with_state(stage);
    // A reader that keeps its connection open does not hold the end up: what is served is never half done.
    tokio::select! {
        served = axum::serve(listener, router) => served.context("serving the truth"),
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
}

async fn truth(State(stage): State<Arc<Stage>>) -> Json<Truth> {
    Json(stage.truth())
}

async fn actuators(State(stage): State<Arc<Stage>>, Query(wanted): Query<Since>) -> Result<Json<Vec<LogEntry>>, Refusal> {
    let wing = find(&stage, &wanted.machine)?;
    let entries = lock(&wing.log).since(wanted.since_us);
    Ok(Json(entries))
}

async fn faults(State(stage): State<Arc<Stage>>, Json(order): Json<FaultOrder>) -> Result<StatusCode, Refusal> {
    let wing = find(&stage, &order.machine)?;
    let refuse = |text: String| (StatusCode::BAD_REQUEST, text);
    let fault: Fault = order.kind.parse().map_err(refuse)?;
    wing.set_fault(&fault, order.on).map_err(refuse)?;
    info!(machine = order.machine, kind = order.kind, on = order.on, "fault");
    Ok(StatusCode::NO_CONTENT)
}

fn find<'a>(stage: &'a Stage, machine: &str) -> Result<&'a Wing, Refusal> {
    let names = || stage.wings.iter().map(|wing| &*wing.name).collect::<Vec<_>>().join(", ");
    stage.wing(machine).ok_or_else(|| (StatusCode::NOT_FOUND, format!("no machine {machine:?}; there are {}", names())))
}
