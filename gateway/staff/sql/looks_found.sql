SELECT look_id, looked_at, login, role, act, person_key, reason, came_from
FROM staff_look
WHERE (%(since)s::timestamptz IS NULL OR looked_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR looked_at < %(until)s)
  AND (%(person_key)s::bytea IS NULL OR person_key = %(person_key)s)
  AND (%(login)s::text IS NULL OR login = %(login)s)
  AND (%(before)s::bigint IS NULL OR look_id < %(before)s)
ORDER BY look_id DESC
LIMIT %(limit)s;
