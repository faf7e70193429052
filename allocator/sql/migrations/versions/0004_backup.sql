-- The role that makes backups: it may read every table, also those of later migrations, to note
-- how many rows there are. That it may copy the server (REPLICATION) is set with its password.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'seiriken_backup') THEN
        CREATE ROLE seiriken_backup NOLOGIN;
    END IF;
END
$$;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO seiriken_backup;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO seiriken_backup;
