SELECT
    release_id, campaign_id, names, born_from, born_to, lobby_at, opens_at, closes_at,
    cut_off_hours, state_by_hand, message, queue, desk_share, messages, beacon, beacon_source
FROM release
