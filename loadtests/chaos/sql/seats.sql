SELECT slot_id::text AS slot, dose, capacity, taken FROM seats
