INSERT INTO staff_look (looked_at, login, role, act, person_key, reason, came_from)
VALUES (%(now)s, %(login)s, %(role)s, %(act)s, %(person_key)s, %(reason)s, %(came_from)s);
