//! Between guardian and gateway: commands and stops in, states and events out. One thread, nothing waits for pictures.

use crate::dial::{Dialer, Silence};
use crate::guardian::{Guardian, GuardianGone, GuardianPort};
use crate::pace::Pace;
use crate::policy::Scorer;
use farhand_drive::{AgentSays, GuardianSays, StopOrigin, vehicle_now};
use farhand_protocol::{CommandView, GatewayDatagram, GatewaySays, Hello, LeaseEnding, VehicleDatagram, VehicleSays};
use farhand_transport::{
    Connection, MessageError, MessageReader, MessageWriter, explain, open_messages, packet_clock, read_datagram, send_datagram,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

// 50 beats a second: the guardian misses the agent after 100 ms.
const BEAT: Duration = Duration::from_millis(20);
// design.md section 7: without an acknowledgement for this long a fresh connection is dialled beside the old one.
const SILENT_AFTER: Duration = Duration::from_millis(300);
const GREETING_WITHIN: Duration = Duration::from_secs(1);
const GUARDIAN_RETRY: Duration = Duration::from_millis(200);
// Leases and events are rare; a gateway that leaves this many unread is replaced.
const UNSENT_MESSAGES: usize = 64;

/// What the control thread needs.
pub(crate) struct ControlPlan {
    pub(crate) dialer: Dialer,
    pub(crate) guardian_socket: PathBuf,
    pub(crate) port: GuardianPort,
    /// All of the hello but what the guardian knows.
    pub(crate) hello: Hello,
    /// Whether a gateway that welcomed this vehicle is heard; for the media thread.
    pub(crate) stands: Arc<AtomicBool>,
    /// Where commands show which camera matters.
    pub(crate) pace: Pace,
    pub(crate) scorer: Scorer,
    pub(crate) stop: CancellationToken,
}

/// A gateway that has welcomed this vehicle.
struct Gateway {
    connection: Connection,
    reader: MessageReader<GatewaySays>,
    outbox: mpsc::Sender<VehicleSays>,
    silence: Silence,
}

enum FromGateway {
    Datagram(GatewayDatagram),
    Says(GatewaySays),
}

/// Runs until told to stop. Without a guardian the gateway is not told anything.
pub(crate) async fn run(mut plan: ControlPlan) {
    let stop = plan.stop.clone();
    let mut last_error = String::new();
    while !stop.is_cancelled() {
        match Guardian::connect(&plan.guardian_socket, &plan.port).await {
            Ok(guardian) => {
                last_error.clear();
                tracing::info!(boot_id = %guardian.boot_id, highest_epoch = %guardian.highest_epoch, "Guardian there");
                if let Err(gone) = serve(&mut plan, guardian, &stop).await {
                    tracing::warn!(%gone, "Guardian away");
                }
            }
            Err(gone) if gone.to_string() != last_error => {
                last_error = gone.to_string();
                tracing::warn!(%gone, "Guardian away");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(GUARDIAN_RETRY) => {}
        }
    }
    plan.dialer.close().await;
}

/// Serves one start of the guardian. Returns when it is gone or the agent stops; the gateway connection ends with it.
async fn serve(plan: &mut ControlPlan, guardian: Guardian, stop: &CancellationToken) -> Result<(), GuardianGone> {
    let mut session = Session { guardian, gateway: None, greetings: JoinSet::new() };
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut beaten = Instant::now();
    let outcome = loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break Ok(()),
            from = from_gateway(&mut session.gateway) => {
                session.gateway_said(plan, from);
                // A beat that is nearly due goes along: the guardian wakes once for both.
                if beaten.elapsed() >= BEAT / 2 {
                    session.beat(plan);
                    beaten = Instant::now();
                    beat.reset();
                }
            }
            _ = beat.tick() => {
                session.beat(plan);
                beaten = Instant::now();
            }
            heard = session.guardian.hear() => match heard {
                Ok(GuardianSays::Senses { at, row }) => plan.scorer.ask(at, &row),
                Ok(says) => session.guardian_said(says),
                Err(gone) => break Err(gone),
            },
            scores = plan.scorer.answer() => plan.port.say_along(scores),
            connection = plan.dialer.won() => session.greet(plan, connection),
            Some(greeted) = session.greetings.join_next() => match greeted {
                Ok(Ok(gateway)) => session.adopt(plan, gateway),
                Ok(Err(why)) => plan.dialer.refused(why),
                Err(error) => tracing::warn!(%error, "A greeting was cut off"),
            },
        }
    };
    plan.dialer.tick(false);
    plan.stands.store(false, Ordering::Relaxed);
    if let Some(gateway) = session.gateway.take() {
        let why: &[u8] = if outcome.is_ok() { b"the agent stops" } else { b"the guardian is away" };
        gateway.connection.close(0_u32.into(), why);
    }
    outcome
}

