-- What an import of who is arriving would change, and who is on the roster without arriving: those
-- stay. Who left and arrives again is named: an import does not bring anybody back. As `roster_merge`:
-- of a file without PINs (`has_pins`) those that are there stay.
SELECT
    CASE
        WHEN roster.person_key IS NULL THEN 'new'
        WHEN arriving.person_key IS NULL THEN 'gone'
        WHEN roster.left_why IS NOT NULL THEN 'left'
        ELSE 'changed'
    END AS kind,
    coalesce(arriving.person_key, roster.person_key) AS person_key,
    coalesce(arriving.sealed, roster.sealed) AS sealed
FROM arriving FULL JOIN roster ON roster.person_key = arriving.person_key
WHERE
    roster.person_key IS NULL
    OR (arriving.person_key IS NULL AND roster.left_why IS NULL)
    OR (
        arriving.person_key IS NOT NULL
        AND (
            roster.left_why IS NOT NULL
            OR roster.birth_check <> arriving.birth_check
            OR (%(has_pins)s AND roster.pin_check IS DISTINCT FROM arriving.pin_check)
        )
    )
ORDER BY kind, person_key
