-- I2: one dose without the other, or of another product, that the journal does not account for:
-- dose 2 alone is in order after a first dose elsewhere; dose 1 alone after dose 2 was given back,
-- or while its person, who has had it, waits on the standby list.
WITH told AS (
    SELECT
        (moved ->> 'booking_id')::uuid AS booking_id,
        bool_or(content #>> '{command,type}' = 'cancel') AS gave_back,
        bool_or(jsonb_typeof(moved -> 'first_dose_elsewhere') = 'object') AS had_elsewhere
    FROM (SELECT entry::jsonb AS content FROM journal) AS entries
    CROSS JOIN LATERAL (
        SELECT content -> 'outcome' AS moved
        WHERE jsonb_typeof(content -> 'outcome') = 'object'
        UNION ALL
        SELECT move -> 'booking' FROM jsonb_array_elements(content -> 'moves') AS move
    ) AS all_moved
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
