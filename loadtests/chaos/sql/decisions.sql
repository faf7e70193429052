SELECT journal_seq, epoch, entry FROM journal ORDER BY journal_seq
