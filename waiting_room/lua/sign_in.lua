-- Confirm identities and give places, for all the sign-ins that came at the same moment.
-- ARGV: now (unix s); of all sign-ins person key, birth check and PIN check (16 bytes each);
-- MessagePack: for each its network, its releases (each with the index that the person's token
-- holds; -1: none), the device that the person is known on ('': none) and the proof it brings
-- ('', 'proved', 'waited'); MessagePack: the limits of `waiting_room.attempts`.
-- Returns MessagePack: for each sign-in ['not_ready'], ['too_many', seconds], ['prove'],
-- ['not_confirmed'], ['no_release'] or ['standing', ...].
-- An unknown ticket, a wrong birth date and a wrong PIN cost the same commands in the same order.
local KEY_BYTES = 16
local HOUR_S, DAY_S, CITY_S, SLOW_S = 3600, 86400, 600, 60
local now = tonumber(ARGV[1])
local limits = cmsgpack.unpack(ARGV[4])

local function counted(name, window_s)
  if redis.call('INCR', name) == 1 then
    redis.call('EXPIRE', name, window_s)
  end
end

local function buckets_of(person, network, device)
  local names = {
    hour = 'failures:ticket:' .. person, day = 'failures:day:' .. person,
    network = 'failures:net:' .. network, city = 'failures:city',
    device = 'failures:device:' .. device,
    slow_network = 'slow:net:' .. network, slow_city = 'slow:city'}
  local held = redis.call('MGET', names.hour, names.day, names.network, names.city,
    names.device, names.slow_network, names.slow_city)
  local function number(i)
    return tonumber(held[i] or 0)
  end
  return names, {hour = number(1), day = number(2), network = number(3), city = number(4),
                 device = number(5), slow_network = number(6), slow_city = number(7)}
end

-- As `waiting_room.attempts.verdict`; with 'wait' go the buckets that are full.
local function verdict(names, failures, device, proof)
  local full = {}
  local function is_full(bucket, max)
    if failures[bucket] < max then
      return false
    end
    full[#full + 1] = names[bucket]
    return true
  end
  if device ~= '' then
    return is_full('device', limits.device_hour_max) and 'wait' or 'check', full
  end
  local shut = is_full('network', limits.network_hour_max)
  local by_hour = is_full('hour', limits.ticket_hour_max)
  local by_day = is_full('day', limits.ticket_day_max)
  local locked = by_hour or by_day
  local may_prove = limits.proofs and failures.network < limits.network_clean_max
  if shut or (locked and not may_prove) then
    return 'wait', full
  end
  local risky = locked or failures.hour >= limits.proof_ticket_from
    or failures.network >= limits.proof_network_from or failures.city >= limits.proof_city_from
  if not (limits.proofs and risky) or proof == 'proved' then
    return 'check', full
  end
  if proof == 'waited' and failures.slow_network == 0
     and failures.slow_city < limits.slow_city_max then
    return 'check_slowly', full
  end
  return 'prove', full
end

local function seconds_until_empty(full)
  local wait_s = 1
  for _, name in ipairs(full) do
    wait_s = math.max(wait_s, redis.call('TTL', name))
  end
  return wait_s
end

-- What the roster holds is the birth check, and behind it the check of the PIN of who has one.
local function is_right(person, check, pin_check)
  local stored = redis.call('HGET', 'roster', person)
  local given = check
  if stored and #stored > KEY_BYTES then
    given = check .. pin_check
  end
  return stored == given
end

local function confirmed(person, check, pin_check, network, device, proof)
  local names, failures = buckets_of(person, network, device)
  local word, full = verdict(names, failures, device, proof)
  if word == 'wait' then
    return {'too_many', seconds_until_empty(full)}
  end
  if word == 'prove' then
    return {'prove'}
  end
  if word == 'check_slowly' then
    counted(names.slow_network, SLOW_S)
    counted(names.slow_city, SLOW_S)
  end
  if is_right(person, check, pin_check) then
    return nil
  end
  if device ~= '' then
    counted(names.device, HOUR_S)
  else
    counted(names.hour, HOUR_S)
    counted(names.day, DAY_S)
  end
  counted(names.network, HOUR_S)
  counted(names.city, CITY_S)
  return {'not_confirmed'}
end

-- The release that counts: one of a campaign in which the person holds a booking, else the
-- first that can be joined, else the first that is still to come, else the first.
local function choose(offers, person)
  for _, offer in ipairs(offers) do
    if holds_booking(offer.facts, person) then
      return offer
    end
  end
  for _, offer in ipairs(offers) do
    if joinable(offer.facts.state) then
      return offer
    end
  end
  for _, offer in ipairs(offers) do
    if offer.facts.state == 'scheduled' then
      return offer
    end
  end
  return offers[1]
end

local function stand(offers, person)
  local offer = choose(offers, person)
  if not offer then
    return {'no_release'}
  end
  local facts, index = offer.facts, nil
  if joinable(facts.state) and not holds_booking(facts, person) then
    index = join(facts, person, offer.held)
  else
    index = put_back(facts, person, offer.held)
  end
  local answer = standing(facts, person, index, now)
  table.insert(answer, 1, 'standing')
  return answer
end

local published = redis.call('EXISTS', 'published') == 1
local facts_known = {}
local answers = {}
for i, sign_in in ipairs(cmsgpack.unpack(ARGV[3])) do
  local first = 3 * KEY_BYTES * (i - 1)
  local function part(n)
    return string.sub(ARGV[2], first + n * KEY_BYTES + 1, first + (n + 1) * KEY_BYTES)
  end
  local person = part(0)
  local network, device, proof = sign_in[1], sign_in[3], sign_in[4]
  local offers, ready = {}, published
  for _, offer in ipairs(sign_in[2]) do
    local release, held = offer[1], offer[2]
    facts_known[release] = facts_known[release] or facts_of(release)
    if facts_known[release] then
      offers[#offers + 1] = {facts = facts_known[release], held = held}
    else
      ready = false
    end
  end
  if ready then
    answers[#answers + 1] = confirmed(person, part(1), part(2), network, device, proof)
      or stand(offers, person)
  else
    answers[#answers + 1] = {'not_ready'}
  end
end
return cmsgpack.pack(answers)
