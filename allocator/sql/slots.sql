SELECT
    slot.slot_id, slot.release_id, slot.venue_id, slot.product_id, slot.starts_at, slot.ends_at,
    coalesce(first.capacity, 0) AS dose1_capacity,
    coalesce(second.capacity, 0) AS dose2_capacity
FROM slot
LEFT JOIN seats AS first ON first.slot_id = slot.slot_id AND first.dose = 1
LEFT JOIN seats AS second ON second.slot_id = slot.slot_id AND second.dose = 2
