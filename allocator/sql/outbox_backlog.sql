SELECT
    count(*) AS messages,
    coalesce(
        extract(epoch FROM clock_timestamp() - min(coalesce(put_back_at, created_at))), 0
    )::float8 AS oldest_age_s,
    (
        SELECT count(*)
        FROM outbox
        WHERE result IN ('refused', 'given_up')
            AND done_at > clock_timestamp() - interval '7 days'
    ) AS untold
FROM outbox
WHERE queue IN ('codes', 'notices') AND done_at IS NULL
