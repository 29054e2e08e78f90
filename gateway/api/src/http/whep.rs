//! WHEP: one camera for any standard player, to look at only.

use super::Web;
use super::access::{Authorised, See};
use super::problem::Problem;
use super::vehicles::find;
use super::viewers::close_viewer;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use farhand_protocol::CameraIndex;
use farhand_relay::ViewerKind;
use std::sync::Arc;

/// Answers a player's offer.
pub(super) async fn open(
    State(web): State<Arc<Web>>,
    person: Authorised<See>,
    Path((vehicle, camera)): Path<(String, String)>,
    headers: HeaderMap,
    sdp: String,
) -> Result<Response, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/sdp") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send the offer as application/sdp."));
    }
    let seen = find(&web, &vehicle)?;
    let cameras = seen.hello.map(|hello| hello.cameras).unwrap_or_default();
    let index = cameras.iter().position(|summary| summary.name == camera).and_then(|index| u8::try_from(index).ok());
    let Some(index) = index else {
        let names: Vec<&str> = cameras.iter().map(|summary| summary.name.as_str()).collect();
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            format!("There is no such camera. {vehicle} has: {}.", names.join(", ")),
        ));
    };
    let (viewer, answer) = web.desk.open_viewer(&person.person, &seen.id, ViewerKind::Camera(CameraIndex(index)), sdp).await?;
    let location = format!("/whep/{vehicle}/{camera}/{}", viewer.0);
    let headers = [(header::CONTENT_TYPE, "application/sdp".to_owned()), (header::LOCATION, location)];
    Ok((StatusCode::CREATED, headers, answer).into_response())
}

/// Ends it.
pub(super) async fn close(
    State(web): State<Arc<Web>>,
    person: Authorised<See>,
    Path((_, _, viewer)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    close_viewer(&web, &person, &viewer).map(|_| StatusCode::OK)
}
