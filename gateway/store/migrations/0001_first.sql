CREATE TABLE accounts (
    name TEXT PRIMARY KEY NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('watch', 'supervise', 'drive', 'admin')),
    added_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE one_time_tokens (
    hash BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    expires_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    hash BLOB PRIMARY KEY NOT NULL,
    data TEXT NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_expiry ON sessions (expires_ms);

CREATE TABLE vehicles (
    id TEXT PRIMARY KEY NOT NULL,
    highest_epoch INTEGER NOT NULL DEFAULT 0,
    open_epoch INTEGER,
    open_holder TEXT,
    certificate_sha256 TEXT,
    revoked INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1))
) STRICT;
-- A fencing token never falls, whoever writes.
CREATE TRIGGER vehicles_epoch_rises BEFORE UPDATE OF highest_epoch ON vehicles
WHEN NEW.highest_epoch < OLD.highest_epoch
BEGIN SELECT RAISE(ABORT, 'an epoch never falls'); END;

CREATE TABLE journal (
    seq INTEGER PRIMARY KEY NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    vehicle TEXT,
    person TEXT,
    data TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX journal_by_vehicle ON journal (vehicle, seq);
CREATE TRIGGER journal_keeps_rows BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_keeps_words BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
