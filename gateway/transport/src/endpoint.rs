//! Endpoints, dialling, and the name of the vehicle at the other end.

use crate::ALPN;
use crate::admissions::Doorkeeper;
use crate::identity::{Identity, IdentityError, VEHICLE_SUFFIX, vehicle_named};
use crate::incoming::{Door, Incoming};
use crate::marked::MarkedSocket;
use crate::refusal::explain;
use crate::tuning::{Class, Side, transport_config};
use crate::watch::PacketWatch;
use farhand_protocol::VehicleId;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{
    ClientConfig, Connecting, Connection, ConnectionError, EndpointConfig, ServerConfig, TokioRuntime, TransportErrorCode, VarInt,
};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use socket2::{Domain, Protocol, Socket, Type};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

// A name that no certificate holds (RFC 2606), and the TLS alert that a wrong name raises.
const NOBODY: &str = "nobody.invalid";
const WRONG_NAME: u8 = 42;
const PAGES_ALPN: &[u8] = b"h3";
// Half a second of eight busy cameras in the kernel; a smaller limit of the host is accepted as it is.
const MEDIA_SOCKET_BYTES: usize = 2 << 20;

/// One UDP socket and all connections over it; cheap to clone. The socket closes with the last clone and connection.
#[derive(Debug, Clone)]
pub struct Endpoint {
    inner: quinn::Endpoint,
    door: Door,
}

/// Why an endpoint cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The UDP port is taken or not allowed.
    #[error("UDP {address} cannot be opened: {source}. Choose another port, or stop the program that holds it.")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The certificate for pages cannot be used.
    #[error("the certificate for pages cannot be used: {why}")]
    PageCertificate {
        /// What the library said.
        why: String,
    },
    /// Certificate and key cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address or the name cannot be dialled at all.
    #[error("{address} cannot be dialled: {why}")]
    Address {
        /// Where.
        address: SocketAddr,
        /// What is wrong.
        why: String,
    },
    /// The handshake failed.
    #[error("{address}: {why}")]
    Handshake {
        /// Where.
        address: SocketAddr,
        /// Cause and mend.
        why: String,
    },
    /// The peer is no vehicle of this site.
    #[error("the certificate names no vehicle (it must hold NAME{VEHICLE_SUFFIX}; it holds {names:?}). Enrol the vehicle again.")]
    NoVehicle {
        /// The names it holds.
        names: Vec<String>,
    },
}

impl Endpoint {
    /// Waits for the next caller; `None` once the endpoint is closed. Strangers in numbers are kept off the handshake.
    pub async fn accept(&self) -> Option<Incoming> {
        self.door.next(&self.inner).await
    }

    /// Dials as quinn does, with nothing explained. [`connect`] and [`knock`] say why it failed.
    ///
    /// # Errors
    /// The address or the name cannot be dialled at all.
    pub fn dial(&self, address: SocketAddr, server_name: &str) -> Result<Connecting, quinn::ConnectError> {
        self.inner.connect(address, server_name)
    }

    /// Closes all connections and takes no more.
    pub fn close(&self, code: VarInt, reason: &[u8]) {
        self.inner.close(code, reason);
    }

    /// Waits until every connection is closed and has said so.
    pub async fn wait_idle(&self) {
        self.inner.wait_idle().await;
    }

    /// Shows this certificate to pages that connect from now on.
    ///
    /// # Errors
    /// The certificate and the key do not go together.
    pub fn show_to_pages(&self, shown: PageCertificate) -> Result<(), rustls::Error> {
        self.inner.set_server_config(Some(pages_config(shown)?));
        Ok(())
    }

    /// Where it is bound.
    ///
    /// # Errors
    /// What the system says of the socket.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

/// Opens the gateway's end of a class. Only peers with a certificate of the identity's authority get in, and of those only
/// whom its [`Admissions`](crate::Admissions) admit.
///
/// Must run inside the tokio runtime that will drive the endpoint.
///
/// # Errors
/// [`EndpointError`] names the port or the file.
pub fn listen(address: SocketAddr, identity: &Identity, class: Class) -> Result<Endpoint, EndpointError> {
    let mut config = ServerConfig::with_crypto(Arc::new(server_crypto(identity)?));
    config.transport_config(transport_config(class, Side::Gateway, None));
    let inner = endpoint(address, class, Some(config))?;
    Ok(Endpoint { inner, door: Door::new(identity.admissions.clone()) })
}

/// A certificate that pages are told the hash of, and its key.
#[derive(Debug)]
pub struct PageCertificate {
    /// In DER.
    pub certificate: CertificateDer<'static>,
    /// In DER.
    pub key: PrivateKeyDer<'static>,
}

/// Opens the gateway's end towards pages that speak QUIC themselves (WebTransport). They show no certificate: who is who is
/// the business of whoever accepts them.
///
/// Must run inside the tokio runtime that will drive the endpoint.
///
/// # Errors
/// [`EndpointError`] names the port.
pub fn listen_for_pages(address: SocketAddr, shown: PageCertificate) -> Result<Endpoint, EndpointError> {
    let config = pages_config(shown).map_err(|error| EndpointError::PageCertificate { why: error.to_string() })?;
    let inner = endpoint(address, Class::Media, Some(config))?;
    Ok(Endpoint { inner, door: Door::new(None) })
}

fn pages_config(shown: PageCertificate) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![shown.certificate], shown.key)?;
    config.alpn_protocols = vec![PAGES_ALPN.to_vec()];
    config.max_early_data_size = 0;
    let crypto = QuicServerConfig::try_from(config).map_err(|error| rustls::Error::General(error.to_string()))?;
    let mut config = ServerConfig::with_crypto(Arc::new(crypto));
    config.transport_config(transport_config(Class::Media, Side::Pages, None));
    Ok(config)
}

