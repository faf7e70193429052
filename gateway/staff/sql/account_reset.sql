-- A new password to begin with, and no second factor; a disabled account stays disabled.
UPDATE staff_account
SET password_hash = %(password_hash)s, totp_secret = NULL
WHERE login = %(login)s
RETURNING account_id;
