-- Word of attempts to the holders of bookings whose tickets others tried: at most one in 24 hours.
INSERT INTO outbox (kind, booking_id, created_at, queue)
SELECT 'attempts', booking.booking_id, %(now)s, 'notices'
FROM booking
WHERE booking.person_key = ANY (%(person_key)s::bytea[])
    AND booking.state <> 'cancelled'
    AND booking.campaign_id <> %(probe)s
    AND NOT EXISTS (
        SELECT FROM outbox AS told
        WHERE told.booking_id = booking.booking_id
            AND told.kind = 'attempts'
            AND told.created_at > %(now)s - interval '24 hours'
    )
LIMIT %(limit)s
ON CONFLICT (booking_id, ((created_at AT TIME ZONE 'Asia/Tokyo')::date)) WHERE kind = 'attempts'
    DO NOTHING
