SELECT count(*) AS bookings_made
FROM booking
