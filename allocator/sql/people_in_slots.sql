-- How many people have a dose in these slots that was not given yet.
SELECT count(*) AS people
FROM booking
WHERE (dose1_slot_id = ANY(%(slot_ids)s) AND NOT dose1_given)
    OR (dose2_slot_id = ANY(%(slot_ids)s) AND NOT dose2_given)
