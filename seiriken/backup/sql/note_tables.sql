SELECT tablename AS table_name
FROM pg_tables
WHERE schemaname = 'public'
ORDER BY tablename
