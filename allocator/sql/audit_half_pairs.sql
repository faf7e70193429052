-- I2: one dose without the other, or of another product, that the journal does not account for:
-- dose 2 alone is in order after a first dose elsewhere, dose 1 alone after dose 2 was given back.
WITH told AS (
    SELECT DISTINCT ON (booking_id)
        (content #>> '{outcome,booking_id}')::uuid AS booking_id,
        content #>> '{command,type}' AS command,
        content #> '{outcome,first_dose_elsewhere}' AS elsewhere
    FROM (SELECT journal_seq, entry::jsonb AS content FROM journal) AS entries
    WHERE jsonb_typeof(content -> 'outcome') = 'object'
    ORDER BY booking_id, journal_seq DESC
)
SELECT concat('booking ', booking_number, ': ', state) AS finding
FROM booking
LEFT JOIN told USING (booking_id)
LEFT JOIN slot AS slot1 ON slot1.slot_id = booking.dose1_slot_id
LEFT JOIN slot AS slot2 ON slot2.slot_id = booking.dose2_slot_id
WHERE state <> 'cancelled'
    AND (
        (dose1_slot_id IS NULL AND coalesce(jsonb_typeof(elsewhere), 'null') = 'null')
        OR (dose2_slot_id IS NULL AND (state <> 'first_only' OR command IS DISTINCT FROM 'cancel'))
        OR slot1.product_id <> booking.product_id
        OR slot2.product_id <> booking.product_id
    )
ORDER BY booking_number
