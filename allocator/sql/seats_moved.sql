-- Both at once, so that seats may be added and given out, or given back and removed.
UPDATE seats
SET taken = seats.taken + moved.count, capacity = coalesce(moved.capacity, seats.capacity)
FROM unnest(
    %(slot_id)s::integer[], %(dose)s::smallint[], %(count)s::integer[], %(capacity)s::integer[]
) AS moved (slot_id, dose, count, capacity)
WHERE seats.slot_id = moved.slot_id AND seats.dose = moved.dose
