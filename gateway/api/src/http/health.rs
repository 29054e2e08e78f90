//! For machines that watch the gateway.

use super::Web;
use super::access::{Authorised, See};
use super::problem::Problem;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;

/// Writes the figures as Prometheus reads them.
#[derive(Clone)]
pub struct MetricsText(pub Arc<dyn Fn() -> String + Send + Sync>);

impl fmt::Debug for MetricsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetricsText")
    }
}

pub(super) async fn healthz() -> &'static str {
    "fine\n"
}

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    /// How many connected vehicles to wait for.
    vehicles: Option<usize>,
}

/// Ready when the database answers, the journal can be written and, where asked for, so many vehicles are connected.
pub(super) async fn readyz(State(web): State<Arc<Web>>, Query(wanted): Query<Wanted>) -> Result<&'static str, Problem> {
    web.store.ping().await.map_err(|error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
    if let Some(why) = web.journal.trouble() {
        let detail = format!("The journal cannot be written, so nobody may take control: {why}");
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    }
    let connected = web.desk.seen().iter().filter(|seen| seen.connected).count();
    match wanted.vehicles {
        Some(wanted) if connected < wanted => {
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("{connected} of {wanted} vehicles are connected.")))
        }
        _ => Ok("ready\n"),
    }
}

pub(super) async fn metrics(State(web): State<Arc<Web>>, _: Authorised<See>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (web.metrics.0)()).into_response()
}

pub(super) async fn openapi_json(_: Authorised<See>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], super::openapi()).into_response()
}
