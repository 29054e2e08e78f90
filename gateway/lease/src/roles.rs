//! The table of roles: what each may do.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use ts_rs::TS;

/// What a person may do on this site; each role may do all that the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// See vehicles and pictures, and stop a vehicle.
    Watch,
    /// Read the journal, take a lease away from its holder.
    Supervise,
    /// Drive.
    Drive,
    /// Manage accounts and vehicles.
    Admin,
}

/// Something a person wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// See the fleet and a vehicle's pictures.
    See,
    /// Stop a vehicle. Whoever can see a danger can end it.
    Stop,
    /// Read the journal.
    ReadJournal,
    /// End another person's lease.
    Revoke,
    /// Hold a lease.
    Drive,
    /// Manage accounts and vehicles.
    Administer,
}

// The whole table: each deed and the least role that may do it.
const LEAST_ROLE: [(Deed, Role); 6] = [
    (Deed::See, Role::Watch),
    (Deed::Stop, Role::Watch),
    (Deed::ReadJournal, Role::Supervise),
    (Deed::Revoke, Role::Supervise),
    (Deed::Drive, Role::Drive),
    (Deed::Administer, Role::Admin),
];

impl Role {
    /// Every role, from the least to the most.
    pub const ALL: [Self; 4] = [Self::Watch, Self::Supervise, Self::Drive, Self::Admin];

    /// May this role do that? A deed without a line in the table is nobody's.
    #[must_use]
    pub fn may(self, deed: Deed) -> bool {
        LEAST_ROLE.iter().any(|(listed, least)| *listed == deed && self >= *least)
    }

    /// The role's name as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Supervise => "supervise",
            Self::Drive => "drive",
            Self::Admin => "admin",
        }
    }
}

impl Deed {
    /// The least role that may do this.
    #[must_use]
    pub fn least_role(self) -> Role {
        LEAST_ROLE.iter().find(|(listed, _)| *listed == self).map_or(Role::Admin, |(_, least)| *least)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRole(pub String);

impl fmt::Display for UnknownRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no role; allowed are watch, supervise, drive, admin", self.0)
    }
}

impl std::error::Error for UnknownRole {}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| UnknownRole(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_may_stop_and_only_drive_and_admin_may_drive() {
        assert!(Role::ALL.iter().all(|role| role.may(Deed::Stop) && role.may(Deed::See)));
        let drivers: Vec<_> = Role::ALL.into_iter().filter(|role| role.may(Deed::Drive)).collect();
        assert_eq!(drivers, [Role::Drive, Role::Admin]);
        assert!(!Role::Drive.may(Deed::Administer) && !Role::Watch.may(Deed::ReadJournal));
    }

    #[test]
    fn a_role_is_read_back_from_its_name() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert!("root".parse::<Role>().is_err_and(|error| error.to_string().contains("watch, supervise, drive, admin")));
    }
}
