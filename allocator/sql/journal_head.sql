SELECT journal_seq, chain_hash
FROM journal
ORDER BY journal_seq DESC
LIMIT 1
