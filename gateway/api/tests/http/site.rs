//! A gateway's web side on a free port, with a vehicle that accepts each lease.

use farhand_api::{Desk, Doing, MetricsText, Scheme, Web, Wire, router};
use farhand_lease::{Limits, Role};
use farhand_protocol::{
    BootId, GatewaySays, Hello, LeaseEpoch, OperatorName, StopOrder, VehicleId, VehicleSays, VehicleState, WIRE_VERSION,
};
use farhand_relay::{OpenError, PageSocket, PagesByQuic, Rules, ViewerId, ViewerKind, WayIn};
use farhand_store::{Account, Journal, JournalFilter, JournalRow, OpenOptions, Store};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use tower_sessions::session::Id;

pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const BOOT: BootId = BootId(77);

/// Everything behind one address.
pub(crate) struct Site {
    pub(crate) desk: Arc<Desk>,
    pub(crate) store: Store,
    pub(crate) vehicle: Arc<Truck>,
    address: String,
    _folder: tempfile::TempDir,
}

/// The vehicle's end of the wire: accepts each lease, remembers stops.
pub(crate) struct Truck {
    desk: Mutex<Weak<Desk>>,
    pub(crate) stops: Mutex<Vec<OperatorName>>,
    pub(crate) heard: Mutex<Vec<GatewaySays>>,
    /// Viewers that were hung up.
    pub(crate) closed: Mutex<Vec<ViewerId>>,
}

/// A person's browser.
pub(crate) struct Browser<'a> {
    site: &'a Site,
    client: Client,
    cookie: Option<String>,
}

impl Wire for Truck {
    fn say(&self, vehicle: &VehicleId, says: GatewaySays) -> bool {
        self.heard.lock().expect("not poisoned").push(says.clone());
        if let GatewaySays::LeaseGrant { epoch, .. } = says
            && let Some(desk) = self.desk.lock().expect("not poisoned").upgrade()
        {
            desk.vehicle_says(vehicle, &VehicleSays::LeaseAccepted { epoch, boot_id: BOOT });
        }
        true
    }

    fn order_stop(&self, _: &VehicleId, order: StopOrder) -> bool {
        self.stops.lock().expect("not poisoned").push(order.by);
        true
    }

    fn round_trips(&self) -> BTreeMap<VehicleId, u64> {
        BTreeMap::new()
    }

