-- Note a token for a request whose turn it is, once; one that has its token keeps it.
-- The condition is that of `waiting_room.vwr.position_of`.
-- ARGV: event, request id, now (unix s), validity (s).
-- Returns the request's facts (see vwr.lua), or nil while there is no line.
local event, id, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local line = vwr_line(event)
if not line then
  return nil
end
local request = vwr_request(event, id)
local step = request.number and vwr_step_of(event, request.number)

local function may_have_it()
  if not request.number or request.issued_at or request.number > line.serving then
    return false
  end
  if line.expiry_s == 0 then
    return true
  end
  return step and now - math.max(request.entered_at, step.called_at) <= line.expiry_s
end

if may_have_it() then
  local name, validity_s = vwr_key(event, 'request:' .. id), tonumber(ARGV[4])
  request.issued_at, request.expires_at = now, now + validity_s
  redis.call('HSET', name, 'issued_at', now, 'expires_at', request.expires_at)
  if redis.call('TTL', name) < validity_s then
    redis.call('EXPIRE', name, validity_s)
  end
  redis.call('HINCRBY', vwr_key(event, 'line'), 'tokens', 1)
  if step then
    redis.call('HINCRBY', vwr_key(event, 'taken'), step.lower, 1)
    redis.call('EXPIRE', vwr_key(event, 'taken'), redis.call('TTL', vwr_key(event, 'line')))
  end
end
return vwr_facts(line, request, step)