/// Opens the vehicle's end of a class; `bind` is usually `0.0.0.0:0`.
///
/// Must run inside the tokio runtime that will drive the endpoint.
///
/// # Errors
/// [`EndpointError`] names the port or the file.
pub fn dialer(bind: SocketAddr, identity: &Identity, class: Class) -> Result<Endpoint, EndpointError> {
    watched_dialer(bind, identity, class, None)
}

/// As [`dialer`]; `watch` hears of each packet of its connections.
///
/// # Errors
/// [`EndpointError`] names the port or the file.
pub fn watched_dialer(
    bind: SocketAddr,
    identity: &Identity,
    class: Class,
    watch: Option<Arc<dyn PacketWatch>>,
) -> Result<Endpoint, EndpointError> {
    let mut config = ClientConfig::new(Arc::new(client_crypto(identity)?));
    config.transport_config(transport_config(class, Side::Vehicle, watch));
    let mut inner = endpoint(bind, class, None)?;
    inner.set_default_client_config(config);
    Ok(Endpoint { inner, door: Door::new(None) })
}

/// Dials a gateway and waits for the handshake. A gateway that refuses the vehicle's certificate says so a round trip
/// later, on the first read or write: pass that error to [`explain`].
///
/// # Errors
/// [`ConnectError`] with cause and mend.
pub async fn connect(endpoint: &Endpoint, address: SocketAddr, server_name: &str) -> Result<Connection, ConnectError> {
    let dialling =
        endpoint.dial(address, server_name).map_err(|error| ConnectError::Address { address, why: error.to_string() })?;
    dialling.await.map_err(|error| ConnectError::Handshake { address, why: explain(&error) })
}

/// Finds out whether a gateway of this site answers, without becoming one of its connections: the handshake is broken off
/// by this end once the gateway's certificate is seen to be of the site's authority.
///
/// # Errors
/// [`ConnectError`] with cause and mend.
pub async fn knock(endpoint: &Endpoint, address: SocketAddr) -> Result<(), ConnectError> {
    let dialling = endpoint.dial(address, NOBODY).map_err(|error| ConnectError::Address { address, why: error.to_string() })?;
    match dialling.await {
        Err(ConnectionError::TransportError(ours)) if ours.code == TransportErrorCode::crypto(WRONG_NAME) => Ok(()),
        Err(error) => Err(ConnectError::Handshake { address, why: explain(&error) }),
        Ok(connection) => {
            connection.close(0_u32.into(), b"only a knock");
            Ok(())
        }
    }
}

/// The vehicle at the other end, from its certificate.
///
/// # Errors
/// [`ConnectError::NoVehicle`] if the certificate names none, or more than one.
pub fn peer_vehicle(connection: &Connection) -> Result<VehicleId, ConnectError> {
    match leaf(connection) {
        Some(leaf) => vehicle_named(&leaf).map_err(|names| ConnectError::NoVehicle { names }),
        None => Err(ConnectError::NoVehicle { names: Vec::new() }),
    }
}

/// The certificate that the other end has shown.
pub(crate) fn leaf(connection: &Connection) -> Option<CertificateDer<'static>> {
    let chain = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    chain.into_iter().next()
}

/// The DNS name that a vehicle's certificate must hold.
#[must_use]
pub fn vehicle_dns_name(vehicle: &VehicleId) -> String {
    format!("{vehicle}{VEHICLE_SUFFIX}")
}

fn endpoint(address: SocketAddr, class: Class, server: Option<ServerConfig>) -> Result<quinn::Endpoint, EndpointError> {
    let bind_error = |source| EndpointError::Bind { address, source };
    let socket = socket(address, class).map_err(bind_error)?;
    let marked = MarkedSocket::new(socket, class).map_err(bind_error)?;
    let config = EndpointConfig::default();
    quinn::Endpoint::new_with_abstract_socket(config, server, Arc::new(marked), Arc::new(TokioRuntime)).map_err(bind_error)
}

fn socket(address: SocketAddr, class: Class) -> std::io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if class == Class::Media {
        socket.set_recv_buffer_size(MEDIA_SOCKET_BYTES)?;
        socket.set_send_buffer_size(MEDIA_SOCKET_BYTES)?;
    }
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn server_crypto(identity: &Identity) -> Result<QuicServerConfig, IdentityError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let authority: Arc<dyn ClientCertVerifier> =
        WebPkiClientVerifier::builder_with_provider(Arc::new(identity.roots.clone()), Arc::clone(&provider))
            .build()
            .map_err(|error| identity.pair_error(&error))?;
    let verifier = match identity.admissions.clone() {
        Some(admissions) => Arc::new(Doorkeeper { authority, admissions }),
        None => authority,
    };
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| identity.pair_error(&error))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(identity.chain.clone(), identity.key.clone_key())
        .map_err(|error| identity.pair_error(&error))?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.max_early_data_size = 0;
    // No resumption: each connection shows its certificate, so an expired one is seen at the next dial.
    config.send_tls13_tickets = 0;
    QuicServerConfig::try_from(config).map_err(|error| identity.pair_error(&error))
}

fn client_crypto(identity: &Identity) -> Result<QuicClientConfig, IdentityError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| identity.pair_error(&error))?
        .with_root_certificates(identity.roots.clone())
        .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
        .map_err(|error| identity.pair_error(&error))?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.enable_early_data = false;
    config.resumption = rustls::client::Resumption::disabled();
    QuicClientConfig::try_from(config).map_err(|error| identity.pair_error(&error))
}
