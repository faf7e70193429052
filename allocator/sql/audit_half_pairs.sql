-- I2: one dose without the other, or of another product, that the journal does not account for:
-- dose 2 alone is in order after a first dose elsewhere; dose 1 alone after dose 2 was given back,
-- or while its person, who has had it, waits on the standby list.
-- Entries are read as JSON once each: an order of the staff may have moved thousands of bookings.
WITH entries AS MATERIALIZED (
    SELECT
        content #>> '{command,type}' AS command,
        CASE jsonb_typeof(content -> 'outcome')
            WHEN 'object' THEN jsonb_build_array(content -> 'outcome')
            ELSE '[]'::jsonb
        END || jsonb_path_query_array(content, '$.moves[*].booking') AS bookings
    FROM (SELECT entry::jsonb AS content FROM journal OFFSET 0) AS read_once
),
told AS (
    SELECT
        (moved ->> 'booking_id')::uuid AS booking_id,
        bool_or(command = 'cancel') AS gave_back,
        bool_or(jsonb_typeof(moved -> 'first_dose_elsewhere') = 'object') AS had_elsewhere
    FROM entries
    CROSS JOIN LATERAL jsonb_array_elements(bookings) AS moved
    GROUP BY booking_id
)
SELECT concat('booking ', booking_number, ': ', state) AS finding
FROM booking
LEFT JOIN told USING (booking_id)
LEFT JOIN slot AS slot1 ON slot1.slot_id = booking.dose1_slot_id
LEFT JOIN slot AS slot2 ON slot2.slot_id = booking.dose2_slot_id
WHERE (state = 'standby' AND dose1_slot_id IS NOT NULL AND NOT dose1_given)
    OR (state IN ('booked', 'offered') AND dose2_slot_id IS NULL)
    OR (state = 'first_only' AND NOT coalesce(gave_back, false))
    OR (
        state IN ('booked', 'first_only', 'offered')
        AND dose1_slot_id IS NULL AND NOT coalesce(had_elsewhere, false)
    )
    OR slot1.product_id <> booking.product_id
    OR slot2.product_id <> booking.product_id
ORDER BY booking_number
