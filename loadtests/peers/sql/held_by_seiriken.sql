-- What Seiriken holds: one line a dose.
SELECT booking.booking_number AS reference, slot.starts_at
FROM booking
INNER JOIN slot ON slot.slot_id IN (booking.dose1_slot_id, booking.dose2_slot_id)
WHERE booking.state IN ('booked', 'first_only')
