-- How many seats of each dose are free and taken in a release's slots; nobody books what has begun.
SELECT
    seats.slot_id, seats.dose, seats.taken,
    CASE WHEN slot.starts_at > now() THEN seats.capacity - seats.taken ELSE 0 END AS free
FROM seats
JOIN slot USING (slot_id)
WHERE slot.release_id = %(release_id)s
