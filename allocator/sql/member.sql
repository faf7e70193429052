SELECT login, role, disabled_at IS NOT NULL AS is_disabled
FROM staff_account
WHERE login = %(login)s
