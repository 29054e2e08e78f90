//! Who is asking, and may they? A handler's argument types say what it takes.

use super::Web;
use super::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use farhand_lease::Deed;
use farhand_protocol::OperatorName;
use farhand_store::Account;
use std::marker::PhantomData;
use std::sync::Arc;
use tower_sessions::Session;

/// The session's key under which the account's name is kept.
pub(super) const NAME_KEY: &str = "name";

/// A deed as a type, so that a handler's signature is its permission.
pub(crate) trait Right: Send + 'static {
    const DEED: Deed;
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub(crate) struct $name;
            impl Right for $name {
                const DEED: Deed = Deed::$name;
            }
        )*
    };
}

rights!(
    /// To see the fleet and pictures.
    See,
    /// To stop a vehicle.
    Stop,
    /// To read the journal.
    ReadJournal,
    /// To hold a lease.
    Drive,
);

/// A logged-in person with a right; without it the handler is never entered.
#[derive(Debug)]
pub(crate) struct Authorised<R> {
    pub(crate) account: Account,
    right: PhantomData<fn() -> R>,
}

impl<R: Right> FromRequestParts<Arc<Web>> for Authorised<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Problem> {
        let account = who(parts, web).await?.ok_or_else(not_logged_in)?;
        if !account.role.may(R::DEED) {
            let least = R::DEED.least_role();
            let detail = format!("Your role is {}; this needs {least}. Ask an administrator for it.", account.role);
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        Ok(Self { account, right: PhantomData })
    }
}

/// The person behind a request. The account is read anew, so that a change of role acts at once.
pub(super) async fn who(parts: &mut Parts, web: &Arc<Web>) -> Result<Option<Account>, Problem> {
    let session = Session::from_request_parts(parts, web)
        .await
        .map_err(|(status, why)| Problem::new(status, format!("The login cannot be read: {why}.")))?;
    account_of(&session, web).await
}

pub(super) async fn account_of(session: &Session, web: &Web) -> Result<Option<Account>, Problem> {
    let name: Option<OperatorName> = session.get(NAME_KEY).await.map_err(|error| session_failed(&error))?;
    match name {
        Some(name) => Ok(web.store.account(&name).await?),
        None => Ok(None),
    }
}

pub(super) fn session_failed(error: &tower_sessions::session::Error) -> Problem {
    tracing::error!(%error, "Sessions cannot be read or written");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Logins cannot be kept right now. Is the gateway's disk full? Try again.")
}

pub(super) fn not_logged_in() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "You are not logged in, or the login has ended. Log in again.")
}
