//! Pages whose pictures come as access units: by QUIC, or by a WebSocket where the network lets no UDP through.

use super::Web;
use super::access::{Authorised, See};
use super::problem::Problem;
use super::vehicles::find;
use axum::Json;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use farhand_relay::{PageSocket, SocketClosed};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Serialize;
use std::future::ready;
use std::sync::Arc;
use ts_rs::TS;
use utoipa::ToSchema;

/// The longest message of a page, a command, is a third of it.
const MOST_FROM_PAGE: usize = 4 * 1024;

/// A viewer whose pictures come as access units, not as WebRTC tracks.
#[derive(Debug, Serialize, TS, ToSchema)]
pub struct WayAnswer {
    /// The viewer's number, to be named when control is taken.
    viewer_id: String,
    /// By QUIC (WebTransport); left out where the gateway does not offer it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    quic: Option<QuicWay>,
    /// Path of the WebSocket. It and the URL above are good once, and for ten seconds.
    socket: String,
}

/// Where WebTransport goes.
#[derive(Debug, Serialize, TS, ToSchema)]
pub struct QuicWay {
    /// To be opened as it is.
    url: String,
    /// SHA-256 of each certificate that the gateway may show there, in base64.
    certificate_sha256: Vec<String>,
}

/// Opens a viewer whose pictures come as access units.
#[utoipa::path(post, path = "/api/v1/vehicles/{vehicle}/ways", params(("vehicle" = String, Path,)),
    responses((status = 200, body = WayAnswer), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn open(
    State(web): State<Arc<Web>>,
    person: Authorised<See>,
    Path(vehicle): Path<String>,
) -> Result<Json<WayAnswer>, Problem> {
    let vehicle = find(&web, &vehicle)?.id;
    let (viewer, way) = web.desk.open_way(&person.person, &vehicle)?;
    let quic = way.quic.map(|quic| QuicWay { url: quic.url, certificate_sha256: vec![STANDARD.encode(quic.certificate_sha256)] });
    Ok(Json(WayAnswer { viewer_id: viewer.0.to_string(), quic, socket: format!("/api/v1/ways/{}", way.ticket) }))
}

/// Comes by the socket.
pub(super) async fn join(
    State(web): State<Arc<Web>>,
    _person: Authorised<See>,
    Path(ticket): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade.max_message_size(MOST_FROM_PAGE).max_frame_size(MOST_FROM_PAGE);
    upgrade.on_upgrade(move |socket| async move {
        if !web.desk.join(&ticket, page_socket(socket)) {
            tracing::debug!("a page came with no ticket, or a used one, or too late");
        }
    })
}

fn page_socket(socket: WebSocket) -> PageSocket {
    let (to_page, from_page) = socket.split();
    // The library answers pings; what is no message of bytes says nothing here.
    let from_page = from_page.take_while(|message| ready(message.is_ok())).filter_map(|message| {
        ready(match message {
            Ok(Message::Binary(bytes)) => Some(bytes),
            _ => None,
        })
    });
    let to_page = to_page.sink_map_err(|_| SocketClosed).with(|bytes: Bytes| ready(Ok(Message::Binary(bytes))));
    PageSocket { from_page: Box::pin(from_page), to_page: Box::pin(to_page) }
}
