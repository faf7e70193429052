SELECT slot_id, dose, capacity - taken AS free
FROM seats
WHERE slot_id = ANY(%(slot_ids)s);
