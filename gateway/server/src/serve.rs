//! The running gateway.

use crate::config::GatewayConfig;
use crate::crowd::{Bounded, Crowd};
use crate::follow;
use crate::site::{Pair, Site};
use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::header;
use axum::middleware::AddExtension;
use axum::routing::get;
use axum_server::Handle;
use axum_server::accept::{Accept, DefaultAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use farhand_api::{Desk, MetricsText, Scheme, Web, Wire, router};
use farhand_lease::Limits;
use farhand_relay::{Relay, RelayConfig, Rules};
use farhand_store::{Entry, Journal, Kind, Sessions, Store, StoredVehicle};
use farhand_transport::Admissions;
use hyper_util::rt::TokioTimer;
use metrics_exporter_prometheus::PrometheusBuilder;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn serve(config: &GatewayConfig) -> Result<()> {
    let (mut terminated, mut interrupted) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // With a limit on file sizes a write fails then, and does not end the gateway.
    let _file_too_large = signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?;
    allow_many_files();
    let doors = Doors::open(config)?;
    let site = Site::open(&config.data_folder)?;
    let web_pair = site.web_side(&config.names)?;
    let store = Store::open(&config.data_folder).await?;
    let kept = store.vehicles().await?;
    let (journal, driver) = Journal::new(store.clone());
    first_rows(&store, &journal, &kept).await;
    let writer = tokio::spawn(driver.run());
    let desk = Desk::new(Limits::default(), &kept, journal.clone());
    let admissions = Admissions::new({
        let desk = Arc::clone(&desk);
        move |vehicle, why| desk.certificate_refused(vehicle, why)
    });
    follow::admit(&admissions, store.certificates().await?);
    let relay = relay_config(config, &site, admissions.clone())?;
    let relay = Arc::new(Relay::start(&relay, Arc::clone(&desk) as Arc<dyn Rules>)?);
    desk.connect(Arc::clone(&relay) as Arc<dyn Wire>);

    let mut tasks = JoinSet::new();
    tasks.spawn(run_desk(Arc::clone(&desk)));
    tasks.spawn(follow::follow(Arc::clone(&desk), store.clone(), admissions));
    tasks.spawn(follow::renew(Arc::clone(&desk), store.clone()));
    tasks.spawn(sweep(Sessions::new(store.clone())));
    let figures = figures(&mut tasks)?;
    let web = Web::new(Arc::clone(&desk), store.clone(), journal.clone(), figures.clone());
    let mut servers = doors.serve(&web, &web_pair, figures)?;

    let failed = tokio::select! {
        _ = terminated.recv() => None,
        _ = interrupted.recv() => None,
        ended = servers.tasks.join_next() => ended,
    };
    tracing::info!("Stopping");
    desk.close();
    servers.stop().await;
    tasks.shutdown().await;
    // It joins the control thread, which must not stand in an async worker's way.
    tokio::task::spawn_blocking(move || relay.shutdown()).await.context("stopping the relay")?;
    if let Err(error) = journal.append(Entry::new(Kind::GatewayStopped, json!({}))).await {
        tracing::error!(%error, "The end could not be recorded");
    }
    journal.end();
    if tokio::time::timeout(LAST_ROWS, writer).await.is_err() {
        tracing::error!("The journal's last rows could not be written in time");
    }
    store.close().await;
    match failed {
        Some(ended) => ended.context("a web server's task failed")?,
        None => Ok(()),
    }
}

/// Writes what must stand before the first grant: ends of leases that a kill left open, and this start.
async fn first_rows(store: &Store, journal: &Journal, kept: &[StoredVehicle]) {
    let mut rows = Desk::closing_rows(kept);
    rows.push(Entry::new(Kind::GatewayStarted, json!({ "version": env!("CARGO_PKG_VERSION") })));
    // A full disk must not keep the pictures and the stop button away: no lease will be granted, and that is said.
    if let Err(error) = store.record(&rows).await {
        tracing::error!(%error, "The journal cannot be written; nobody can take control until it can");
        for row in rows {
            if let Err(error) = journal.note(row) {
                tracing::error!(%error, "A journal row is lost");
            }
        }
    }
}

/// As many open files as the system allows: each viewer needs sockets. Services often start with a low soft limit.
fn allow_many_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, ?current, "The limit on open files stays as it is");
    }
}

fn relay_config(config: &GatewayConfig, site: &Site, admissions: Admissions) -> Result<RelayConfig> {
    Ok(RelayConfig {
        control_listen: config.control_listen,
        media_listen: config.media_listen,
        ice_listen: config.ice_listen,
        quic_listen: config.quic_listen,
        public_addresses: config.public_addresses.clone(),
        identity: site.vehicle_side()?.admitting(admissions),
    })
}

