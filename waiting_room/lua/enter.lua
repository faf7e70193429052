-- Open a session for one whose turn it is, or who holds a booking. All or nothing.
-- ARGV: now (unix s), release, person key, index, place (-1: none), session digest (hex),
-- sealed identity, idle limit (s), absolute limit (s), sessions per person, returns per person.
-- Returns {word, serving, state, kind, until, ends at, '1' if they were in before and had
-- to come again}; word is not_ready, closed,
-- not_your_turn, moved (the index is not the person's any more: look again) or entered.
local now, release, person = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local index, place, digest = ARGV[4], tonumber(ARGV[5]), ARGV[6]
local idle_s, absolute_s, sessions_max = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local returns_max = tonumber(ARGV[11])

local facts = redis.call('EXISTS', 'published') == 1 and facts_of(release)
if not facts then
  return {'not_ready'}
end

local function no(word)
  return {word, facts.serving, facts.state}
end

-- Open sessions of a person, the newest first; the oldest beyond the greatest number ends.
local function keep_few_sessions()
  local sessions = 'sessions:' .. person
  redis.call('LPUSH', sessions, digest)
  redis.call('EXPIRE', sessions, absolute_s)
  while redis.call('LLEN', sessions) > sessions_max do
    local oldest = redis.call('RPOP', sessions)
    redis.call('DEL', 'session:' .. oldest)
  end
end

local function open_session(kind, returned)
  local ends_at = now + absolute_s
  local until_at = math.min(now + idle_s, ends_at)
  local name = 'session:' .. digest
  redis.call('HSET', name, 'person', person, 'release', release, 'campaign', facts.campaign,
    'identity', ARGV[7], 'kind', kind, 'until', until_at, 'ends_at', ends_at)
  redis.call('EXPIRE', name, math.ceil(until_at - now))
  keep_few_sessions()
  if kind == 'inside' then
    redis.call('ZADD', key(release, 'inside'), 'GT', until_at, person)
    redis.call('ZADD', key(release, 'active'), now, person)
  end
  return {'entered', facts.serving, facts.state, kind, tostring(until_at), tostring(ends_at),
          returned and '1' or '0'}
end

-- Coming in for the first time counts once; places called before a wipe counted already.
-- Returns whether it was the first time.
local function count_first_entry()
  local first = redis.call('ZADD', key(release, 'entered'), 'NX', place, person) == 1
  local counted_to = tonumber(redis.call('HGET', key(release, 'meta'), 'counted_to') or 0)
  if first and place > counted_to then
    redis.call('HINCRBY', key(release, 'meta'), 'entered', 1)
  end
  return first
end

-- -1: there is no line (or none yet), so that nobody waits and nobody holds up others.
local door = tonumber(redis.call('HGET', key(release, 'meta'), 'door') or -1)

-- Whoever met an error, or an outage, or was too slow comes in again at once, not at the tail;
-- so often at most that nobody can hold a seat inside for ever.
local function may_return()
  return redis.call('HINCRBY', key(release, 'returns'), person, 1) <= returns_max
end

-- More have come than were expected: the last of them wait a moment. Whom the desk called, and
-- whoever comes back to the front, has a seat of their own.
local function is_full()
  if door < 0 or is_called_by_desk(facts, person, now)
     or redis.call('ZSCORE', key(release, 'entered'), person) then
    return false
  end
  return redis.call('ZCARD', key(release, 'active')) >= door  -- The tick takes the idle out.
end

if holds_booking(facts, person) then
  return open_session('booked', false)
end
if facts.state == 'closed' then
  return no('closed')
end
if redis.call('HGET', key(release, 'places'), person) ~= index then
  return no('moved')
end
local is_in = is_inside(facts, person, now)
local by_line = place >= 1 and place <= facts.serving
local called = facts.state == 'open' and (by_line or is_called_by_desk(facts, person, now))
if not called and not (facts.state == 'paused' and is_in) then
  return no('not_your_turn')
end
if not is_in and is_full() then
  return no('not_your_turn')
end
local is_first = count_first_entry()
local returned = not is_first and not is_in and door >= 0
if returned and not may_return() then
  return no('not_your_turn')
end
return open_session('inside', returned)
