-- What is there to be removed.
SELECT
    (SELECT count(*) FROM roster) AS roster,
    (SELECT count(*) FROM booking WHERE contact <> '') AS contacts,
    (SELECT count(*) FROM data_key) AS data_keys,
    (SELECT count(*) FROM staff_session) AS staff_sessions,
    (SELECT count(*) FROM staff_attempts) AS staff_attempts
