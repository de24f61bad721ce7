-- The host's way in. No code of a user ever gets hold of these functions.

local lib, clock = ...
local contents, NIL = lib.contents, lib.NIL
local pcall, error, load, rawget, rawequal, type = pcall, error, load, rawget, rawequal, type
local sethook, getinfo = debug.sethook, debug.getinfo
local pack, unpack = table.pack, table.unpack

local INSTRUCTIONS_PER_CHECK <const> = 2000
local GRACE <const> = 0.1 -- seconds in which code that caught the time-out may come to its end

local deadline, overdue = 0, nil

-- Where the function that was interrupted had been called, as a server says it.
local function place()
  local info = getinfo(4, "Sl")
  if info and info.currentline > 0 then return info.short_src .. ":" .. info.currentline .. ": " end
  return ""
end

local function tick()
  local now = clock()
  if now <= deadline then return end
  overdue = overdue or place() .. "UDF Execution Timeout"
  if now > deadline + GRACE then sethook(tick, "", 1) end -- so that no pcall can swallow it
  error(overdue, 0)
end

local function guarded(limit, f, ...)
  deadline, overdue = clock() + limit, nil
  sethook(tick, "", INSTRUCTIONS_PER_CHECK)
  local results = pack(pcall(f, ...))
  sethook()
  return unpack(results, 1, results.n)
end

local host = {
  make_list = lib.make_list, make_map = lib.make_map, make_bytes = lib.make_bytes, make_geojson = lib.make_geojson,
  make_record = lib.make_record,
}

-- Compiles a module and runs its top level; what is wrong is the second result.
function host.load(source, chunk_name, limit)
  local environment = lib.environment()
  local chunk, problem = load(source, chunk_name, "t", environment)
  if not chunk then return nil, problem, true end
  local good, trouble = guarded(limit, chunk)
  if not good then return nil, trouble, false end
  return environment
end

local function function_of(environment, name)
  local f = rawget(environment, name)
  if f == nil then error("function not found", 0) end
  return f
end

function host.call(environment, name, object, arguments, n, limit, now)
  lib.log_lines, lib.now = {}, now
  local f = rawget(environment, name)
  if f == nil then return false, "function not found" end
  local good, value = guarded(limit, f, object, unpack(arguments, 1, n))
  if good and not lib.is_value(value) then value = nil end
  return good, value
end

function host.stream(environment, name, for_client, read, write, arguments, n, limit, now)
  lib.log_lines, lib.now = {}, now
  local good, problem = guarded(limit, function()
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

function host.inspect(value)
  if rawequal(value, NIL) then return "nil" end
  local inside = contents[value]
  if not inside then return "other" end
  if inside.kind == "list" then return "list", inside.items, inside.n end
  if inside.kind == "map" then return "map", inside.is_ordered, lib.map_parts(inside) end
  return inside.kind, inside.data, inside.particle
end

return host
