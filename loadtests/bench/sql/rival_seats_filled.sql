INSERT INTO seat (seat_id, capacity)
SELECT seat_id, %(capacity)s FROM generate_series(1, %(seats)s) AS seat_id
