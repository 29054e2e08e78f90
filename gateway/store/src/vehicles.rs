//! What is kept of a vehicle.

use crate::{Entry, Kind, Store, StoreError};
use farhand_protocol::{LeaseEpoch, OperatorName, VehicleId};
use serde_json::json;

/// A vehicle that was enrolled or driven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredVehicle {
    /// Its name.
    pub id: VehicleId,
    /// The highest epoch ever granted here.
    pub highest_epoch: LeaseEpoch,
    /// A lease whose end was not recorded: the gateway was killed.
    pub open: Option<OpenLease>,
    /// Fingerprint of the newest certificate, SHA-256 as hexadecimal text.
    pub certificate_sha256: Option<String>,
    /// True if it may no longer come in.
    pub revoked: bool,
}

/// A certificate that was made for a vehicle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCertificate {
    /// Its fingerprint, SHA-256 as hexadecimal text.
    pub sha256: String,
    /// Whose it is.
    pub vehicle: VehicleId,
    /// True for ever, once it was revoked.
    pub revoked: bool,
}

/// A lease whose end was not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLease {
    /// Its epoch.
    pub epoch: LeaseEpoch,
    /// Who held it.
    pub holder: Option<OperatorName>,
}

type Row = (String, i64, Option<i64>, Option<String>, Option<String>, bool);

impl Store {
    /// All vehicles, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn vehicles(&self) -> Result<Vec<StoredVehicle>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, highest_epoch, open_epoch, open_holder, certificate_sha256, revoked FROM vehicles ORDER BY id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(read).collect()
    }

    /// Every certificate that was made for a vehicle.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn certificates(&self) -> Result<Vec<StoredCertificate>, StoreError> {
        let rows: Vec<(String, String, bool)> =
            sqlx::query_as("SELECT sha256, vehicle, revoked FROM certificates ORDER BY sha256").fetch_all(&self.pool).await?;
        let stored = |(sha256, vehicle, revoked)| Ok(StoredCertificate { sha256, vehicle: vehicle_id(vehicle)?, revoked });
        rows.into_iter().map(stored).collect()
    }

    /// Notes a vehicle's new certificate and lets it in again. Certificates that were revoked stay so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn enrol(&self, vehicle: &VehicleId, certificate_sha256: &str) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        sqlx::query(
            "INSERT INTO vehicles (id, certificate_sha256) VALUES (?1, ?2)
             ON CONFLICT (id) DO UPDATE SET certificate_sha256 = ?2, revoked = 0",
        )
        .bind(vehicle.as_str())
        .bind(certificate_sha256)
        .execute(change.connection())
        .await?;
        sqlx::query("INSERT INTO certificates (sha256, vehicle) VALUES (?, ?)")
            .bind(certificate_sha256)
            .bind(vehicle.as_str())
            .execute(change.connection())
            .await?;
        let data = json!({ "certificate_sha256": certificate_sha256 });
        change.commit(&[Entry::new(Kind::VehicleEnrolled, data).of(vehicle)]).await?;
        Ok(())
    }

    /// Shuts a vehicle out with every certificate it has; false if there is none of this name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke(&self, vehicle: &VehicleId) -> Result<bool, StoreError> {
        let mut change = self.begin().await?;
        let of_vehicle = "UPDATE vehicles SET revoked = 1 WHERE id = ?";
        let known = sqlx::query(of_vehicle).bind(vehicle.as_str()).execute(change.connection()).await?.rows_affected() > 0;
        if known {
            let of_files = "UPDATE certificates SET revoked = 1 WHERE vehicle = ?";
            sqlx::query(of_files).bind(vehicle.as_str()).execute(change.connection()).await?;
            change.commit(&[Entry::new(Kind::VehicleRevoked, json!({})).of(vehicle)]).await?;
        }
        Ok(known)
    }
}

fn vehicle_id(text: String) -> Result<VehicleId, StoreError> {
    VehicleId::new(&text).map_err(|_| StoreError::Unknown { what: "the vehicle", value: text })
}

fn read((id, highest, open, holder, certificate_sha256, revoked): Row) -> Result<StoredVehicle, StoreError> {
    let unknown = |what, value: String| StoreError::Unknown { what, value };
    let epoch = |number: i64| u64::try_from(number).map(LeaseEpoch).map_err(|_| unknown("the epoch", number.to_string()));
    let id = vehicle_id(id)?;
    let holder = holder.map(|name| OperatorName::new(&name).map_err(|_| unknown("the account name", name))).transpose()?;
    let open = open.map(|number| Ok::<_, StoreError>(OpenLease { epoch: epoch(number)?, holder })).transpose()?;
    Ok(StoredVehicle { id, highest_epoch: epoch(highest)?, open, certificate_sha256, revoked })
}
