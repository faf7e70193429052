SELECT key_id, master_id, wrapped, made_at, wrapped_at, resealed_at
FROM data_key
ORDER BY key_seq
