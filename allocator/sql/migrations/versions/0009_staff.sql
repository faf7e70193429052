-- The staff gateway's own tables, and the role that works with them.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'seiriken_staff') THEN
        CREATE ROLE seiriken_staff NOLOGIN;
    END IF;
END
$$;

-- Who may sign in at the desk. An account is never deleted: the journal names it.
-- totp_secret is sealed, and there once the second factor is enrolled; totp_step is the last
-- step of 30 s whose code was taken, so that no code counts twice.
CREATE TABLE staff_account (
    account_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    login text NOT NULL,
    role text NOT NULL,
    password_hash text NOT NULL,
    totp_secret bytea,
    totp_step bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    CONSTRAINT staff_account_login_is_unique UNIQUE (login),
    CONSTRAINT staff_account_login_is_plain CHECK (login ~ '^[a-z][a-z0-9._-]{1,31}$'),
    CONSTRAINT staff_account_role_is_known
        CHECK (role IN ('clerk', 'supervisor', 'operator', 'auditor'))
);

-- Sessions by the SHA-256 of their token. One that is enrolling may do nothing else:
-- its enrolling_secret is the (sealed) secret that is being shown.
CREATE TABLE staff_session (
    token_digest bytea PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES staff_account (account_id),
    enrolling_secret bytea,
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    CONSTRAINT staff_session_token_digest_is_32_bytes CHECK (octet_length(token_digest) = 32)
);
CREATE INDEX staff_session_of_account ON staff_session (account_id);

-- Attempts to sign in that failed, or are under way, by a keyed hash of the name or the network.
CREATE TABLE staff_attempts (
    bucket bytea PRIMARY KEY,
    attempts integer NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT staff_attempts_are_not_negative CHECK (attempts >= 0)
);

-- Every look at personal data, and every act for somebody: who, when, whose, why, from where.
-- Written before anything is shown. Nobody but the owner can change or delete a line.
CREATE TABLE staff_look (
    look_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    looked_at timestamptz NOT NULL,
    login text NOT NULL,
    role text NOT NULL,
    act text NOT NULL,
    person_key bytea,
    reason text NOT NULL,
    came_from text NOT NULL,
    CONSTRAINT staff_look_person_key_is_16_bytes CHECK (octet_length(person_key) = 16)
);
CREATE INDEX staff_look_by_time ON staff_look (looked_at);
CREATE INDEX staff_look_by_person ON staff_look (person_key, looked_at);

GRANT SELECT ON staff_account TO seiriken_staff;
GRANT UPDATE (password_hash, totp_secret, totp_step) ON staff_account TO seiriken_staff;
GRANT SELECT, INSERT, UPDATE, DELETE ON staff_session, staff_attempts TO seiriken_staff;
GRANT SELECT, INSERT ON staff_look TO seiriken_staff;
-- What a caller holds, as the residents' gateway may read it.
GRANT SELECT ON outcome, booking, data_key TO seiriken_staff;
