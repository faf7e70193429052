-- In the order of their ids, so that two bookings cannot wait for each other.
SELECT seat_id, capacity, taken
FROM seat
WHERE seat_id IN (%(first_seat_id)s, %(second_seat_id)s)
ORDER BY seat_id
FOR UPDATE
