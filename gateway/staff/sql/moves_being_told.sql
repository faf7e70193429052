-- How many messages about a booking that the city moved or ended have neither gone out nor failed.
SELECT count(*) AS messages
FROM outbox
WHERE done_at IS NULL
    AND kind IN ('moved', 'listed', 'closed_moved', 'closed_listed');
