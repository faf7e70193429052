-- Which other releases use which product at which venue.
SELECT DISTINCT slot.release_id, release.state_by_hand, slot.venue_id, slot.product_id
FROM slot
INNER JOIN release ON release.release_id = slot.release_id
WHERE slot.release_id <> %(release_id)s
ORDER BY slot.release_id, slot.venue_id, slot.product_id
