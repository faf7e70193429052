DELETE FROM data_key
WHERE key_id = %(key_id)s
