-- Held to the end of the transaction: whoever edits catalogue or roster takes turns.
SELECT version FROM catalogue FOR UPDATE
