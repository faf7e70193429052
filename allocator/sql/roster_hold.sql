-- Held to the end of the transaction: imports take turns; who only reads does not wait.
LOCK TABLE roster IN SHARE ROW EXCLUSIVE MODE
