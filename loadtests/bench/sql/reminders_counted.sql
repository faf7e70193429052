-- Reminders made, sent, and seconds from the first one made to the last one sent.
SELECT
    count(*),
    count(done_at),
    coalesce(extract(epoch FROM max(done_at) - min(created_at)), 0)::float8
FROM outbox WHERE queue = 'reminders'
