-- Bookings of the first people of the roster, spread over the slots of dose 1.
WITH first_slot AS (
    SELECT
        slot.slot_id, slot.release_id, slot.product_id, slot.venue_id, slot.starts_at, slot.day,
        row_number() OVER (ORDER BY slot.slot_id) - 1 AS place
    FROM slot
    INNER JOIN seats ON seats.slot_id = slot.slot_id AND seats.dose = 1 AND seats.capacity > 0
),
person AS (
    SELECT person_key, row_number() OVER () - 1 AS place FROM roster LIMIT %(bookings)s
)
INSERT INTO booking (
    booking_id, booking_number, person_key, campaign_id, release_id, product_id,
    dose1_slot_id, dose1_on, dose2_slot_id, dose2_on, interval_days_min, interval_days_max,
    state, contact, language, booked_at
)
SELECT
    gen_random_uuid(), lpad((person.place + 1)::text, 7, '0') || '-0', person.person_key,
    release.campaign_id, first_slot.release_id, first_slot.product_id,
    first_slot.slot_id, first_slot.day, second_slot.slot_id, second_slot.day,
    product.interval_days_min, product.interval_days_max,
    'booked', decode(repeat('ab', 100), 'hex'), 'ja', clock_timestamp()
FROM person
INNER JOIN first_slot ON first_slot.place = person.place %% (SELECT count(*) FROM first_slot)
INNER JOIN product ON product.product_id = first_slot.product_id
INNER JOIN release ON release.release_id = first_slot.release_id
INNER JOIN slot AS second_slot
    ON second_slot.release_id = first_slot.release_id
    AND second_slot.venue_id = first_slot.venue_id
    AND second_slot.product_id = first_slot.product_id
    AND second_slot.starts_at
    = first_slot.starts_at + make_interval(days => product.interval_days_standard)
