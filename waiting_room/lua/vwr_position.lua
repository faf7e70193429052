-- Look a request up, changing nothing.
-- ARGV: event, request id. Returns its facts (see vwr.lua), or nil while there is no line.
local line = vwr_line(ARGV[1])
if not line then
  return nil
end
local request = vwr_request(ARGV[1], ARGV[2])
return vwr_facts(line, request, request.number and vwr_step_of(ARGV[1], request.number))
