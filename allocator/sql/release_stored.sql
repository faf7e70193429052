-- What an operator ordered by hand is kept: a file does not say it.
INSERT INTO release (
    release_id, campaign_id, names, born_from, born_to, lobby_at, opens_at, closes_at,
    cut_off_hours, queue, desk_share, limits
)
VALUES (
    %(release_id)s, %(campaign_id)s, %(names)s, %(born_from)s, %(born_to)s, %(lobby_at)s,
    %(opens_at)s, %(closes_at)s, %(cut_off_hours)s, %(queue)s, %(desk_share)s, %(limits)s
)
ON CONFLICT (release_id) DO UPDATE SET
    campaign_id = excluded.campaign_id,
    names = excluded.names,
    born_from = excluded.born_from,
    born_to = excluded.born_to,
    lobby_at = excluded.lobby_at,
    opens_at = excluded.opens_at,
    closes_at = excluded.closes_at,
    cut_off_hours = excluded.cut_off_hours,
    queue = excluded.queue,
    desk_share = excluded.desk_share,
    limits = excluded.limits
