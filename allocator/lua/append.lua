-- Append one request to the inbox unless it is full.
-- KEYS[1] inbox; ARGV[1] greatest length, ARGV[2] request, ARGV[3] gateway id, ARGV[4] handle.
-- Returns the entry's id, or nil when the inbox is full.
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then
  return nil
end
return redis.call('XADD', KEYS[1], '*', 'r', ARGV[2], 'g', ARGV[3], 'h', ARGV[4])
