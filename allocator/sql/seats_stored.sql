-- Ends and capacities of every slot in the file.
WITH known AS (
    SELECT slot.slot_id, arriving_slot.*
    FROM arriving_slot
    INNER JOIN slot USING (venue_id, product_id, starts_at)
    WHERE slot.release_id = %(release_id)s
),
kept AS (
    UPDATE slot SET
        ends_at = known.ends_at,
        dose1_planned = known.dose1_capacity,
        dose2_planned = known.dose2_capacity
    FROM known
    WHERE
        slot.slot_id = known.slot_id
        AND (slot.ends_at, slot.dose1_planned, slot.dose2_planned)
        IS DISTINCT FROM (known.ends_at, known.dose1_capacity, known.dose2_capacity)
)
INSERT INTO seats (slot_id, dose, capacity)
SELECT known.slot_id, numbered.dose, numbered.capacity
FROM known
CROSS JOIN LATERAL (
    VALUES (1, known.dose1_capacity), (2, known.dose2_capacity)
) AS numbered (dose, capacity)
ON CONFLICT (slot_id, dose) DO UPDATE SET capacity = excluded.capacity
WHERE seats.capacity <> excluded.capacity
