-- What was booked and when; then what must be zero: seats oversold or counted wrongly.
SELECT
    count(*) AS bookings,
    coalesce(extract(epoch FROM max(booked_at) - min(booked_at)), 0) AS lasting_s,
    (SELECT count(*) FROM seat WHERE taken > capacity) AS oversold,
    (
        SELECT count(*)
        FROM seat
        LEFT JOIN LATERAL (
            SELECT count(*) AS held
            FROM pair_booking
            WHERE seat.seat_id IN (first_seat_id, second_seat_id)
        ) AS counted ON true
        WHERE counted.held <> seat.taken
    ) AS miscounted
FROM pair_booking
