-- Reminders that are due (kind, day of the dose, since when), each made once: not of what was
-- booked or moved since it was due, nor of a dose that was given or has begun.
INSERT INTO outbox (kind, booking_id, created_at, queue, dose, slot_id)
SELECT due.kind, booking.booking_id, %(now)s, 'reminders', held.dose, slot.slot_id
FROM unnest(%(kind)s::text[], %(day)s::date[], %(due_at)s::timestamptz[])
    AS due (kind, day, due_at)
JOIN slot ON slot.day = due.day AND slot.starts_at > %(now)s
JOIN (
    SELECT booking_id, 1 AS dose, dose1_slot_id AS slot_id FROM booking WHERE NOT dose1_given
    UNION ALL
    SELECT booking_id, 2, dose2_slot_id FROM booking WHERE NOT dose2_given
) AS held ON held.slot_id = slot.slot_id
JOIN booking ON booking.booking_id = held.booking_id
WHERE booking.reminders
    AND booking.state IN ('booked', 'first_only')
    AND booking.campaign_id <> %(probe)s
    AND coalesce(booking.arranged_at, booking.booked_at) < due.due_at
    AND NOT EXISTS (
        SELECT FROM outbox AS made
        WHERE made.queue = 'reminders'
            AND made.booking_id = booking.booking_id
            AND made.dose = held.dose
            AND made.slot_id = slot.slot_id
            AND made.kind = due.kind
    )
ORDER BY due.due_at, slot.starts_at
LIMIT %(limit)s
ON CONFLICT (booking_id, dose, slot_id, kind) WHERE queue = 'reminders' DO NOTHING
