-- Ends and capacities of every slot in the file.
WITH known AS (
    SELECT slot.slot_id, arriving_slot.*
    FROM arriving_slot
    INNER JOIN slot USING (venue_id, product_id, starts_at)
    WHERE slot.release_id = %(release_id)s
),
ended AS (
    UPDATE slot SET ends_at = known.ends_at
    FROM known
    WHERE slot.slot_id = known.slot_id AND slot.ends_at <> known.ends_at
)
INSERT INTO seats (slot_id, dose, capacity)
SELECT known.slot_id, numbered.dose, numbered.capacity
FROM known
CROSS JOIN LATERAL (
    VALUES (1, known.dose1_capacity), (2, known.dose2_capacity)
) AS numbered (dose, capacity)
ON CONFLICT (slot_id, dose) DO UPDATE SET capacity = excluded.capacity
WHERE seats.capacity <> excluded.capacity
