SELECT
    version, roster_version,
    (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS database,
    clock_timestamp() AS now
FROM catalogue
