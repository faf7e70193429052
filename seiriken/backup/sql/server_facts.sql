SELECT
    current_setting('server_version_num')::integer AS server_version,
    pg_size_bytes(current_setting('wal_segment_size'))::bigint AS segment_bytes,
    (SELECT setting::integer FROM pg_settings WHERE name = 'archive_timeout') AS archive_timeout_s,
    pg_get_userbyid(10) AS superuser,
    current_database() AS database,
    (SELECT sum(pg_database_size(oid))::bigint FROM pg_database) AS size_bytes