    fn open_viewer<'a>(
        &'a self,
        _: &'a VehicleId,
        _: ViewerId,
        _: ViewerKind,
        offer: String,
    ) -> Doing<'a, Result<String, OpenError>> {
        Box::pin(async move { Ok(format!("answer to {offer}")) })
    }

    /// QUIC is offered, and a socket is answered with what it said, backwards.
    fn open_way(&self, _: &VehicleId, _: ViewerId) -> Result<WayIn, OpenError> {
        let quic = PagesByQuic { url: "https://192.0.2.7:7446/ways/77".into(), certificate_sha256: [7; 32] };
        Ok(WayIn { ticket: "77".into(), quic: Some(quic) })
    }

    fn join(&self, ticket: &str, mut socket: PageSocket) -> bool {
        if ticket != "77" {
            return false;
        }
        tokio::spawn(async move {
            while let Some(said) = socket.from_page.next().await {
                let backwards: Vec<u8> = said.iter().rev().copied().collect();
                socket.to_page.send(backwards.into()).await.expect("sent");
            }
        });
        true
    }

    fn quic_origin(&self) -> Option<String> {
        Some("https://192.0.2.7:7446".into())
    }

    fn close_viewer(&self, viewer: ViewerId) {
        self.closed.lock().expect("not poisoned").push(viewer);
    }
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::with(OpenOptions::default()).await
    }

    /// Accounts `wanda` (watch), `steve` (supervise), `alice` and `bob` (drive); `truck-1` is connected, `truck-2` away.
    pub(crate) async fn with(options: OpenOptions) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open_with(folder.path(), options).await.expect("opens");
        for (name, role) in [("wanda", Role::Watch), ("steve", Role::Supervise), ("alice", Role::Drive), ("bob", Role::Drive)] {
            store.add_account(&Account { name: operator(name), role }, PASSWORD.into(), false).await.expect("added");
        }
        for name in ["truck-1", "truck-2"] {
            store.enrol(&truck(name), &format!("certificate of {name}")).await.expect("enrolled");
        }
        let (journal, driver) = Journal::new(store.clone());
        tokio::spawn(driver.run());
        let desk = Desk::new(Limits::default(), &store.vehicles().await.expect("read"), journal.clone());
        let (stops, heard, closed) = <_>::default();
        let vehicle = Arc::new(Truck { desk: Mutex::new(Arc::downgrade(&desk)), stops, heard, closed });
        desk.connect(Arc::clone(&vehicle) as Arc<dyn Wire>);
        come(&desk, "truck-1");
        tokio::spawn({
            let desk = Arc::clone(&desk);
            async move { desk.run().await }
        });
        let web = Web::new(Arc::clone(&desk), store.clone(), journal, MetricsText(Arc::new(|| "figures 1\n".to_owned())));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        tokio::spawn(async move { axum::serve(listener, router(&web, Scheme::Http)).await });
        Self { desk, store, vehicle, address, _folder: folder }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn stranger(&self) -> Browser<'_> {
        // Only the first of a process is taken; the client looks for one even where it speaks plain http.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Browser { site: self, client, cookie: None }
    }

    pub(crate) async fn person(&self, name: &str) -> Browser<'_> {
        let mut browser = self.stranger();
        assert_eq!(browser.log_in(name, PASSWORD).await, StatusCode::NO_CONTENT);
        browser
    }

    /// The journal, oldest first.
    async fn rows(&self) -> Vec<JournalRow> {
        let mut rows = self.store.journal(&JournalFilter { limit: 1000, ..JournalFilter::default() }).await.expect("read");
        rows.reverse();
        rows
    }

    pub(crate) async fn kinds(&self) -> Vec<String> {
        self.rows().await.into_iter().map(|row| row.kind).collect()
    }

    /// Waits until the journal holds a row of this kind, and gives the first.
    pub(crate) async fn journalled(&self, kind: &str) -> JournalRow {
        loop {
            if let Some(row) = self.rows().await.into_iter().find(|row| row.kind == kind) {
                return row;
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Browser<'_> {
    pub(crate) async fn log_in(&mut self, name: &str, password: &str) -> StatusCode {
        let body = json!({ "name": name, "password": password });
        let response = self.send(Method::POST, "/api/v1/login", Some(body)).await;
        self.keep_cookie(&response);
        response.status()
    }

    pub(crate) fn keep_cookie(&mut self, response: &reqwest::Response) {
        let cookie = response.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
        self.cookie = cookie.and_then(|cookie| cookie.split(';').next()).map(str::to_owned).or(self.cookie.take());
    }

    /// As a request says it.
    pub(crate) fn cookie(&self) -> String {
        self.cookie.clone().unwrap_or_default()
    }

    /// The secret id of the login.
    pub(crate) fn login(&self) -> Id {
        let cookie = self.cookie.as_deref().and_then(|cookie| cookie.split_once('='));
        cookie.expect("a cookie").1.parse().expect("an id")
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Response {
        let mut request = self.client.request(method, format!("{}{path}", self.site.address));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.expect("an answer")
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.send(Method::GET, path, None).await
    }

    /// Status and JSON (null where there is none).
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let response = self.send(method, path, Some(body)).await;
        (response.status(), response.json().await.unwrap_or_default())
    }

    pub(crate) async fn post_with_origin(&self, origin: &str, path: &str) -> StatusCode {
        let request = self.client.post(format!("{}{path}", self.site.address)).header("origin", origin);
        let cookie = self.cookie.clone().unwrap_or_default();
        request.header("cookie", cookie).send().await.expect("an answer").status()
    }

    pub(crate) async fn open_viewer(&self) -> String {
        let (status, answer) = self.ask(Method::POST, "/api/v1/vehicles/truck-1/viewers", json!({ "sdp": "offer" })).await;
        assert_eq!((status, &answer["sdp"]), (StatusCode::OK, &json!("answer to offer")));
        answer["viewer_id"].as_str().expect("text").to_owned()
    }

    pub(crate) async fn take(&self, viewer: &str) -> (StatusCode, Value) {
        self.ask(Method::POST, "/api/v1/vehicles/truck-1/lease", json!({ "viewer_id": viewer })).await
    }
}

pub(crate) fn truck(name: &str) -> VehicleId {
    VehicleId::new(name).expect("a vehicle id")
}

pub(crate) fn operator(name: &str) -> OperatorName {
    OperatorName::new(name).expect("a name")
}

/// A vehicle says hello, is let in and says of itself how it is.
pub(crate) fn come(desk: &Desk, name: &str) {
    desk.vehicle_arrives(&hello(name)).expect("comes in");
    desk.vehicle_state(&truck(name), &state());
}

pub(crate) fn state() -> VehicleState {
    VehicleState::parked(BOOT, LeaseEpoch(41))
}

pub(crate) fn hello(name: &str) -> Hello {
    Hello {
        v: WIRE_VERSION,
        vehicle: truck(name),
        boot_id: BOOT,
        highest_epoch: LeaseEpoch(41),
        kind: "counterbalance-truck".into(),
        cameras: Vec::new(),
        max_speed_mm_s: 2000,
        max_steering_mrad: 1200,
        outline: None,
    }
}
