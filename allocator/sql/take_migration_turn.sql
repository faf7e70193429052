-- One run at a time in a database; given back when the connection closes. The number is "seiriken".
SELECT pg_advisory_lock(8315168227125323118);
