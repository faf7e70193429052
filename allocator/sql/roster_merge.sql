-- Adds new people and corrects birth dates; counts both. A row that was inserted has no xmax.
WITH merged AS (
    INSERT INTO roster (person_key, birth_check, sealed)
    SELECT person_key, birth_check, sealed FROM arriving
    ON CONFLICT (person_key) DO UPDATE
        SET birth_check = excluded.birth_check, sealed = excluded.sealed
        WHERE roster.birth_check <> excluded.birth_check
    RETURNING xmax = 0 AS is_added
)
SELECT count(*) FILTER (WHERE is_added) AS added,
       count(*) FILTER (WHERE NOT is_added) AS corrected
FROM merged
