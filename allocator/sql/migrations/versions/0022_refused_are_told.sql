-- Whom only the desk can tell: the last word about their booking is the city's, and no message reaches
-- them: they left neither an e-mail address nor a number that takes short messages, or a provider
-- refused it, did not take it for days, or has not for an hour (what only waits for its turn there is on
-- its way). Of those, only what their booking still says: they may have heard of a later one. Three
-- sets, each with an index of its own. Of a campaign that is over, whose
-- contact details were removed, nobody can tell anybody.
CREATE OR REPLACE VIEW to_be_told AS
WITH word AS (
    SELECT outbox_id, kind, booking_id, created_at, result
    FROM outbox
    WHERE result IN ('no_address', 'told_by_desk')
    UNION ALL
    SELECT outbox_id, kind, booking_id, created_at, result
    FROM outbox
    WHERE result IN ('refused', 'given_up')
    UNION ALL
    SELECT outbox_id, kind, booking_id, created_at, result
    FROM outbox
    WHERE queue = 'notices'
        AND done_at IS NULL
        AND coalesce(put_back_at, created_at) < clock_timestamp() - interval '1 hour'
        AND coalesce(result, '') NOT IN ('waiting', 'turn')
),
last_word AS (
    SELECT DISTINCT ON (booking_id) outbox_id, kind, booking_id, created_at, result
    FROM word
    WHERE kind NOT IN ('reminder_week', 'reminder_day', 'code', 'attempts')
    ORDER BY booking_id, outbox_id DESC
)
SELECT
    last_word.outbox_id, last_word.kind, last_word.created_at, booking.booking_id,
    booking.campaign_id
FROM last_word
JOIN booking USING (booking_id)
LEFT JOIN roster USING (person_key)
WHERE last_word.result IS DISTINCT FROM 'told_by_desk'
    AND booking.contact <> ''
    AND roster.left_why IS DISTINCT FROM 'died'
    AND (
        last_word.result = 'no_address'
        OR coalesce(booking.arranged_at, booking.booked_at) <= last_word.created_at
            AND booking.state = ANY (CASE
                WHEN last_word.kind IN ('moved', 'closed_moved') THEN ARRAY['booked', 'first_only']
                WHEN last_word.kind IN ('listed', 'closed_listed') THEN ARRAY['standby']
                WHEN last_word.kind = 'offered' THEN ARRAY['offered']
                WHEN last_word.kind = 'offer_over' THEN ARRAY['standby', 'cancelled']
                ELSE ARRAY['first_only', 'cancelled']
            END)
    )
    AND (
        last_word.kind IN (
            'moved', 'listed', 'closed_moved', 'closed_listed', 'offered', 'offer_over', 'left_city'
        )
        OR last_word.kind = 'cancelled' AND (
            -- Their new ticket has a booking of its own, or they did not come.
            roster.left_why = 'reissued'
            -- Dose 2 was taken away, and dose 1 may have been had.
            OR booking.state = 'first_only' AND NOT booking.dose1_given
                AND booking.dose1_on <= (last_word.created_at AT TIME ZONE 'Asia/Tokyo')::date
            OR EXISTS (
                SELECT FROM dose_record AS record
                WHERE record.booking_id = booking.booking_id
                    AND record.mark = 'not_come'
                    AND record.marked_at = last_word.created_at
            )
        )
    );
