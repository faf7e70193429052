CREATE TEMPORARY TABLE arriving (
    person_key bytea NOT NULL,
    birth_check bytea NOT NULL,
    sealed bytea NOT NULL
) ON COMMIT DROP
