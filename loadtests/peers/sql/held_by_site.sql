-- What the plain booking site holds: one line a dose.
SELECT booking_booking.id::text AS reference, booking_slot.starts_at
FROM booking_booking
INNER JOIN booking_slot
    ON booking_slot.id IN (booking_booking.first_slot_id, booking_booking.second_slot_id)
