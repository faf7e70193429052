SELECT release_id, limits
FROM release
