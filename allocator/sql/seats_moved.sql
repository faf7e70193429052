UPDATE seats
SET taken = seats.taken + moved.count
FROM unnest(%(slot_id)s::integer[], %(dose)s::smallint[], %(count)s::integer[])
    AS moved (slot_id, dose, count)
WHERE seats.slot_id = moved.slot_id AND seats.dose = moved.dose
