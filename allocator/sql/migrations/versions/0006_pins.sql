-- An optional PIN on the ticket: a keyed hash, bound to the person. Null: none is printed there.
ALTER TABLE roster
    ADD COLUMN pin_check bytea,
    ADD CONSTRAINT roster_pin_check_is_16_bytes CHECK (octet_length(pin_check) = 16);
