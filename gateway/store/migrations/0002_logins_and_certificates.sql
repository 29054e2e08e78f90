-- Every certificate that was made for a vehicle: a revoked one stays revoked when the vehicle is enrolled again.
CREATE TABLE certificates (
    sha256 TEXT PRIMARY KEY NOT NULL,
    vehicle TEXT NOT NULL REFERENCES vehicles (id),
    revoked INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1))
) STRICT;
INSERT INTO certificates (sha256, vehicle, revoked)
SELECT certificate_sha256, id, revoked FROM vehicles WHERE certificate_sha256 IS NOT NULL;

-- A login belongs to an account and ends with it. Logins of before name none: everybody logs in once more.
DELETE FROM sessions;
ALTER TABLE sessions ADD COLUMN name TEXT REFERENCES accounts (name) ON DELETE CASCADE;
CREATE INDEX sessions_by_name ON sessions (name);
