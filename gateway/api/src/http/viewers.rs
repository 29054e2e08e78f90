//! Viewers, leases and stops.

use super::Web;
use super::access::{Authorised, Drive, See, Stop};
use super::problem::Problem;
use super::vehicles::find;
use crate::{TakeError, ViewError};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use farhand_lease::{Deed, Denial};
use farhand_relay::{OpenError, ViewerId, ViewerKind};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use ts_rs::TS;
use utoipa::ToSchema;

/// A page's offer.
#[derive(Debug, Deserialize, TS, ToSchema)]
pub struct ViewerRequest {
    /// One recvonly video for each camera in profile order, and the channels `now` (0) and `log` (1).
    sdp: String,
}

/// The gateway's answer.
#[derive(Debug, Serialize, TS, ToSchema)]
pub struct ViewerAnswer {
    /// The viewer's number, to be named when control is taken.
    viewer_id: String,
    /// The answer to the offer.
    sdp: String,
}

/// From where control is taken or given back.
#[derive(Debug, Default, Deserialize, TS, ToSchema)]
pub struct LeaseRequest {
    /// The viewer. Left out, a supervisor takes control away from whoever has it.
    #[serde(default)]
    #[ts(optional)]
    viewer_id: Option<String>,
}

/// A live lease.
#[derive(Debug, Serialize, TS, ToSchema)]
pub struct LeaseAnswer {
    /// To be named in each command.
    #[ts(type = "number")]
    epoch: u64,
    /// To be named in each command.
    boot_id: u32,
}

/// Opens a viewer.
#[utoipa::path(post, path = "/api/v1/vehicles/{vehicle}/viewers", params(("vehicle" = String, Path,)), request_body = ViewerRequest,
    responses((status = 200, body = ViewerAnswer), (status = 400, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn open(
    State(web): State<Arc<Web>>,
    person: Authorised<See>,
    Path(vehicle): Path<String>,
    Json(request): Json<ViewerRequest>,
) -> Result<Json<ViewerAnswer>, Problem> {
    let vehicle = find(&web, &vehicle)?.id;
    let (viewer, sdp) = web.desk.open_viewer(&person.person, &vehicle, ViewerKind::Console, request.sdp).await?;
    Ok(Json(ViewerAnswer { viewer_id: viewer.0.to_string(), sdp }))
}

/// Closes a viewer; a lease held from it ends.
#[utoipa::path(delete, path = "/api/v1/vehicles/{vehicle}/viewers/{viewer}",
    params(("vehicle" = String, Path,), ("viewer" = String, Path,)),
    responses((status = 204, description = "Closed"), (status = 404, body = Problem)))]
pub(super) async fn close(
    State(web): State<Arc<Web>>,
    person: Authorised<See>,
    Path(names): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    close_viewer(&web, &person, &names.1)
}

pub(super) fn close_viewer(web: &Web, person: &Authorised<See>, viewer: &str) -> Result<StatusCode, Problem> {
    let viewer = viewer_id(viewer)?;
    if web.desk.close_viewer(&person.person.account, viewer) { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::no_viewer()) }
}

/// Takes control.
#[utoipa::path(post, path = "/api/v1/vehicles/{vehicle}/lease", params(("vehicle" = String, Path,)), request_body = LeaseRequest,
    responses((status = 200, body = LeaseAnswer), (status = 403, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn take(
    State(web): State<Arc<Web>>,
    person: Authorised<Drive>,
    Path(vehicle): Path<String>,
    Json(request): Json<LeaseRequest>,
) -> Result<Json<LeaseAnswer>, Problem> {
    let vehicle = find(&web, &vehicle)?.id;
    let viewer = viewer_id(request.viewer_id.as_deref().unwrap_or_default())?;
    let (epoch, boot) = web.desk.take(&person.person.account, &vehicle, viewer).await?;
    Ok(Json(LeaseAnswer { epoch: epoch.0, boot_id: boot.0 }))
}

/// Gives control back; without a viewer, takes it away from whoever has it.
#[utoipa::path(delete, path = "/api/v1/vehicles/{vehicle}/lease", params(("vehicle" = String, Path,)), request_body = LeaseRequest,
    responses((status = 204, description = "Nobody has control"), (status = 403, body = Problem)))]
pub(super) async fn release(
    State(web): State<Arc<Web>>,
    person: Authorised<See>,
    Path(vehicle): Path<String>,
    request: Option<Json<LeaseRequest>>,
) -> Result<StatusCode, Problem> {
    let vehicle = find(&web, &vehicle)?.id;
    match request.and_then(|Json(request)| request.viewer_id) {
        Some(viewer) => web.desk.release(&person.person.account, &vehicle, viewer_id(&viewer)?),
        None if person.person.account.role.may(Deed::Revoke) => web.desk.revoke(&person.person.account, &vehicle),
        None => {
            let detail = "Taking control away from another person needs the role supervise. Ask an administrator for it.";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Stops the vehicle.
#[utoipa::path(post, path = "/api/v1/vehicles/{vehicle}/stop", params(("vehicle" = String, Path,)),
    responses((status = 202, description = "Sent"), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn stop(
    State(web): State<Arc<Web>>,
    person: Authorised<Stop>,
    Path(vehicle): Path<String>,
) -> Result<StatusCode, Problem> {
    let vehicle = find(&web, &vehicle)?.id;
    match web.desk.order_stop(&person.person.account, &vehicle) {
        Ok(()) => Ok(StatusCode::ACCEPTED),
        Err(error) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
}

pub(super) fn viewer_id(text: &str) -> Result<ViewerId, Problem> {
    text.parse().map(ViewerId).map_err(|_| Problem::no_viewer())
}

impl From<ViewError> for Problem {
    fn from(error: ViewError) -> Self {
        let unavailable = |detail: &str| Self::new(StatusCode::SERVICE_UNAVAILABLE, detail);
        match error {
            ViewError::Full(_) | ViewError::FullForOne(_) => unavailable(&error.to_string()),
            ViewError::Relay(OpenError::VehicleAway) => unavailable("The vehicle is not connected. Try again when it is."),
            ViewError::Relay(OpenError::Stopping) => unavailable("The gateway is stopping. Try again when it is back."),
            ViewError::Relay(full @ OpenError::Full(_)) => unavailable(&full.to_string()),
            ViewError::Relay(OpenError::NoCamera(camera)) => {
                Self::new(StatusCode::NOT_FOUND, format!("The vehicle has no camera {camera}. Reload the page."))
            }
            ViewError::Relay(codec @ OpenError::NoCodec) => Self::new(StatusCode::NOT_ACCEPTABLE, codec.to_string()),
            ViewError::Relay(other) => {
                Self::new(StatusCode::BAD_REQUEST, format!("The page's offer cannot be used: {other}. Reload the page."))
            }
        }
    }
}

impl From<TakeError> for Problem {
    fn from(error: TakeError) -> Self {
        let status = match &error {
            TakeError::NoViewer => StatusCode::NOT_FOUND,
            TakeError::Denied(Denial::HeldBy(_) | Denial::DrivesAnother(_)) => StatusCode::CONFLICT,
            TakeError::Denied(Denial::VehicleAway | Denial::VehicleRefused | Denial::NotRecorded | Denial::EpochsUsedUp) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        Self::new(status, error.to_string())
    }
}
