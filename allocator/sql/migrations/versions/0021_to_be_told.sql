-- Whom only the desk can tell: the last word about their booking is the city's, and they left neither
-- an e-mail address nor a number that takes short messages. What they asked for themselves, they
-- know. Nobody writes to the dead. A view, as the staff list these people and the worker counts them,
-- who may read neither doses nor what is sealed of a person.
CREATE VIEW to_be_told AS
WITH last_word AS (
    SELECT DISTINCT ON (booking_id) outbox_id, kind, booking_id, created_at, result
    FROM outbox
    WHERE result IN ('no_address', 'told_by_desk')
        AND kind NOT IN ('reminder_week', 'reminder_day', 'code', 'attempts')
    ORDER BY booking_id, outbox_id DESC
)
SELECT
    last_word.outbox_id, last_word.kind, last_word.created_at, booking.booking_id,
    booking.campaign_id
FROM last_word
JOIN booking USING (booking_id)
LEFT JOIN roster USING (person_key)
WHERE last_word.result = 'no_address'
    AND roster.left_why IS DISTINCT FROM 'died'
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

GRANT SELECT ON to_be_told TO seiriken_staff;
GRANT SELECT (created_at, campaign_id) ON to_be_told TO seiriken_jobs;
