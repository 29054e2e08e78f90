//! The fleet, once or five times a second.

use super::Web;
use super::access::{Authorised, See};
use super::problem::Problem;
use crate::desk::{LiveList, Seen};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use farhand_protocol::{CameraSummary, LeaseEpoch, OperatorName, Outline, VehicleId, VehicleState};
use futures_util::Stream;
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior};
use ts_rs::TS;
use utoipa::ToSchema;

/// One vehicle as the pages need it.
#[derive(Debug, Serialize, TS, ToSchema)]
pub struct VehicleView {
    /// Its name.
    #[schema(value_type = String)]
    id: VehicleId,
    /// Kind of vehicle, from its profile; empty before it ever connected.
    kind: String,
    /// Its control connection stands.
    connected: bool,
    /// Its cameras, in the order of their index.
    #[schema(value_type = Vec<Object>)]
    cameras: Vec<CameraSummary>,
    /// Highest speed of its profile.
    max_speed_mm_s: i32,
    /// Largest angle of its steered wheel.
    max_steering_mrad: i32,
    /// Its outline on the floor.
    #[schema(value_type = Option<Object>)]
    outline: Option<Outline>,
    /// Round trip gateway to vehicle and back.
    #[ts(type = "number | null")]
    vehicle_rtt_us: Option<u64>,
    /// Age of the newest state.
    #[ts(type = "number | null")]
    state_age_ms: Option<u64>,
    /// Who holds its lease.
    #[schema(value_type = Option<String>)]
    holder: Option<OperatorName>,
    /// The lease's epoch, once the vehicle has accepted it.
    #[schema(value_type = Option<u64>)]
    epoch: Option<LeaseEpoch>,
    /// How many viewers are open.
    watchers: u32,
    /// What it last said of itself.
    #[schema(value_type = Option<Object>)]
    state: Option<VehicleState>,
}

impl From<Seen> for VehicleView {
    fn from(seen: Seen) -> Self {
        let hello = seen.hello;
        Self {
            id: seen.id,
            kind: hello.as_ref().map(|hello| hello.kind.clone()).unwrap_or_default(),
            connected: seen.connected,
            max_speed_mm_s: hello.as_ref().map_or(0, |hello| hello.max_speed_mm_s),
            max_steering_mrad: hello.as_ref().map_or(0, |hello| hello.max_steering_mrad),
            outline: hello.as_ref().and_then(|hello| hello.outline),
            cameras: hello.map(|hello| hello.cameras).unwrap_or_default(),
            vehicle_rtt_us: seen.round_trip_us,
            state_age_ms: seen.state_age_ms,
            holder: seen.holder,
            epoch: seen.epoch,
            watchers: u32::try_from(seen.watchers).unwrap_or(u32::MAX),
            state: seen.state,
        }
    }
}

fn views(web: &Web) -> Vec<VehicleView> {
    web.desk.seen().into_iter().map(VehicleView::from).collect()
}

/// All vehicles.
#[utoipa::path(get, path = "/api/v1/vehicles", responses((status = 200, body = Vec<VehicleView>), (status = 401, body = Problem)))]
pub(super) async fn list(State(web): State<Arc<Web>>, _: Authorised<See>) -> Json<Vec<VehicleView>> {
    Json(views(&web))
}

/// One vehicle.
#[utoipa::path(get, path = "/api/v1/vehicles/{vehicle}", params(("vehicle" = String, Path,)), responses(
    (status = 200, body = VehicleView), (status = 401, body = Problem), (status = 404, body = Problem),
))]
pub(super) async fn one(
    State(web): State<Arc<Web>>,
    _: Authorised<See>,
    Path(vehicle): Path<String>,
) -> Result<Json<VehicleView>, Problem> {
    find(&web, &vehicle).map(|seen| Json(seen.into()))
}

/// The vehicle of this name.
pub(super) fn find(web: &Web, vehicle: &str) -> Result<Seen, Problem> {
    web.desk.seen().into_iter().find(|seen| seen.id.as_str() == vehicle).ok_or_else(|| Problem::no_vehicle(vehicle))
}

/// All vehicles, five times a second, as server-sent events.
#[utoipa::path(get, path = "/api/v1/vehicles/live", responses(
    (status = 200, description = "Events whose data is a JSON array of VehicleView", content_type = "text/event-stream"),
    (status = 401, body = Problem), (status = 503, body = Problem),
))]
pub(super) async fn live(
    State(web): State<Arc<Web>>,
    person: Authorised<See>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let Some(list) = web.desk.listen(person.person) else {
        let detail = "Too many pages follow the fleet already, yours or all together. Close one, then reload this.";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    };
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let follower = Follower { web, list, ticks };
    let events = futures_util::stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

struct Follower {
    web: Arc<Web>,
    list: LiveList,
    ticks: Interval,
}

impl Follower {
    async fn next(&mut self) -> Option<Event> {
        tokio::select! {
            biased;
            // However it ends, the login that opened this is over.
            _ = &mut self.list.over => return None,
            _ = self.ticks.tick() => {}
        }
        match Event::default().json_data(views(&self.web)) {
            Ok(event) => Some(event),
            Err(error) => {
                tracing::error!(%error, "The fleet cannot be written");
                None
            }
        }
    }
}

const PERIOD: Duration = Duration::from_millis(200);
