-- Slots that are new in the file. An end that moved is set by seats_stored.sql.
INSERT INTO slot (release_id, venue_id, product_id, starts_at, ends_at)
SELECT %(release_id)s, venue_id, product_id, starts_at, ends_at
FROM arriving_slot
ORDER BY starts_at, venue_id, product_id
ON CONFLICT ON CONSTRAINT slot_is_unique DO NOTHING
