UPDATE release
SET
    state_by_hand = %(state_by_hand)s,
    message = %(message)s,
    messages = %(messages)s,
    lobby_at = %(lobby_at)s,
    opens_at = %(opens_at)s
WHERE release_id = %(release_id)s
