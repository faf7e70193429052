-- Whom only the desk can tell: the last word about their booking is the city's, and they left neither
-- an e-mail address nor a number that takes short messages. What they asked for themselves, they
-- know. Offers that stand come first, then whoever has waited longest. Nobody writes to the dead.
-- One message named: that one, if its person is still to be told.
WITH last_word AS (
    SELECT DISTINCT ON (booking_id) outbox_id, kind, booking_id, created_at, result
    FROM outbox
    WHERE result IN ('no_address', 'told_by_desk')
        AND kind NOT IN ('reminder_week', 'reminder_day', 'code', 'attempts')
    ORDER BY booking_id, outbox_id DESC
)
SELECT
    last_word.outbox_id, last_word.kind, last_word.created_at,
    booking.booking_id, booking.booking_number, booking.person_key, booking.contact,
    booking.language, booking.dose1_slot_id, booking.dose1_given, booking.dose2_slot_id,
    (booking.standby ->> 'offered_until')::timestamptz AS offered_until, roster.sealed
FROM last_word
JOIN booking USING (booking_id)
LEFT JOIN roster USING (person_key)
WHERE last_word.result = 'no_address'
    AND booking.campaign_id <> %(probe)s
    AND roster.left_why IS DISTINCT FROM 'died'
    AND (
        last_word.kind IN (
            'moved', 'listed', 'closed_moved', 'closed_listed', 'offered', 'offer_over', 'left_city'
        )
        OR last_word.kind = 'cancelled' AND (
            -- Their new ticket has a booking of its own, or they did not come.
            roster.left_why = 'reissued'
            OR EXISTS (
                SELECT FROM dose_record AS record
                WHERE record.booking_id = booking.booking_id
                    AND record.mark = 'not_come'
                    AND record.marked_at = last_word.created_at
            )
        )
    )
    AND (%(outbox_id)s::bigint IS NULL OR last_word.outbox_id = %(outbox_id)s)
ORDER BY booking.state <> 'offered', last_word.created_at, last_word.outbox_id
LIMIT %(limit)s;
