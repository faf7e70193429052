-- Give a message its turn at a provider that takes so many a second (a leaky bucket as a meter:
-- GCRA, ITU-T I.371), shared by all workers. Answers how long to wait, in microseconds; 0: send now.
-- KEYS[1] when the provider's next turn is free, KEYS[2] when the next reminder may ask;
-- ARGV[1] microseconds between two turns, ARGV[2] microseconds of turns that may be made up for,
-- ARGV[3] 'notices', 'codes' or 'reminders', ARGV[4] '1' of a message that has waited already.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local step, burst, lane, has_waited = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4] == '1'
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now - burst)
local wait = 0

local function keep(key, at)
  redis.call('SET', key, string.format('%.0f', at), 'EX', 86400)
end

if lane == 'reminders' then
  -- Reminders take no turn ahead of time, so that news never wait for them; they only queue.
  local asks = tonumber(redis.call('GET', KEYS[2]) or '0')
  if free <= now and (has_waited or asks <= now) then
    keep(KEYS[1], free + step)
  else
    local at = math.max(free, asks, now)
    keep(KEYS[2], at + step)
    wait = at - now
  end
elseif lane == 'codes' or not has_waited then
  -- A turn is taken now, for then; a code goes at once, and those behind it wait the longer.
  keep(KEYS[1], free + step)
  if lane == 'notices' then
    wait = math.max(0, free - now)
  end
end
return wait
