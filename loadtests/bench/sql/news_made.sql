-- Confirmations of bookings, as the allocator puts them into the outbox.
INSERT INTO outbox (kind, booking_id, journal_seq, created_at)
SELECT 'booked', booking_id, 1, clock_timestamp() FROM unnest(%(bookings)s::uuid[]) AS booking_id
RETURNING outbox_id
