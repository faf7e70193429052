-- Put a person who rang the phone desk into its lane; they have a place in the line already.
-- ARGV: now (unix s), release, person key, seconds that the desk then counts as at work.
-- Returns 'called' (they may come in), 'waiting' (with how many are before them) or 'not_ready'.
local now, release, person = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local facts = redis.call('EXISTS', 'published') == 1 and facts_of(release)
if not facts then
  return {'not_ready', 0}
end
redis.call('SET', key(release, 'desk_at_work'), '1', 'EX', ARGV[4])
if is_called_by_desk(facts, person, now) then
  return {'called', 0}
end
redis.call('ZADD', key(release, 'desk_line'), 'NX', now, person)
return {'waiting', redis.call('ZRANK', key(release, 'desk_line'), person)}
