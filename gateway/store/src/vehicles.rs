//! What is kept of a vehicle.

use crate::{Store, StoreError};
use farhand_protocol::{LeaseEpoch, OperatorName, VehicleId};

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

    /// Notes a vehicle's new certificate and lets it in again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn enrol(&self, vehicle: &VehicleId, certificate_sha256: &str) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO vehicles (id, certificate_sha256) VALUES (?1, ?2)
             ON CONFLICT (id) DO UPDATE SET certificate_sha256 = ?2, revoked = 0",
        )
        .bind(vehicle.as_str())
        .bind(certificate_sha256)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Shuts a vehicle out; false if there is none of this name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke(&self, vehicle: &VehicleId) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE vehicles SET revoked = 1 WHERE id = ?").bind(vehicle.as_str()).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }
}

fn read((id, highest, open, holder, certificate_sha256, revoked): Row) -> Result<StoredVehicle, StoreError> {
    let unknown = |what, value: String| StoreError::Unknown { what, value };
    let epoch = |number: i64| u64::try_from(number).map(LeaseEpoch).map_err(|_| unknown("the epoch", number.to_string()));
    let id = VehicleId::new(&id).map_err(|_| unknown("the vehicle", id))?;
    let holder = holder.map(|name| OperatorName::new(&name).map_err(|_| unknown("the account name", name))).transpose()?;
    let open = open.map(|number| Ok::<_, StoreError>(OpenLease { epoch: epoch(number)?, holder })).transpose()?;
    Ok(StoredVehicle { id, highest_epoch: epoch(highest)?, open, certificate_sha256, revoked })
}
