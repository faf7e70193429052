-- A session of an account that still may: its idle limit begins anew.
UPDATE staff_session AS session
SET seen_at = %(now)s
FROM staff_account AS account
WHERE session.token_digest = %(token_digest)s
  AND account.account_id = session.account_id
  AND account.disabled_at IS NULL
  AND session.seen_at > %(seen_after)s
  AND session.began_at > %(began_after)s
RETURNING account.account_id, account.login, account.role, session.enrolling_secret,
    account.venues, session.began_at;