struct Session {
    guardian: Guardian,
    gateway: Option<Gateway>,
    greetings: JoinSet<Result<Gateway, String>>,
}

impl Session {
    fn beat(&mut self, plan: &mut ControlPlan) {
        let stands = self.gateway.as_mut().is_some_and(|gateway| gateway.silence.stands(&gateway.connection));
        plan.port.say(AgentSays::Beat { at: vehicle_now(), gateway_connected: stands });
        plan.stands.store(stands, Ordering::Relaxed);
        plan.dialer.tick(!stands && self.greetings.is_empty());
    }

    fn greet(&mut self, plan: &ControlPlan, connection: Connection) {
        let hello = Hello { boot_id: self.guardian.boot_id, highest_epoch: self.guardian.highest_epoch, ..plan.hello.clone() };
        self.greetings.spawn(async move {
            match timeout(GREETING_WITHIN, greeting(connection, hello)).await {
                Ok(outcome) => outcome,
                Err(_) => Err("the gateway took the call and does not answer the hello".to_owned()),
            }
        });
    }

    fn adopt(&mut self, plan: &mut ControlPlan, gateway: Gateway) {
        tracing::info!(gateway = %gateway.connection.remote_address(), rtt = ?gateway.connection.rtt(), "Gateway there");
        plan.dialer.tick(false);
        plan.dialer.succeeded();
        if let Some(old) = self.gateway.replace(gateway) {
            old.connection.close(0_u32.into(), b"replaced by a fresh connection");
        }
    }

    fn guardian_said(&mut self, says: GuardianSays) {
        let boot_id = self.guardian.boot_id;
        let message = match says {
            GuardianSays::State(state) => {
                let Some(gateway) = &self.gateway else { return };
                if let Err(error) = send_datagram(&gateway.connection, &VehicleDatagram::State(state)) {
                    tracing::debug!(%error, "State not sent");
                }
                return;
            }
            GuardianSays::LeaseAccepted { epoch } => VehicleSays::LeaseAccepted { epoch, boot_id },
            GuardianSays::LeaseRefused { epoch, highest_epoch, why } => VehicleSays::LeaseRefused { epoch, highest_epoch, why },
            GuardianSays::Event(event) => {
                tracing::info!(from = ?event.from, to = ?event.to, causes = ?event.causes, "Safety state");
                VehicleSays::Event(event)
            }
            // No fleet system can release a mission through this agent yet.
            GuardianSays::MissionAccepted { mission } => {
                tracing::info!(%mission, "Mission accepted");
                return;
            }
            GuardianSays::MissionRefused { mission, why } => {
                tracing::warn!(%mission, %why, "Mission refused");
                return;
            }
            GuardianSays::Hello { .. } | GuardianSays::Senses { .. } => {
                tracing::warn!("Guardian said something out of turn");
                return;
            }
        };
        let Some(gateway) = &self.gateway else { return };
        if gateway.outbox.try_send(message).is_err() {
            // The silence check sees the closed connection and dials anew.
            gateway.connection.close(1_u32.into(), b"messages are not read");
        }
    }

