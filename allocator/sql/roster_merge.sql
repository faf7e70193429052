-- Adds new people and corrects birth dates and PINs; counts both. A row that was inserted has no
-- xmax. Of a file without PINs (`has_pins`) those that are there stay.
WITH merged AS (
    INSERT INTO roster (person_key, birth_check, sealed, pin_check)
    SELECT person_key, birth_check, sealed, pin_check FROM arriving
    ON CONFLICT (person_key) DO UPDATE
        SET birth_check = excluded.birth_check, sealed = excluded.sealed,
            pin_check = CASE WHEN %(has_pins)s THEN excluded.pin_check ELSE roster.pin_check END
        WHERE roster.birth_check <> excluded.birth_check
            OR (%(has_pins)s AND roster.pin_check IS DISTINCT FROM excluded.pin_check)
    RETURNING xmax = 0 AS is_added
)
SELECT count(*) FILTER (WHERE is_added) AS added,
       count(*) FILTER (WHERE NOT is_added) AS corrected
FROM merged
