-- One tick of the line: make it if it is not there, serve it up to a position, and count what
-- is spent. The counter neither goes back nor beyond the last position given out.
-- ARGV: event, position to serve up to, now (unix s), expiry period (s, 0: none), seconds to
-- keep the line, spent calls cleared at once.
-- Returns {given, serving}.
local event, now, expiry_s = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local name, steps, taken = vwr_key(event, 'line'), vwr_key(event, 'steps'), vwr_key(event, 'taken')

for _, counter in ipairs({'given', 'serving', 'tokens', 'spent'}) do
  redis.call('HSETNX', name, counter, 0)
end
redis.call('HSET', name, 'expiry_s', expiry_s)
local line = vwr_line(event)

-- Calls of one second are one step, so that there is at most one for each second.
local function remember_call(lower, upper)
  local last = redis.call('ZRANGE', steps, -1, -1)[1]
  if last and vwr_step(last).called_at == now then
    lower = vwr_step(last).lower
    redis.call('ZREM', steps, last)
  end
  redis.call('ZADD', steps, upper, string.format('%d:%d:%d', lower, upper, now))
end

local function clear_spent()
  for _, member in ipairs(redis.call('ZRANGE', steps, 0, tonumber(ARGV[6]) - 1)) do
    local step = vwr_step(member)
    if now - step.called_at <= expiry_s then
      return
    end
    local tokens = tonumber(redis.call('HGET', taken, step.lower) or 0)
    redis.call('HINCRBY', name, 'spent', step.upper - step.lower - tokens)
    redis.call('ZREM', steps, member)
    redis.call('HDEL', taken, step.lower)
  end
end

local serving = math.min(tonumber(ARGV[2]), line.given)
if serving > line.serving then
  redis.call('HSET', name, 'serving', serving)
  if expiry_s > 0 then
    remember_call(line.serving, serving)
  end
end
if expiry_s > 0 then
  clear_spent()
else
  redis.call('DEL', steps, taken)
end
for _, part in ipairs({name, steps, taken}) do
  redis.call('EXPIRE', part, ARGV[5])
end
return {line.given, math.max(serving, line.serving)}
