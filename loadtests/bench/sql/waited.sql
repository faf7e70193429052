-- How long each of these messages waited, in seconds; NULL of one that was not sent.
SELECT CASE WHEN result = 'sent' THEN extract(epoch FROM done_at - created_at)::float8 END
FROM outbox WHERE outbox_id = any(%(messages)s)
