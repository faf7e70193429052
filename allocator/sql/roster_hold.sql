-- Held to the end of the transaction: imports and changes take turns; who only reads does not wait,
-- and neither does a booking.
SELECT pg_advisory_xact_lock(7162934508812277301)