async fn run_desk(desk: Arc<Desk>) {
    desk.run().await;
}

async fn sweep(sessions: Sessions) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = sessions.sweep().await {
            tracing::error!(%error, "Old logins cannot be removed");
        }
    }
}

fn figures(tasks: &mut JoinSet<()>) -> Result<MetricsText> {
    let handle = PrometheusBuilder::new().install_recorder().context("starting the figures")?;
    let upkeep = handle.clone();
    tasks.spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP_EVERY);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(MetricsText(Arc::new(move || handle.render())))
}

/// Ports for people, taken before anything else is started.
struct Doors {
    http: Option<TcpListener>,
    https: Option<TcpListener>,
    metrics: Option<TcpListener>,
}

/// What answers one connection's requests.
type PageService = AddExtension<Router, ConnectInfo<SocketAddr>>;

/// The web servers.
struct Servers {
    handle: Handle<SocketAddr>,
    tasks: JoinSet<Result<()>>,
}

impl Doors {
    fn open(config: &GatewayConfig) -> Result<Self> {
        for (key, address) in config.udp() {
            // Tried here, so that the error can name the key; the relay opens it again.
            UdpSocket::bind(address).map_err(|error| occupied(key, "UDP", address, &error))?;
        }
        let tcp = |key: &'static str, address: Option<SocketAddr>| {
            address.map(|address| TcpListener::bind(address).map_err(|error| occupied(key, "TCP", address, &error))).transpose()
        };
        Ok(Self {
            http: tcp("http_listen", config.http_listen)?,
            https: tcp("https_listen", config.https_listen)?,
            metrics: tcp("metrics_listen", config.metrics_listen)?,
        })
    }

    fn serve(self, web: &Arc<Web>, pair: &Pair, figures: MetricsText) -> Result<Servers> {
        let mut servers = Servers { handle: Handle::new(), tasks: JoinSet::new() };
        let crowd = Crowd::default();
        let plain = Bounded { inner: DefaultAcceptor::new(), crowd: crowd.clone() };
        if let Some(listener) = self.http {
            servers.add("Plain http", listener, plain.clone(), router(web, Scheme::Http))?;
        }
        if let Some(listener) = self.metrics {
            let text =
                move || async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (figures.0)()) };
            servers.add("Figures over http", listener, plain, Router::new().route("/metrics", get(text)))?;
        }
        if let Some(listener) = self.https {
            let config = RustlsConfig::from_config(Arc::new(tls(pair)?));
            let https = Bounded { inner: RustlsAcceptor::new(config), crowd };
            servers.add("Pages over https", listener, https, router(web, Scheme::Https))?;
        }
        Ok(servers)
    }
}

impl Servers {
    fn add<A>(&mut self, what: &'static str, listener: TcpListener, acceptor: Bounded<A>, routes: Router) -> Result<()>
    where
        A: Accept<TcpStream, PageService, Service = PageService> + Clone + Send + Sync + 'static,
        A::Stream: AsyncRead + AsyncWrite + Unpin + Send,
        A::Future: Send + 'static,
    {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let mut server = axum_server::from_tcp(listener)?.acceptor(acceptor).handle(self.handle.clone());
        // Whoever connects and says nothing does not stay.
        server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
        server.http_builder().http2().timer(TokioTimer::new()).keep_alive_interval(HEADERS_WITHIN);
        let service = routes.into_make_service_with_connect_info::<SocketAddr>();
        self.tasks.spawn(async move { server.serve(service).await.with_context(|| format!("{what}, serving on {address}")) });
        tracing::info!(%address, "{what}");
        Ok(())
    }

    async fn stop(&mut self) {
        self.handle.graceful_shutdown(Some(LAST_ANSWERS));
        while let Some(ended) = self.tasks.join_next().await {
            if let Ok(Err(error)) = ended {
                tracing::error!(%error, "A web server failed");
            }
        }
    }
}

fn tls(pair: &Pair) -> Result<rustls::ServerConfig> {
    let chain = CertificateDer::pem_file_iter(&pair.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("reading {}", pair.certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(&pair.key).with_context(|| format!("reading {}", pair.key.display()))?;
    let mut config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn occupied(key: &str, protocol: &str, address: SocketAddr, error: &std::io::Error) -> anyhow::Error {
    anyhow!(
        "{key}: {protocol} {address} cannot be opened: {error}. Choose another port for {key}, or stop the program that holds it"
    )
}

const HEADERS_WITHIN: Duration = Duration::from_secs(20);
const SWEEP_EVERY: Duration = Duration::from_hours(1);
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
const LAST_ANSWERS: Duration = Duration::from_secs(1);
const LAST_ROWS: Duration = Duration::from_secs(3);
