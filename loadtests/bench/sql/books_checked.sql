-- What was booked, and what must be zero: seats over their capacity or counted wrongly.
SELECT
    (SELECT count(*) FROM booking WHERE state = 'booked') AS bookings,
    (SELECT count(*) FROM seats WHERE taken > capacity) AS oversold,
    (
        (SELECT sum(taken) FROM seats)
        - (SELECT 2 * count(*) FROM booking WHERE state = 'booked')
    ) AS miscounted
