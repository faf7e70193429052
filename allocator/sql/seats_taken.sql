SELECT slot_id, dose, taken
FROM seats
WHERE taken > 0
