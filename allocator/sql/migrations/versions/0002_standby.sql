-- The standby list, doses that were given, and the staff's orders.

-- A place on the list is a row of its own (state standby or offered), so that the one-per-person
-- index holds it, too. dose1_on is null while there is no dose 1.
ALTER TABLE booking
    ALTER COLUMN dose1_on DROP NOT NULL,
    ADD COLUMN dose1_given boolean NOT NULL DEFAULT false,
    ADD COLUMN dose2_given boolean NOT NULL DEFAULT false,
    ADD COLUMN standby jsonb,
    DROP CONSTRAINT booking_state_is_known,
    ADD CONSTRAINT booking_state_is_known
        CHECK (state IN ('booked', 'first_only', 'standby', 'offered', 'cancelled')),
    DROP CONSTRAINT booking_has_both_doses_or_neither,
    ADD CONSTRAINT booking_has_both_doses_or_neither
        CHECK ((state IN ('booked', 'offered')) = (dose2_slot_id IS NOT NULL)
               AND (dose2_slot_id IS NULL) = (dose2_on IS NULL)
               AND (state NOT IN ('booked', 'first_only', 'offered') OR dose1_on IS NOT NULL)
               AND (state <> 'first_only' OR dose1_slot_id IS NOT NULL)
               AND (state <> 'standby' OR dose1_slot_id IS NULL OR dose1_given)
               AND (state <> 'cancelled' OR dose1_slot_id IS NULL)),
    DROP CONSTRAINT booking_interval_is_met,
    ADD CONSTRAINT booking_interval_is_met
        CHECK (dose2_on IS NULL
               OR (dose2_on - dose1_on >= interval_days_min
                   AND (dose2_on - dose1_on <= interval_days_max
                        OR dose1_slot_id IS NULL OR dose1_given))),
    ADD CONSTRAINT booking_given_doses_are_held
        CHECK ((NOT dose1_given OR dose1_slot_id IS NOT NULL)
               AND (NOT dose2_given OR (state = 'booked'
                                        AND (dose1_given OR dose1_slot_id IS NULL)))),
    ADD CONSTRAINT booking_standby_has_a_place
        CHECK ((state IN ('standby', 'offered')) = (standby IS NOT NULL));

-- Who waits, without reading every booking. Slots have no index of their holders: the staff's
-- orders, which are rare, read the whole table rather than have every booking pay for two more.
CREATE INDEX booking_on_standby ON booking (release_id) WHERE state IN ('standby', 'offered');

ALTER TABLE outbox
    DROP CONSTRAINT outbox_kind_is_known,
    ADD CONSTRAINT outbox_kind_is_known
        CHECK (kind IN ('booked', 'changed', 'cancelled', 'joined', 'offered', 'offer_over',
                        'moved', 'listed'));

-- An order of the staff edits capacities and raises the catalogue's version; each batch holds it.
GRANT UPDATE (version) ON catalogue TO seiriken_allocator;
GRANT UPDATE (capacity) ON seats TO seiriken_allocator;
