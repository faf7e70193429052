INSERT INTO staff_account (login, role, password_hash, created_at, venues)
VALUES (%(login)s, %(role)s, %(password_hash)s, %(now)s, %(venues)s)
ON CONFLICT (login) DO NOTHING
RETURNING account_id;
