-- How many seats of these slots are taken, first and second doses together.
SELECT coalesce(sum(taken), 0) AS seats
FROM seats
WHERE slot_id = ANY(%(slot_ids)s)
