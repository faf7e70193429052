SELECT account_id, login, role, password_hash, totp_secret, totp_step, created_at, disabled_at
FROM staff_account
ORDER BY login;
