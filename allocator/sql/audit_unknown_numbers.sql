-- L5: booking numbers that residents were told, and that are not stored.
SELECT concat('booking ', told.booking_number, ': not stored') AS finding
FROM unnest(%(numbers)s::text[]) AS told (booking_number)
WHERE NOT EXISTS (SELECT FROM booking WHERE booking.booking_number = told.booking_number)
ORDER BY told.booking_number
