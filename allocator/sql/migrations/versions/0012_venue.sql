-- The venues' desks: what became of each dose, and accounts that are bound to venues.

-- One record of each dose of a booking; a later mark replaces it, and the journal keeps them all.
-- slot_id is where the dose was to be given: whoever did not come holds it no longer.
CREATE TABLE dose_record (
    booking_id uuid NOT NULL,
    dose smallint NOT NULL,
    mark text NOT NULL,
    slot_id integer NOT NULL,
    product_id text NOT NULL,
    lot text NOT NULL,
    given_on date,
    marked_by text NOT NULL,
    reason text NOT NULL,
    journal_seq bigint NOT NULL,
    marked_at timestamptz NOT NULL,
    PRIMARY KEY (booking_id, dose),
    CONSTRAINT dose_record_dose_is_first_or_second CHECK (dose IN (1, 2)),
    CONSTRAINT dose_record_mark_is_known CHECK (mark IN ('given', 'not_come', 'undone')),
    CONSTRAINT dose_record_given_has_a_day CHECK ((mark = 'given') = (given_on IS NOT NULL)),
    CONSTRAINT dose_record_lot_is_short CHECK (length(lot) <= 20),
    CONSTRAINT dose_record_reason_is_short CHECK (length(reason) <= 40)
);
CREATE INDEX dose_record_by_slot ON dose_record (slot_id);
CREATE INDEX dose_record_by_day ON dose_record (given_on);
GRANT SELECT, INSERT, UPDATE ON dose_record TO seiriken_allocator;
GRANT SELECT ON dose_record TO seiriken_staff;

-- A venue's account sees its venues alone.
ALTER TABLE staff_account ADD COLUMN venues text[] NOT NULL DEFAULT '{}';
ALTER TABLE staff_account DROP CONSTRAINT staff_account_role_is_known;
ALTER TABLE staff_account ADD CONSTRAINT staff_account_role_is_known
    CHECK (role IN ('clerk', 'supervisor', 'operator', 'auditor', 'venue'));
ALTER TABLE staff_account ADD CONSTRAINT staff_account_venue_has_venues
    CHECK ((role = 'venue') = (cardinality(venues) > 0));

-- The desk shows ticket number and birth date (sealed in the roster).
GRANT SELECT (person_key, sealed) ON roster TO seiriken_staff;
