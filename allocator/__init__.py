"""Who gets which two seats: the only writer of bookings."""
