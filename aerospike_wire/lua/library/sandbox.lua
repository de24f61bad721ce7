-- The environment in which a module's code runs: the tame part of Lua's own library beside
-- the objects of the database.
--
-- Functions that run long inside C, where the time limit does not reach, get a bound of their
-- own. Nothing here reaches a file, a process or the host.

local lib, find_source, path = ...
local contents = lib.contents
local type, next, rawget, rawlen, select, pcall, error, tostring = type, next, rawget, rawlen, select, pcall, error, tostring
local getmetatable, setmetatable, load, ipairs = getmetatable, setmetatable, load, ipairs
local collectgarbage = collectgarbage
local pack, unpack, insert, concat = table.pack, table.unpack, table.insert, table.concat
local string_gsub, string_format, string_rep, string_sub = string.gsub, string.format, string.rep, string.sub
local string_find, string_match, string_gmatch = string.find, string.match, string.gmatch
local math_type, math_tointeger = math.type, math.tointeger

local MAX_STEPS <const> = 1e9 -- of a pattern or plain search in the worst case
local MAX_PATTERN <const> = 4096
local MAX_MOVES <const> = 1e7
local MAX_REPEATED <const> = 256 * 1024 * 1024

local function whole(value)
  return math_type(value) == "integer" and value or (math_type(value) == "float" and math_tointeger(value)) or nil
end

-- Calls a function of Lua's own library for a script. Its complaints name the script's line.
local function native(name, f, ...)
  local results = pack(pcall(f, ...))
  if results[1] then return unpack(results, 2, results.n) end
  local problem = results[2]
  if type(problem) ~= "string" or problem == "not enough memory" or string_find(problem, "UDF Execution Timeout", 1, true)
    or string_find(problem, "^[^\n]-:%d+: ") or string_find(problem, "^attempt to ") then
    error(problem, 0)
  end
  -- It is called in the last step of each function below, in whose place it stands then.
  error((string_gsub(problem, "^(bad argument #%d+ to) '[%a%.%?]+'", "%1 '" .. name .. "'")), 2)
end

-- Text

