-- Messages that ended untold: the newest first. Nothing of the person but the booking's number.
SELECT
    outbox.outbox_id,
    outbox.kind,
    outbox.result,
    outbox.attempts,
    outbox.created_at,
    outbox.done_at,
    booking.booking_number
FROM outbox JOIN booking USING (booking_id)
WHERE outbox.result IN ('refused', 'given_up')
    AND outbox.done_at > %(since)s
    AND booking.campaign_id <> %(probe)s
ORDER BY outbox.done_at DESC, outbox.outbox_id DESC
LIMIT %(limit)s
