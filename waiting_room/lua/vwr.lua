-- What the scripts of the AWS-compatible line share; `waiting_room.scripts` puts it before
-- each of them. The rules, and the words used here, stand in `waiting_room/vwr.py`.
--
-- vwr:EVENT:line      HASH  given, serving, tokens, spent, expiry_s
-- vwr:EVENT:steps     ZSET  'lower:upper:called at' by upper: the calls that are not spent
-- vwr:EVENT:taken     HASH  a step's lower end -> tokens taken in it
-- vwr:EVENT:request:ID  HASH  number, entered_at, and issued_at, expires_at once it has a token

local function vwr_key(event, part)
  return 'vwr:' .. event .. ':' .. part
end

-- The counters, or nil while the tick has not made the line.
local function vwr_line(event)
  local m = redis.call('HMGET', vwr_key(event, 'line'), 'given', 'serving', 'expiry_s')
  if not m[3] then
    return nil
  end
  return {given = tonumber(m[1]), serving = tonumber(m[2]), expiry_s = tonumber(m[3])}
end

-- {lower, upper, called at} of a member of the steps.
local function vwr_step(member)
  local lower, upper, called_at = string.match(member, '^(%d+):(%d+):(%d+)$')
  return {lower = tonumber(lower), upper = tonumber(upper), called_at = tonumber(called_at)}
end

-- The call that reached a position, or nil.
local function vwr_step_of(event, number)
  local found = redis.call('ZRANGEBYSCORE', vwr_key(event, 'steps'), number, '+inf',
    'LIMIT', 0, 1)
  return found[1] and vwr_step(found[1]) or nil
end

-- {number, entered_at, issued_at, expires_at} of a request; all nil when it is unknown.
local function vwr_request(event, id)
  local m = redis.call('HMGET', vwr_key(event, 'request:' .. id),
    'number', 'entered_at', 'issued_at', 'expires_at')
  return {number = tonumber(m[1] or nil), entered_at = tonumber(m[2] or nil),
          issued_at = tonumber(m[3] or nil), expires_at = tonumber(m[4] or nil)}
end

-- A flat array for `waiting_room.vwr_line`: -1 stands for "none".
local function vwr_facts(line, request, step)
  return {request.number or -1, request.entered_at or 0, line.serving, line.expiry_s,
          step and step.called_at or -1, request.issued_at or -1, request.expires_at or -1}
end
