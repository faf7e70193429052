-- A running allocator publishes the roster as it is now.
UPDATE catalogue SET version = version + 1, roster_version = roster_version + 1
