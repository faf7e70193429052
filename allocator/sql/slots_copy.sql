COPY arriving_slot (
    venue_id, product_id, starts_at, ends_at, dose1_capacity, dose2_capacity
) FROM STDIN