local function check_search(subject, pattern, plain)
  if type(pattern) ~= "string" or type(subject) ~= "string" and type(subject) ~= "number" then return end
  local size = #tostring(subject)
  if plain then
    if size * #pattern > MAX_STEPS then error("search takes too long", 3) end
    lib.takes(size * #pattern)
    return
  end
  if #pattern > MAX_PATTERN then error("pattern too long", 3) end
  local _, balanced = string_gsub(pattern, "%%b", "")
  local bare = string_gsub(string_gsub(pattern, "%%.", "x"), "%[%^?.[^%]]*%]", "x")
  local _, loops = string_gsub(string_gsub(bare, "[*+-]$", ""), "[*+-]", "")
  loops = loops + balanced
  if loops > 0 and string_sub(pattern, 1, 1) ~= "^" then loops = loops + 1 end
  local steps = (size + 1.0) ^ (loops > 0 and loops or 1)
  if steps > MAX_STEPS then error("pattern takes too long", 3) end
  lib.takes(steps)
end

function string.find(s, pattern, init, plain)
  check_search(s, pattern, plain)
  return native("find", string_find, s, pattern, init, plain)
end

function string.match(s, pattern, init)
  check_search(s, pattern)
  return native("match", string_match, s, pattern, init)
end

function string.gmatch(s, pattern, init)
  check_search(s, pattern)
  return native("gmatch", string_gmatch, s, pattern, init)
end

function string.gsub(s, pattern, replacement, n)
  check_search(s, pattern)
  return native("gsub", string_gsub, s, pattern, replacement, n)
end

function string.rep(s, n, separator)
  local size = type(s) == "string" and #s or 1
  if size == 0 and (separator == nil or separator == "") then return "" end
  if type(n) == "number" and n * (size + (type(separator) == "string" and #separator or 0)) > MAX_REPEATED then
    error("not enough memory", 0)
  end
  if type(n) == "number" then lib.takes(n * size) end
  return native("rep", string_rep, s, n, separator)
end

-- What these make is as large as what they are given.
for _, name in ipairs({ "upper", "lower", "reverse", "format", "byte", "pack", "unpack" }) do
  local original = string[name]
  string[name] = function(...)
    local size = 0
    for i = 1, select("#", ...) do
      local value = select(i, ...)
      if type(value) == "string" then size = size + #value end
    end
    lib.takes(size)
    return native(name, original, ...)
  end
end

string.dump = nil
getmetatable("").__metatable = false

-- Tables

-- Lists have a length that they really have; that of other objects may be any number.
local function plain_only(name)
  local original = table[name]
  return function(t, ...)
    local meta = type(t) == "table" and getmetatable(t)
    if (meta == false or meta and rawget(meta, "__len") ~= nil) and lib.kind_of(t) ~= "list" then
      error("bad argument #1 to '" .. name .. "' (table expected, got " .. lib.name_of(t) .. ")", 2)
    end
    if type(t) == "table" and not contents[t] then lib.takes(name == "sort" and 100 * rawlen(t) or rawlen(t)) end
    return native(name, original, t, ...)
  end
end

local safe_table = { pack = pack }
for _, name in ipairs({ "insert", "remove", "sort", "unpack" }) do safe_table[name] = plain_only(name) end

local plain_concat = plain_only("concat")

function safe_table.concat(source, separator, first, last)
  if last and (whole(last) or 0) - (whole(first) or 1) > MAX_MOVES then error("too many elements to join", 2) end
  return plain_concat(source, separator, first, last)
end

function safe_table.move(source, first, last, place, target)
  local count = (whole(last) or 0) - (whole(first) or 0)
  if count > MAX_MOVES or count < -MAX_MOVES then error("too many elements to move", 2) end
  lib.takes(count)
  return native("move", table.move, source, first, last, place, target)
end

-- Functions

local function library(source)
  local copied = {}
  for name, value in next, source do copied[name] = value end
  return copied
end

local function safe_type(...)
  if select("#", ...) > 0 and contents[(...)] then return "userdata" end
  return type(...)
end

local function for_tables(name, f, wanted)
  return function(...)
    local value = ...
    if value ~= nil and contents[value] then
      local text = (wanted or "table") .. " expected, got " .. lib.name_of(value)
      error("bad argument #1 to '" .. name .. "' (" .. text .. ")", 2)
    end
    return f(...)
  end
end

-- What scripts compare metatables with, to tell lists, maps and bytes apart.
local function closed() error("metatables of the database's objects are closed", 2) end
local CLASSES = {}
for _, kind in ipairs({ "list", "map", "bytes" }) do
  CLASSES[kind] = setmetatable({}, { __metatable = false, __newindex = closed })
end

local function safe_getmetatable(value) return CLASSES[lib.kind_of(value)] or getmetatable(value) end

local function safe_setmetatable(object, meta)
  -- A finalizer would run where the time limit does not reach.
  if type(meta) == "table" and rawget(meta, "__gc") ~= nil then error("__gc is not available", 2) end
  return setmetatable(object, meta)
end

local function safe_xpcall(f, handler, ...)
  -- Not the native one: its handler runs with the time limit off after a time-out.
  local results = pack(pcall(f, ...))
  if results[1] then return unpack(results, 1, results.n) end
  return false, handler(results[2])
end

local function memory_in_use(what)
  -- The host decides about everything else that this function does elsewhere.
  if what == "count" then return collectgarbage("count") end
  return 0
end

-- Errors of these functions name the lines of a server's own Lua code.
local function logger(level, line)
  return function(form, ...)
    local good, text = pcall(string_format, form, ...)
    if not good then
      error('[string "aerospike.lua"]:' .. line .. ": " .. string_gsub(text, "'string%.format'", "'format'"), 0)
    end
    lib.aerospike.log(nil, level, text)
  end
end

local function printed(...)
  local parts = pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]) end
  lib.aerospike.log(nil, 3, table.concat(parts, "\t"))
end

local math_library = library(math)
function math_library.sum(a, b) return a + b end
function math_library.product(a, b) return a * b end

local function bare_environment()
  local made = {
    assert = assert, error = error, ipairs = ipairs, pcall = pcall, rawequal = rawequal, select = select,
    tonumber = tonumber, tostring = tostring, _VERSION = _VERSION,
    next = for_tables("next", next), pairs = for_tables("for iterator", pairs), rawget = for_tables("rawget", rawget),
    rawset = for_tables("rawset", rawset), rawlen = for_tables("rawlen", rawlen, "table or string"),
    List = CLASSES.list, Map = CLASSES.map, Bytes = CLASSES.bytes, getmetatable = safe_getmetatable,
    type = safe_type, setmetatable = safe_setmetatable, xpcall = safe_xpcall,
    string = string, table = library(safe_table), math = library(math_library), utf8 = library(utf8),
    os = { clock = os.clock, time = os.time, date = os.date, difftime = os.difftime },
    list = library(lib.list), map = library(lib.map), bytes = library(lib.bytes), geojson = {},
    record = library(lib.record), print = printed, collectgarbage = memory_in_use,
    trace = logger(4, 2), debug = logger(3, 5), info = logger(2, 8), warn = logger(1, 11),
  }
  for _, name in ipairs({ "list", "map", "bytes", "geojson" }) do
    local original = lib[name]
    setmetatable(made[name], { __metatable = false, __call = function(_, ...) return original(...) end })
  end
  made.aerospike = setmetatable({}, { __index = library(lib.aerospike), __metatable = false, __name = "Aerospike" })
  contents[made.aerospike] = { kind = "aerospike" }
  made._G = made
  return made
end

-- Where a server looks for a module, in its own words.
local PLACES <const> = { "/usr/local/share/lua/5.4/?.lua", "/usr/local/share/lua/5.4/?/init.lua", "/usr/local/lib/lua/5.4/?.lua",
  "/usr/local/lib/lua/5.4/?/init.lua", "./?.lua", "./?/init.lua", path .. "/?.lua", "/usr/local/lib/lua/5.4/?.so",
  "/usr/local/lib/lua/5.4/loadall.so", "./?.so", path .. "/?.so" }

local function missing(name)
  local lines = { "module '" .. tostring(name) .. "' not found:", "no field package.preload['" .. tostring(name) .. "']" }
  for _, place in ipairs(PLACES) do
    insert(lines, "no file '" .. string_gsub(place, "?", (string_gsub(tostring(name), "%%", "%%%%"))) .. "'")
  end
  return concat(lines, "\n\t")
end

local STANDARD <const> = { string = true, table = true, math = true, utf8 = true, os = true }

function lib.environment()
  local environment = bare_environment()
  local loaded = {}
  function environment.require(name)
    if loaded[name] ~= nil then return loaded[name] end
    if STANDARD[name] then return environment[name] end
    local found, chunk_name = find_source(name)
    if not found then error(missing(name), 2) end
    local chunk, problem = load(found, chunk_name, "t", environment)
    if not chunk then error(problem, 0) end
    loaded[name] = true
    local value = chunk(name)
    if value ~= nil then loaded[name] = value end
    return loaded[name]
  end
  return environment
end
