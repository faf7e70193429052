SELECT journal_seq, encode(chain_hash, 'hex') AS chain_hash
FROM journal
ORDER BY journal_seq DESC
LIMIT 1
