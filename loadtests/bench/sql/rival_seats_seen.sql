SELECT seat_id, capacity, taken
FROM seat
WHERE seat_id IN (%(first_seat_id)s, %(second_seat_id)s)
