//! The journal, newest first.

use super::Web;
use super::access::{Authorised, ReadJournal};
use super::problem::Problem;
use axum::Json;
use axum::extract::{Query, State};
use farhand_protocol::VehicleId;
use farhand_store::{JournalFilter, JournalRow};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use ts_rs::TS;
use utoipa::ToSchema;

/// One row.
#[derive(Debug, Serialize, TS, ToSchema)]
pub struct JournalEntryView {
    /// Number of the row, from 1, without gaps.
    #[ts(type = "number")]
    seq: i64,
    /// Wall clock of the event, RFC 3339.
    at: String,
    /// What it tells of.
    kind: String,
    /// Which vehicle.
    vehicle: Option<String>,
    /// Which person.
    person: Option<String>,
    /// Everything else.
    #[ts(type = "unknown")]
    #[schema(value_type = Object)]
    data: serde_json::Value,
}

#[derive(Debug, Deserialize)]
pub(super) struct JournalQuery {
    vehicle: Option<String>,
    before: Option<i64>,
    limit: Option<u32>,
}

/// Reads the journal, newest first.
#[utoipa::path(get, path = "/api/v1/journal",
    params(("vehicle" = Option<String>, Query,), ("before" = Option<i64>, Query,), ("limit" = Option<u32>, Query, description = "1 to 1000, 100 if left out")),
    responses((status = 200, body = Vec<JournalEntryView>), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn read(
    State(web): State<Arc<Web>>,
    _: Authorised<ReadJournal>,
    Query(query): Query<JournalQuery>,
) -> Result<Json<Vec<JournalEntryView>>, Problem> {
    let vehicle = query.vehicle.map(|name| VehicleId::new(&name).map_err(|_| Problem::no_vehicle(&name))).transpose()?;
    let filter = JournalFilter { vehicle, before: query.before, limit: query.limit.unwrap_or(100) };
    let rows = web.store.journal(&filter).await?;
    Ok(Json(rows.into_iter().map(view).collect()))
}

fn view(row: JournalRow) -> JournalEntryView {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(row.at_ms) * 1_000_000);
    JournalEntryView {
        seq: row.seq,
        at: at.ok().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default(),
        kind: row.kind,
        vehicle: row.vehicle,
        person: row.person,
        data: serde_json::from_str(&row.data).unwrap_or_default(),
    }
}
