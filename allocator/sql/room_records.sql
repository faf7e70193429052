SELECT record_seq, record_id, release_id, recorded_at, kind, content, chain_hash
FROM room_record
ORDER BY record_seq
