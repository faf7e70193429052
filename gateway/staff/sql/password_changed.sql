-- Of an enrolled account alone: a reset under way at the same time comes first.
UPDATE staff_account
SET password_hash = %(chosen)s
WHERE account_id = %(account_id)s
  AND password_hash = %(held)s
  AND totp_secret IS NOT NULL
  AND disabled_at IS NULL
RETURNING account_id;
