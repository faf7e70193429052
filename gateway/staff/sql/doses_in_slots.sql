-- Everybody with a dose in some slots, and whoever was noted as not come for one there. The
-- bookings are read once, for both doses: an index by slot would make each booking dearer.
WITH seat AS (
    SELECT booking.booking_id, held.dose, held.slot_id
    FROM booking
    CROSS JOIN LATERAL (VALUES
        (1, booking.dose1_slot_id, booking.state IN ('booked', 'first_only') OR booking.dose1_given),
        (2, booking.dose2_slot_id, booking.state = 'booked')
    ) AS held (dose, slot_id, is_held)
    WHERE (booking.dose1_slot_id = ANY(%(slot_ids)s) OR booking.dose2_slot_id = ANY(%(slot_ids)s))
      AND held.slot_id = ANY(%(slot_ids)s)
      AND held.is_held
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
    record.marked_at, first_record.given_on AS first_given_on, roster.sealed
FROM seat
JOIN booking USING (booking_id)
LEFT JOIN dose_record AS record USING (booking_id, dose)
LEFT JOIN dose_record AS first_record ON
    first_record.booking_id = booking.booking_id
    AND first_record.dose = 1
    AND first_record.mark = 'given'
LEFT JOIN roster USING (person_key);
