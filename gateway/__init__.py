"""HTTP in, HTTP out: decode, call, encode. No booking rule lives here."""
