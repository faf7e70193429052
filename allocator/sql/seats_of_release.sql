-- How many seats of each dose are free and taken in a release's slots.
SELECT seats.slot_id, seats.dose, seats.capacity - seats.taken AS free, seats.taken
FROM seats
JOIN slot USING (slot_id)
WHERE slot.release_id = %(release_id)s
