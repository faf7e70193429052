UPDATE seat
SET taken = taken + 1
WHERE seat_id IN (%(first_seat_id)s, %(second_seat_id)s)
