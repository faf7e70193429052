SELECT
    count(*) AS messages,
    coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS oldest_age_s
FROM outbox
WHERE queue = 'notices' AND done_at IS NULL
