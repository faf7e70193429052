-- What the room's scripts share; `waiting_room.scripts` puts it before each of them.
-- Keys are named as in `waiting_room.keys`.

local function key(release, part)
  return 'room:' .. release .. ':' .. part
end

-- Facts of a release, or nil while the tick has not made (or restored) its line.
local function facts_of(release)
  local m = redis.call('HMGET', key(release, 'meta'),
    'state', 'campaign', 'serving', 'lobby_count', 'seed')
  if not m[1] then
    return nil
  end
  return {release = release, state = m[1], campaign = m[2], serving = tonumber(m[3]),
          lobby_count = tonumber(m[4]), seed = m[5]}
end

local function joinable(state)
  return state == 'lobby' or state == 'open' or state == 'paused'
end

local function holds_booking(facts, person)
  return redis.call('SISMEMBER', 'holders:' .. facts.campaign, person) == 1
end

local function is_inside(facts, person, now)
  local held_until = redis.call('ZSCORE', key(facts.release, 'inside'), person)
  return held_until and tonumber(held_until) > now
end

local function is_called_by_desk(facts, person, now)
  local until_at = redis.call('ZSCORE', key(facts.release, 'desk_called'), person)
  return until_at and tonumber(until_at) > now
end

-- Put a person back at the index of their token, if Redis has forgotten it.
-- The older (lower) of two indices counts. Once the lobby is drawn, of two lobby indices
-- the one in Redis counts, so that nobody can choose between two drawn places.
local function put_back(facts, person, held)
  local places, meta = key(facts.release, 'places'), key(facts.release, 'meta')
  local index = tonumber(redis.call('HGET', places, person) or nil)
  local drawn = index and facts.lobby_count >= 0 and index < facts.lobby_count
  if held >= 0 and not drawn and (not index or held < index) then
    redis.call('HSET', places, person, held)
    index = held
    if tonumber(redis.call('HGET', meta, 'next_index')) <= held then
      redis.call('HSET', meta, 'next_index', held + 1)
    end
  end
  return index
end

-- The person's index; gives them the next one if they have none. One place per person.
local function join(facts, person, held)
  local index = put_back(facts, person, held)
  if not index then
    index = redis.call('HINCRBY', key(facts.release, 'meta'), 'next_index', 1) - 1
    redis.call('HSET', key(facts.release, 'places'), person, index)
  end
  return index
end

-- A flat array for `waiting_room.line`: -1 stands for "none".
local function standing(facts, person, index, now)
  return {facts.release, facts.campaign, facts.state, index or -1, facts.serving,
          facts.lobby_count, facts.seed,
          is_inside(facts, person, now) and 1 or 0,
          holds_booking(facts, person) and 1 or 0,
          is_called_by_desk(facts, person, now) and 1 or 0}
end
