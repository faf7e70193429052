UPDATE roster
SET left_why = changed.left_why, reissued_as = changed.reissued_as
FROM unnest(%(person_key)s::bytea[], %(left_why)s::text[], %(reissued_as)s::bytea[])
    AS changed (person_key, left_why, reissued_as)
WHERE roster.person_key = changed.person_key
