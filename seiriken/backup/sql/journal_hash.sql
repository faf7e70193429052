SELECT encode(chain_hash, 'hex') AS chain_hash
FROM journal
WHERE journal_seq = %(journal_seq)s
