-- Only while the lobby is not drawn.
UPDATE release
SET
    beacon = %(beacon)s,
    beacon_source = %(beacon_source)s
WHERE
    release_id = %(release_id)s
    AND opens_at > %(opens_after)s
    AND NOT EXISTS (
        SELECT FROM room_record AS drawn
        WHERE drawn.release_id = %(release_id)s AND drawn.kind = 'draw'
    )