    fn gateway_said(&mut self, plan: &mut ControlPlan, from: Result<FromGateway, MessageError>) {
        let guardian = &plan.port;
        match from {
            Ok(FromGateway::Datagram(GatewayDatagram::Command(bytes))) => {
                let view = CommandView::read(&bytes);
                guardian.say(AgentSays::Command(bytes));
                if let Some(view) = view {
                    plan.pace.told(packet_clock(), &view);
                }
            }
            Ok(FromGateway::Datagram(GatewayDatagram::Stop(order))) => {
                guardian.say(AgentSays::Stop(StopOrigin { by: order.by, request: order.request }));
            }
            Ok(FromGateway::Says(GatewaySays::LeaseGrant { epoch, holder })) => {
                tracing::info!(%epoch, %holder, "Lease granted");
                guardian.say(AgentSays::LeaseGrant { epoch, holder });
            }
            Ok(FromGateway::Says(GatewaySays::LeaseEnd { epoch, why })) => {
                tracing::info!(%epoch, ?why, "Lease ended");
                guardian.say(AgentSays::LeaseEnd { epoch, revoked: why == LeaseEnding::Revoked });
            }
            Ok(FromGateway::Says(GatewaySays::Welcome)) => {}
            Ok(FromGateway::Says(GatewaySays::Refused { why })) => {
                plan.dialer.refused(format!("the gateway refuses this vehicle: {why}"));
                self.gateway = None;
            }
            Err(MessageError::Decode(error)) => tracing::warn!(%error, "Gateway says something unknown"),
            Err(error) => {
                // While a fresh connection is being greeted the gateway closes the old one: no news.
                if self.greetings.is_empty() {
                    tracing::warn!(%error, "Gateway away");
                }
                self.gateway = None;
            }
        }
    }
}

/// The next word of the gateway; waits for ever while there is none. Cancel-safe.
async fn from_gateway(gateway: &mut Option<Gateway>) -> Result<FromGateway, MessageError> {
    let Some(gateway) = gateway else { return std::future::pending().await };
    tokio::select! {
        datagram = read_datagram(&gateway.connection) => datagram.map(FromGateway::Datagram),
        says = gateway.reader.read() => says.map(FromGateway::Says),
    }
}

/// Says hello and waits for the welcome.
async fn greeting(connection: Connection, hello: Hello) -> Result<Gateway, String> {
    let since = Instant::now();
    let broken = |error: MessageError| match connection.close_reason() {
        Some(reason) => explain(&reason),
        None => error.to_string(),
    };
    let (mut writer, mut reader): (MessageWriter<VehicleSays>, MessageReader<GatewaySays>) =
        open_messages(&connection).await.map_err(|error| explain(&error))?;
    writer.write(&VehicleSays::Hello(hello)).await.map_err(broken)?;
    match reader.read().await.map_err(broken)? {
        GatewaySays::Welcome => {}
        GatewaySays::Refused { why } => return Err(format!("the gateway refuses this vehicle: {why}")),
        other => return Err(format!("the gateway answers the hello with {other:?}")),
    }
    tracing::debug!(took = ?since.elapsed(), "Welcome");
    let (outbox, unsent) = mpsc::channel(UNSENT_MESSAGES);
    tokio::spawn(write_out(writer, unsent, connection.clone()));
    Ok(Gateway { connection, reader, outbox, silence: Silence::new(SILENT_AFTER) })
}

/// Writes the reliable messages in order, until the connection or its owner is gone.
async fn write_out(mut writer: MessageWriter<VehicleSays>, mut unsent: mpsc::Receiver<VehicleSays>, connection: Connection) {
    while let Some(message) = unsent.recv().await {
        if let Err(error) = writer.write(&message).await {
            tracing::debug!(%error, "Message not written");
            connection.close(1_u32.into(), b"a message cannot be written");
            return;
        }
    }
}
