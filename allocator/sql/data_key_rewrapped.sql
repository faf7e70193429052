UPDATE data_key
SET master_id = %(master_id)s, wrapped = %(wrapped)s, wrapped_at = now()
WHERE key_id = %(key_id)s
