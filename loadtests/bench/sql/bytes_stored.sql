-- The size of the database, and the bytes written to the log so far.
SELECT pg_database_size(current_database()) AS stored, pg_current_wal_lsn() - '0/0' AS logged
