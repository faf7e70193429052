-- I2: doses closer or further apart than the booking's own limits, by the days of the slots
-- themselves. After a first dose that was given, here or elsewhere, there is no latest day.
SELECT
    concat(
        'booking ', booking_number, ': ', days, ' days, not ',
        interval_days_min, ' to ', interval_days_max
    ) AS finding
FROM booking
LEFT JOIN slot AS slot1 ON slot1.slot_id = booking.dose1_slot_id
JOIN slot AS slot2 ON slot2.slot_id = booking.dose2_slot_id
CROSS JOIN LATERAL (SELECT slot2.day - coalesce(slot1.day, booking.dose1_on) AS days) AS apart
WHERE days < interval_days_min OR (days > interval_days_max AND slot1.slot_id IS NOT NULL AND NOT dose1_given)
ORDER BY booking_number
