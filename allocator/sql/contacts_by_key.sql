-- How many contacts each data key seals; null: sealed with a master key, before there were data keys.
-- An empty one was removed (seiriken retention).
SELECT
    CASE
        WHEN substring(contact FOR octet_length(%(mark)s::bytea)) = %(mark)s::bytea
            THEN substring(contact FROM octet_length(%(mark)s::bytea) + 1 FOR 8)
    END AS key_id,
    count(*) AS contacts
FROM booking
WHERE contact <> ''
GROUP BY 1
