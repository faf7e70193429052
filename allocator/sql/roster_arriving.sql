CREATE TEMPORARY TABLE arriving (
    person_key bytea NOT NULL,
    birth_check bytea NOT NULL,
    sealed bytea NOT NULL,
    pin_check bytea
) ON COMMIT DROP
