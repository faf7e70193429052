CREATE INDEX booking_by_first_slot ON booking (dose1_slot_id) WHERE dose1_slot_id IS NOT NULL
