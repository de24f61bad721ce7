-- The host's way in. No code of a user ever gets hold of these functions.

local lib, clock = ...
local contents, NIL = lib.contents, lib.NIL
local pcall, error, rawget, rawequal, type = pcall, error, rawget, rawequal, type
local sethook, getinfo = debug.sethook, debug.getinfo
local pack, unpack, string_sub = table.pack, table.unpack, string.sub

-- The clock is looked at after a number of instructions, which goes by how long the last ones took:
-- a single one on a large value takes as long as thousands of others.
local FIRST_CHECK <const>, MOST_TENTATIVELY <const>, MOST <const> = 100, 500, 2000
local SHORT <const>, TOO_LONG <const> = 0.0005, 0.002 -- seconds between two looks
local MAX_CHANGES <const> = 20 -- of that number in a call: in a deep recursion each takes long itself
local GRACE <const> = 0.1 -- seconds in which code that caught the time-out may come to its end
local WORTH_A_LOOK <const> = 2e4 -- steps inside C
local LONG <const> = 2e6 -- steps inside C that are too many for a tentative call

local deadline, grace, overdue, is_tentative = 0, GRACE, nil, false
local instructions, looked, changes = FIRST_CHECK, 0, 0

-- Where the function that was interrupted had been called, as a server says it.
local function place(level)
  repeat
    level = level + 1
    local info = getinfo(level, "S")
  until not info or string_sub(info.source, 1, 1) == "@" -- the others are our own, and Lua's
  local info = getinfo(level + 1, "Sl")
  if info and info.currentline > 0 then return info.short_src .. ":" .. info.currentline .. ": " end
  return ""
end

local tick

local function give_up(now)
  overdue = overdue or place(3) .. "UDF Execution Timeout"
  if now > deadline + grace then sethook(tick, "", 1) end -- so that no pcall can swallow it
  error(overdue, 0)
end

function tick()
  local now = clock()
  if now > deadline then give_up(now) end
  local wanted = instructions
  if now - looked > TOO_LONG then
    wanted = FIRST_CHECK
  elseif now - looked < SHORT and instructions < (is_tentative and MOST_TENTATIVELY or MOST) then
    wanted = instructions * 2
  end
  looked = now
  if wanted ~= instructions and changes < MAX_CHANGES then
    instructions, changes = wanted, changes + 1
    sethook(tick, "", instructions)
  end
end

-- Lets the clock be looked at in a coroutine.
function lib.limit_time(made) sethook(made, tick, "", instructions) end

-- To be called before a function of C takes a number of steps, during which nobody looks at the clock.
function lib.takes(steps)
  if steps < WORTH_A_LOOK or deadline == 0 then return end
  local now = clock()
  if is_tentative and steps > LONG then deadline = now - 1 end
  if now > deadline then give_up(now) end
end

-- A tentative call is over when its time is, whatever the code catches.
local function guarded(limit, tentative, f, ...)
  looked = clock()
  deadline, grace, overdue, is_tentative = looked + limit, tentative and 0 or GRACE, nil, tentative
  instructions, changes = FIRST_CHECK, 0
  sethook(tick, "", instructions)
  local results = pack(pcall(f, ...))
  sethook()
  deadline = 0
  return unpack(results, 1, results.n)
end

local host = {
  make_list = lib.make_list, make_map = lib.make_map, make_bytes = lib.make_bytes, make_geojson = lib.make_geojson,
  make_record = lib.make_record,
}

-- Compiles a module and runs its top level; what is wrong is the second result.
function host.load(source, chunk_name, limit, tentative)
  local environment = lib.environment()
  local chunk, problem = lib.compiled(source, chunk_name, environment)
  if not chunk then return nil, problem, true end
  local good, trouble = guarded(limit, tentative, chunk)
  if not good then return nil, type(trouble) == "number" and lib.tostring(trouble) or trouble, false end
  return environment
end

local function function_of(environment, name)
  local f = rawget(environment, name)
  if f == nil then error("function not found", 0) end
  return f
end

function host.call(environment, name, object, arguments, n, limit, now, tentative)
  lib.log_lines, lib.now = {}, now
  local f = rawget(environment, name)
  if f == nil then return false, "function not found" end
  local good, value = guarded(limit, tentative, f, object, unpack(arguments, 1, n))
  if good and not lib.is_value(value) then value = nil end
  return good, value
end

function host.stream(environment, name, for_client, read, write, arguments, n, limit, now)
  lib.log_lines, lib.now = {}, now
  local good, problem = guarded(limit, false, function()
    return lib.run_stream(function_of(environment, name), for_client, read, write, arguments, n)
  end)
  -- The handler of errors on a server takes text only.
  local kind = type(problem)
  if not good and (kind == "table" or kind == "boolean" or kind == "function") then
    problem = "bad argument #1 to '?' (string expected, got " .. lib.name_of(problem) .. ")"
  end
  return good, problem
end

-- What became of a record: its result code, whether it was written, its bins in order and
-- those that changed, its time to live and whether its key goes, what was logged.
function host.outcome(object)
  local rec = contents[object]
  return rec.result, rec.has_updates, rec.names, #rec.names, rec.changed, rec.new_ttl, rec.key_dropped == true
end

function host.logged() return lib.log_lines end

-- Whether the time of the last call ran out, even if the code caught the error.
function host.is_overdue() return overdue ~= nil end

function host.inspect(value)
  if rawequal(value, NIL) then return "nil" end
  local inside = contents[value]
  if not inside then return "other" end
  if inside.kind == "list" then return "list", inside.items, inside.n end
  if inside.kind == "map" then return "map", inside.is_ordered, lib.map_parts(inside) end
  return inside.kind, inside.data, inside.particle
end

return host
