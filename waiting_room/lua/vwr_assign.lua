-- Give a request the next position; one that has a position keeps it.
-- ARGV: event, request id, now (unix s), seconds to keep it, greatest number waiting.
-- Returns the position, -1 when too many wait, or nil while there is no line.
local event, id = ARGV[1], ARGV[2]
local line = vwr_line(event)
if not line then
  return nil
end
local known = vwr_request(event, id)
if known.number then
  return known.number
end
if line.given - line.serving >= tonumber(ARGV[5]) then
  return -1
end
local number = redis.call('HINCRBY', vwr_key(event, 'line'), 'given', 1)
local name = vwr_key(event, 'request:' .. id)
redis.call('HSET', name, 'number', number, 'entered_at', ARGV[3])
redis.call('EXPIRE', name, ARGV[4])
return number
