-- Of two sign-ins with one code, the second finds its step taken.
UPDATE staff_account
SET totp_step = %(step)s
WHERE account_id = %(account_id)s AND totp_step < %(step)s
RETURNING account_id;
