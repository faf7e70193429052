INSERT INTO journal (journal_seq, epoch, decided_at, entry, chain_hash)
SELECT numbered.journal_seq, %(epoch)s, %(decided_at)s, numbered.entry, numbered.chain_hash
FROM unnest(%(journal_seq)s::bigint[], %(entry)s::text[], %(chain_hash)s::bytea[])
    AS numbered (journal_seq, entry, chain_hash)
