-- Use a session: extend its idle limit, and with it the seat inside, which is taken (again).
-- ARGV: now (unix s), session digest (hex), idle limit (s).
-- Returns the session's fields, or nil when there is no live session.
local now, name, idle_s = tonumber(ARGV[1]), 'session:' .. ARGV[2], tonumber(ARGV[3])
local s = redis.call('HMGET', name, 'person', 'release', 'campaign', 'identity', 'kind',
  'until', 'ends_at')
if not s[1] then
  return nil
end
local ends_at = tonumber(s[7])
if now >= tonumber(s[6]) or now >= ends_at then
  redis.call('DEL', name)
  return nil
end
local until_at = math.min(now + idle_s, ends_at)
redis.call('HSET', name, 'until', until_at)
redis.call('EXPIRE', name, math.ceil(until_at - now))
if s[5] == 'inside' then
  redis.call('ZADD', key(s[2], 'inside'), 'XX', 'GT', until_at, s[1])
  redis.call('ZADD', key(s[2], 'active'), now, s[1])
end
s[6] = tostring(until_at)
return s
