-- Seats that are taken and would be gone, or fewer than are taken. Locks what it read.
SELECT
    slot.venue_id, slot.product_id, slot.starts_at, seats.dose, seats.taken,
    CASE seats.dose
        WHEN 1 THEN arriving_slot.dose1_capacity
        ELSE arriving_slot.dose2_capacity
    END AS capacity
FROM slot
INNER JOIN seats ON seats.slot_id = slot.slot_id
LEFT JOIN arriving_slot ON
    arriving_slot.venue_id = slot.venue_id
    AND arriving_slot.product_id = slot.product_id
    AND arriving_slot.starts_at = slot.starts_at
WHERE
    slot.release_id = %(release_id)s
    AND seats.taken > coalesce(
        CASE seats.dose
            WHEN 1 THEN arriving_slot.dose1_capacity
            ELSE arriving_slot.dose2_capacity
        END,
        0
    )
ORDER BY slot.starts_at, slot.slot_id, seats.dose
FOR UPDATE OF seats
