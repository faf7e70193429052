-- Codes that were asked for, each mailed once; not of a booking that is no more.
INSERT INTO outbox (kind, booking_id, created_at, queue, challenge)
SELECT 'code', booking.booking_id, asked.asked_at, 'codes', asked.challenge
FROM unnest(%(challenge)s::uuid[], %(booking_id)s::uuid[], %(asked_at)s::timestamptz[])
    AS asked (challenge, booking_id, asked_at)
JOIN booking USING (booking_id)
ON CONFLICT (challenge) WHERE kind = 'code' DO NOTHING
