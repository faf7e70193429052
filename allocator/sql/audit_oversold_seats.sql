-- I1: more people in a slot, for one dose, than it has seats; counted from the bookings alone.
SELECT
    concat('slot ', slot_id, ', dose ', dose, ': ', count(*), ' booked, ', coalesce(capacity, 0), ' seats')
        AS finding
FROM (
    SELECT dose1_slot_id AS slot_id, 1 AS dose FROM booking WHERE dose1_slot_id IS NOT NULL
    UNION ALL
    SELECT dose2_slot_id, 2 FROM booking WHERE dose2_slot_id IS NOT NULL
) AS held
LEFT JOIN seats USING (slot_id, dose)
GROUP BY slot_id, dose, capacity
HAVING count(*) > coalesce(capacity, 0)
ORDER BY slot_id, dose
