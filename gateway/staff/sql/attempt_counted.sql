INSERT INTO staff_attempts AS kept (bucket, attempts, since)
VALUES (%(bucket)s, 1, %(now)s)
ON CONFLICT (bucket) DO UPDATE
SET attempts = CASE WHEN kept.since <= %(window_began)s THEN 1 ELSE kept.attempts + 1 END,
    since = CASE WHEN kept.since <= %(window_began)s THEN excluded.since ELSE kept.since END
RETURNING attempts, since;
