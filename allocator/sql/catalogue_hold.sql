-- Held to the end of the transaction: edits take turns, and batches wait (see batch_held.sql).
SELECT version FROM catalogue FOR UPDATE
