-- Once: a second enrolment under way at the same time finds that it is too late.
UPDATE staff_account
SET password_hash = %(password_hash)s, totp_secret = %(totp_secret)s, totp_step = %(step)s
WHERE account_id = %(account_id)s
  AND totp_secret IS NULL
  AND disabled_at IS NULL
  AND totp_step < %(step)s
RETURNING account_id;
