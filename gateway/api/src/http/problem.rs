//! Errors as RFC 9457 says them.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use farhand_store::StoreError;
use serde::Serialize;
use std::any::Any;
use utoipa::ToSchema;

/// An error for a person: `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The status in words.
    title: String,
    /// The status.
    status: u16,
    /// What happened and what to do.
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error").to_owned();
        Self { title, status: status.as_u16(), detail: detail.into() }
    }

    pub(crate) fn no_vehicle(vehicle: &str) -> Self {
        let shown: String = vehicle.chars().take(40).collect();
        Self::new(StatusCode::NOT_FOUND, format!("There is no vehicle {shown:?}. See the fleet page for those there are."))
    }

    pub(crate) fn no_viewer() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such viewer of yours. Reload the page.")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(self)).into_response()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "The store failed");
        match error {
            StoreError::Full | StoreError::Disk(_) => Self::new(StatusCode::INSUFFICIENT_STORAGE, error.to_string()),
            _ => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The gateway's database failed. Try again; if it stays, read the gateway's log.",
            ),
        }
    }
}

pub(super) async fn unknown_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "The API has no such address. See /api/v1/openapi.json.")
}

pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("A request ended in a panic");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The gateway failed on this request. Read its log.").into_response()
}
