-- How many people only the desk can tell (the view to_be_told), and how long the first has waited.
SELECT
    count(*) AS people,
    coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS oldest_age_s
FROM to_be_told
WHERE campaign_id <> %(probe)s
