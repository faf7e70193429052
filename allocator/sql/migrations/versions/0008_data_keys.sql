-- Data keys of contact details, each wrapped by a master key that is no part of the database.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'seiriken_keys') THEN
        CREATE ROLE seiriken_keys NOLOGIN;
    END IF;
END
$$;

-- The newest (by key_seq) seals, all open. `resealed_at`: since then no stored row needed an older one.
CREATE TABLE data_key (
    key_id bytea PRIMARY KEY,
    key_seq bigint GENERATED ALWAYS AS IDENTITY,
    master_id bytea NOT NULL,
    wrapped bytea NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    wrapped_at timestamptz NOT NULL DEFAULT now(),
    resealed_at timestamptz,
    CONSTRAINT data_key_seq_is_unique UNIQUE (key_seq),
    CONSTRAINT data_key_id_is_8_bytes CHECK (octet_length(key_id) = 8),
    CONSTRAINT data_key_master_id_is_8_bytes CHECK (octet_length(master_id) = 8),
    CONSTRAINT data_key_is_wrapped CHECK (octet_length(wrapped) = 60)
);

GRANT SELECT ON data_key TO seiriken_gateway, seiriken_jobs;

-- Whoever rotates keys: this role is taken (SET ROLE) by the command, for as long as it works. Of a
-- booking it sees and changes the sealed column alone.
GRANT seiriken_keys TO CURRENT_USER;
GRANT SELECT, INSERT, DELETE ON data_key TO seiriken_keys;
GRANT UPDATE (master_id, wrapped, wrapped_at, resealed_at) ON data_key TO seiriken_keys;
GRANT SELECT (booking_id, contact), UPDATE (contact) ON booking TO seiriken_keys;
