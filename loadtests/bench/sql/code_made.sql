INSERT INTO outbox (kind, booking_id, created_at, queue, challenge)
VALUES ('code', %(booking)s, clock_timestamp(), 'codes', gen_random_uuid())
RETURNING outbox_id
