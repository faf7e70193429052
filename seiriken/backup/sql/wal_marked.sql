-- A commit of nothing: so that there is WAL to archive, and a commit after any moment asked for.
SELECT pg_logical_emit_message(true, 'seiriken', 'backup')::text AS lsn
