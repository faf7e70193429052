-- The sealed column alone, and only where it still is what was opened.
UPDATE booking
SET contact = resealed.contact
FROM unnest(%(booking_id)s::uuid[], %(was)s::bytea[], %(contact)s::bytea[])
    AS resealed (booking_id, was, contact)
WHERE booking.booking_id = resealed.booking_id AND booking.contact = resealed.was
