//! Who is asking, and may they? A handler's argument types say what it takes.

use super::Web;
use super::problem::Problem;
use crate::Person;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use farhand_lease::Deed;
use farhand_protocol::OperatorName;
use farhand_store::{LOGIN_NAME, LoginId};
use std::marker::PhantomData;
use std::sync::Arc;
use tower_sessions::Session;

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
    pub(crate) person: Person,
    right: PhantomData<fn() -> R>,
}

impl<R: Right> FromRequestParts<Arc<Web>> for Authorised<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Problem> {
        let person = who(parts, web).await?.ok_or_else(not_logged_in)?;
        let role = person.account.role;
        if !role.may(R::DEED) {
            let least = R::DEED.least_role();
            let detail = format!("Your role is {role}; this needs {least}. Ask an administrator for it.");
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        Ok(Self { person, right: PhantomData })
    }
}

/// The person behind a request. The account is read anew, so that a change of role acts at once.
pub(super) async fn who(parts: &mut Parts, web: &Arc<Web>) -> Result<Option<Person>, Problem> {
    let session = Session::from_request_parts(parts, web)
        .await
        .map_err(|(status, why)| Problem::new(status, format!("The login cannot be read: {why}.")))?;
    person_of(&session, web).await
}

pub(super) async fn person_of(session: &Session, web: &Web) -> Result<Option<Person>, Problem> {
    let name: Option<OperatorName> = session.get(LOGIN_NAME).await.map_err(|error| session_failed(&error))?;
    let (Some(name), Some(id)) = (name, session.id()) else { return Ok(None) };
    let account = web.store.account(&name).await?;
    Ok(account.map(|account| Person { account, login: LoginId::of(&id) }))
}

pub(super) fn session_failed(error: &tower_sessions::session::Error) -> Problem {
    tracing::error!(%error, "Sessions cannot be read or written");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Logins cannot be kept right now. Is the gateway's disk full? Try again.")
}

pub(super) fn not_logged_in() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "You are not logged in, or the login has ended. Log in again.")
}
