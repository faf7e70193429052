-- Seats that are counted as taken, against the bookings that hold them.
SELECT
    concat('slot ', slot_id, ', dose ', dose, ': ', taken, ' taken, ', coalesce(booked, 0), ' booked')
        AS finding
FROM seats
LEFT JOIN (
    SELECT slot_id, dose, count(*) AS booked
    FROM (
        SELECT dose1_slot_id AS slot_id, 1 AS dose FROM booking WHERE dose1_slot_id IS NOT NULL
        UNION ALL
        SELECT dose2_slot_id, 2 FROM booking WHERE dose2_slot_id IS NOT NULL
    ) AS held
    GROUP BY slot_id, dose
) AS counted USING (slot_id, dose)
WHERE taken <> coalesce(booked, 0)
ORDER BY slot_id, dose
