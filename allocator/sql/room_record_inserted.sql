INSERT INTO room_record (record_id, release_id, recorded_at, kind, content, chain_hash)
VALUES (
    %(record_id)s, %(release_id)s, %(recorded_at)s, %(kind)s, %(content)s, %(chain_hash)s
)
