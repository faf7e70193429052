-- The slots of the venue's day that most doses are booked in, and how many.
SELECT array_agg(DISTINCT slot.slot_id) AS slot_ids, count(*) AS doses
FROM slot
JOIN booking ON slot.slot_id IN (booking.dose1_slot_id, booking.dose2_slot_id)
GROUP BY slot.venue_id, slot.day
ORDER BY doses DESC
LIMIT 1
