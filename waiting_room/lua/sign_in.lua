-- Confirm identities and give places, for all the sign-ins that came at the same moment.
-- ARGV: now (unix s), window of failures (s), failures allowed per ticket, per network;
-- then of all sign-ins person key and birth check (16 bytes each), and MessagePack: for each
-- its network and its releases, each with the index that the person's token holds (-1: none).
-- Returns MessagePack: for each sign-in ['not_ready'], ['too_many', seconds],
-- ['not_confirmed'], ['no_release'] or ['standing', ...].
-- An unknown ticket and a wrong birth date cost the same commands in the same order.
local KEY_BYTES = 16
local now, window_s = tonumber(ARGV[1]), tonumber(ARGV[2])
local ticket_max, network_max = tonumber(ARGV[3]), tonumber(ARGV[4])

local function failed(name)
  if redis.call('INCR', name) == 1 then
    redis.call('EXPIRE', name, window_s)
  end
end

local function refused_for(name, failures_max)
  if tonumber(redis.call('GET', name) or 0) < failures_max then
    return 0
  end
  return math.max(1, redis.call('TTL', name))
end

local function confirmed(person, check, network)
  local ticket_failures = 'failures:ticket:' .. person
  local network_failures = 'failures:net:' .. network
  local wait_s = math.max(refused_for(ticket_failures, ticket_max),
                          refused_for(network_failures, network_max))
  if wait_s > 0 then
    return {'too_many', wait_s}
  end
  if redis.call('HGET', 'roster', person) ~= check then
    failed(ticket_failures)
    failed(network_failures)
    return {'not_confirmed'}
  end
  return nil
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
for i, sign_in in ipairs(cmsgpack.unpack(ARGV[6])) do
  local first = 2 * KEY_BYTES * (i - 1)
  local person = string.sub(ARGV[5], first + 1, first + KEY_BYTES)
  local check = string.sub(ARGV[5], first + KEY_BYTES + 1, first + 2 * KEY_BYTES)
  local network = sign_in[1]
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
    answers[#answers + 1] = confirmed(person, check, network) or stand(offers, person)
  else
    answers[#answers + 1] = {'not_ready'}
  end
end
return cmsgpack.pack(answers)
