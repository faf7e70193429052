UPDATE data_key
SET resealed_at = now()
WHERE key_id = %(key_id)s
