-- L5: bookings that residents were told of, and that are not stored, or not as they were told.
SELECT concat('booking ', told.booking_number, ': ', coalesce(state, 'not stored')) AS finding
FROM unnest(
    %(booking_numbers)s::text[], %(dose1_slot_ids)s::integer[], %(dose2_slot_ids)s::integer[]
) AS told (booking_number, dose1_slot_id, dose2_slot_id)
LEFT JOIN booking USING (booking_number)
WHERE state IS DISTINCT FROM 'booked'
    OR booking.dose1_slot_id IS DISTINCT FROM told.dose1_slot_id
    OR booking.dose2_slot_id IS DISTINCT FROM told.dose2_slot_id
ORDER BY told.booking_number
