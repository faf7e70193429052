-- The campaigns as a whole, without the synthetic resident's.
SELECT
    (
        SELECT max(slot.day)
        FROM slot JOIN release USING (release_id)
        WHERE release.campaign_id <> %(probe)s
    ) AS last_day,
    coalesce(
        (
            SELECT array_agg(release_id ORDER BY release_id)
            FROM release
            WHERE campaign_id <> %(probe)s AND closes_at > %(at)s AND state_by_hand <> 'closed'
        ),
        '{}'
    ) AS still_open,
    (SELECT count(*) FROM outbox WHERE done_at IS NULL) AS untold,
    -- More than one: the synthetic resident is on it, too.
    (SELECT count(*) > 1 FROM roster) AND NOT EXISTS (
        SELECT FROM booking WHERE campaign_id <> %(probe)s AND contact <> ''
    ) AS roster_waits
