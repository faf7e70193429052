DROP INDEX IF EXISTS booking_by_first_slot, booking_by_second_slot
