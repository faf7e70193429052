SELECT limits
FROM release
WHERE release_id = %(release_id)s
