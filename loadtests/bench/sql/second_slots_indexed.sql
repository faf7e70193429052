CREATE INDEX booking_by_second_slot ON booking (dose2_slot_id) WHERE dose2_slot_id IS NOT NULL
