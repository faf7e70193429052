-- Everybody with a dose in some slots, and whoever was noted as not come for one there.
WITH seat AS (
    SELECT booking_id, 1 AS dose, dose1_slot_id AS slot_id
    FROM booking
    WHERE dose1_slot_id = ANY(%(slot_ids)s) AND (state IN ('booked', 'first_only') OR dose1_given)
    UNION
    SELECT booking_id, 2, dose2_slot_id
    FROM booking
    WHERE dose2_slot_id = ANY(%(slot_ids)s) AND state = 'booked'
    UNION
    SELECT booking_id, dose, slot_id
    FROM dose_record
    WHERE slot_id = ANY(%(slot_ids)s) AND mark = 'not_come'
)
SELECT
    booking.booking_id, booking.booking_number, booking.person_key, booking.campaign_id,
    booking.release_id, booking.product_id, booking.language, booking.state, booking.contact,
    booking.dose1_on, booking.dose1_slot_id, booking.dose1_given, seat.dose, seat.slot_id,
    CASE seat.dose WHEN 1 THEN booking.dose1_given ELSE booking.dose2_given END AS is_given,
    record.mark, record.slot_id AS record_slot_id, record.lot, record.given_on, record.marked_by,
    record.marked_at, roster.sealed
FROM seat
JOIN booking USING (booking_id)
LEFT JOIN dose_record AS record USING (booking_id, dose)
LEFT JOIN roster USING (person_key);
