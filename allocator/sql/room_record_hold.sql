-- One at a time appends to the chain; given back with the transaction. The number is "records".
SELECT pg_advisory_xact_lock(32199625090950259)
