SELECT journal_seq, entry, chain_hash
FROM journal
ORDER BY journal_seq
