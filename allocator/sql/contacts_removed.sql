-- What residents typed; the booking itself stays.
UPDATE booking SET contact = '' WHERE contact <> ''
