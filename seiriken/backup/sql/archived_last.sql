SELECT last_archived_time
FROM pg_stat_archiver
WHERE last_archived_time IS NOT NULL
