INSERT INTO staff_account (login, role, password_hash, created_at)
VALUES (%(login)s, %(role)s, %(password_hash)s, %(now)s)
ON CONFLICT (login) DO NOTHING
RETURNING account_id;
