UPDATE seats
SET taken = held.taken
FROM (
    SELECT slot_id, dose, count(*) AS taken
    FROM booking
    CROSS JOIN LATERAL (VALUES (dose1_slot_id, 1), (dose2_slot_id, 2)) AS held (slot_id, dose)
    GROUP BY slot_id, dose
) AS held
WHERE seats.slot_id = held.slot_id AND seats.dose = held.dose
