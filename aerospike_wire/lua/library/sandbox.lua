-- The environment in which a module's code runs: the tame part of Lua's own library beside
-- the objects of the database.
--
-- Functions that run long inside C, where the time limit does not reach, get a bound of their
-- own. Nothing here reaches a file, a process or the host.

local lib, find_source, path = ...
local contents = lib.contents
local type, next, rawget, rawlen, select, pcall, error = type, next, rawget, rawlen, select, pcall, error
local tostring, tonumber = tostring, tonumber
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

-- What a function of Lua's own library complains of names the script's line, and the function as
-- the script called it.
local function complain(library, name, problem)
  if type(problem) ~= "string" or problem == "not enough memory" or string_find(problem, "UDF Execution Timeout", 1, true)
    or string_find(problem, "^[^\n]-:%d+: ") or string_find(problem, "^attempt to ") then
    error(problem, 0)
  end
  local place, reason = string_match(problem, "^bad argument #(%d+) to '[%a%.%?]+' %((.*)%)$")
  if place then lib.bad_argument(2, math_tointeger(place), name, reason, library .. name) end
  error(problem, 3)
end

-- The function as scripts get it. check: is asked before each call, and may answer it.
local function wrapped(library, name, original, check)
  return function(...)
    local answer = check and check(...)
    if answer ~= nil then return answer end
    local results = pack(pcall(original, ...))
    if results[1] then return unpack(results, 2, results.n) end
    complain(library, name, results[2])
  end
end

-- Text

local function check_search(subject, pattern, plain)
  if type(pattern) ~= "string" or type(subject) ~= "string" and type(subject) ~= "number" then return end
  local size = #tostring(subject)
  if plain then
    if size * #pattern > MAX_STEPS then error("search takes too long", 4) end
    lib.takes(size * #pattern)
    return
  end
  if #pattern > MAX_PATTERN then error("pattern too long", 4) end
  local _, balanced = string_gsub(pattern, "%%b", "")
  local bare = string_gsub(string_gsub(pattern, "%%.", "x"), "%[%^?.[^%]]*%]", "x")
  local _, loops = string_gsub(string_gsub(bare, "[*+-]$", ""), "[*+-]", "")
  loops = loops + balanced
  if loops > 0 and string_sub(pattern, 1, 1) ~= "^" then loops = loops + 1 end
  local steps = (size + 1.0) ^ (loops > 0 and loops or 1)
  if steps > MAX_STEPS then error("pattern takes too long", 4) end
  lib.takes(steps)
end

local function check_repeated(s, n, separator)
  local size = type(s) == "string" and #s or 1
  if type(n) ~= "number" or type(s) ~= "string" then return end
  if size == 0 and (separator == nil or separator == "") then return "" end
  if n * (size + (type(separator) == "string" and #separator or 0)) > MAX_REPEATED then error("not enough memory", 0) end
  lib.takes(n * size)
end

-- What these make is as large as what they are given.
local function check_size(...)
  local size = 0
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    if type(value) == "string" then size = size + #value end
  end
  lib.takes(size)
end

local TEXT <const> = { string = true, number = true } -- what C functions take for text
local CHECKS <const> = {
  find = function(s, pattern, _, plain) check_search(s, pattern, plain) end,
  match = function(s, pattern) check_search(s, pattern) end,
  gmatch = function(s, pattern) check_search(s, pattern) end,
  gsub = function(s, pattern, replacement, most)
    check_search(s, pattern)
    local has_good_others = TEXT[type(s)] and TEXT[type(pattern)] and (most == nil or whole(tonumber(most)))
    if has_good_others and replacement ~= nil and contents[replacement] then
      lib.bad_argument(2, 3, "gsub", "string/function/table expected, got " .. lib.name_of(replacement), "string.gsub")
    end
  end,
  rep = check_repeated,
  upper = check_size, lower = check_size, reverse = check_size, format = check_size, byte = check_size,
  pack = check_size, unpack = check_size,
}

for name, check in next, CHECKS do string[name] = wrapped("string.", name, string[name], check) end

lib.dump = string.dump -- for the host
string.dump = nil
getmetatable("").__metatable = false

-- Tables

local LISTLIKE <const> = { list = true, map = true, bytes = true }

-- Lists have a length that they really have; that of other objects may be any number.
local function check_table(name, level)
  return function(t)
    if type(t) ~= "table" then return end
    local meta = getmetatable(t)
    if not LISTLIKE[lib.kind_of(t)] and (contents[t] or meta and rawget(meta, "__len") ~= nil) then
      if name == "unpack" and contents[t] then error("attempt to get length of a " .. lib.name_of(t) .. " value", 0) end
      lib.bad_argument(level or 2, 1, name, "table expected, got " .. lib.name_of(t), "table." .. name)
    end
    if not contents[t] then lib.takes(name == "sort" and 100 * rawlen(t) or rawlen(t)) end
  end
end

local safe_table = { pack = pack }
for _, name in ipairs({ "insert", "remove", "sort", "unpack" }) do
  safe_table[name] = wrapped("table.", name, table[name], check_table(name))
end

local plain_concat = check_table("concat", 3)

safe_table.concat = wrapped("table.", "concat", table.concat, function(source, _, first, last)
  if last and (whole(last) or 0) - (whole(first) or 1) > MAX_MOVES then error("too many elements to join", 3) end
  plain_concat(source)
end)

safe_table.move = wrapped("table.", "move", table.move, function(_, first, last)
  local count = (whole(last) or 0) - (whole(first) or 0)
  if count > MAX_MOVES or count < -MAX_MOVES then error("too many elements to move", 3) end
  lib.takes(count)
end)

-- Functions

local function library(source)
  local copied = {}
  for name, value in next, source do copied[name] = value end
  return copied
end

local safe_type = wrapped("", "type", type, function(...)
  if select("#", ...) > 0 and contents[(...)] then return "userdata" end
end)

-- Functions of Lua's own that take tables: the objects of the database are none.
local function for_tables(name, wanted, original, library)
  return wrapped(library or "", name, original or _G[name], function(value)
    if value ~= nil and contents[value] then
      lib.bad_argument(2, 1, name, (wanted or "table") .. " expected, got " .. lib.name_of(value), (library or "") .. name)
    end
  end)
end

local next_of_tables = for_tables("next")

local function safe_pairs(...)
  local value = ...
  if select("#", ...) == 0 then lib.bad_argument(1, 1, "pairs", "value expected", "pairs") end
  -- A loop over such an object fails when it begins.
  if value ~= nil and contents[value] then return next_of_tables, value, nil end
  return pairs(...)
end

-- What scripts compare metatables with, to tell lists, maps and bytes apart.
local function closed() error("metatables of the database's objects are closed", 2) end
local CLASSES = {}
for _, kind in ipairs({ "list", "map", "bytes" }) do
  CLASSES[kind] = setmetatable({}, { __metatable = false, __newindex = closed })
end

local plain_getmetatable = wrapped("", "getmetatable", getmetatable)

local function safe_getmetatable(...)
  local value = ...
  if value ~= nil and contents[value] then return CLASSES[lib.kind_of(value)] end
  return plain_getmetatable(...)
end

local safe_setmetatable = wrapped("", "setmetatable", setmetatable, function(object, meta)
  if contents[object ~= nil and object or 0] then
    lib.bad_argument(2, 1, "setmetatable", "table expected, got " .. lib.name_of(object), "setmetatable")
  end
  -- A finalizer would run where the time limit does not reach.
  if type(meta) == "table" and rawget(meta, "__gc") ~= nil then error("__gc is not available", 3) end
end)

local function safe_xpcall(...)
  local f, handler = ...
  if type(handler) ~= "function" then
    local got = select("#", ...) < 2 and "no value" or lib.name_of(handler)
    lib.bad_argument(1, 2, "xpcall", "function expected, got " .. got, "xpcall")
  end
  -- Not the native one: its handler runs with the time limit off after a time-out.
  local results = pack(pcall(f, select(3, ...)))
  if results[1] then return unpack(results, 1, results.n) end
  return false, handler(results[2])
end

local GARBAGE_OPTIONS <const> = { stop = 0, restart = 0, collect = 0, step = true, setpause = 200, setstepmul = 100,
  isrunning = true, generational = "incremental", incremental = "incremental" }

local function memory_in_use(...)
  -- The host decides about everything else that this function does elsewhere.
  local what = ...
  if what == nil then what = "collect" end
  if what == "count" then return collectgarbage("count") end
  if GARBAGE_OPTIONS[what] ~= nil then return GARBAGE_OPTIONS[what] end
  if type(what) ~= "string" and type(what) ~= "number" then
    lib.bad_argument(1, 1, "collectgarbage", "string expected, got " .. lib.name_of(what), "collectgarbage")
  end
  lib.bad_argument(1, 1, "collectgarbage", "invalid option '" .. lib.text(tostring(what)) .. "'", "collectgarbage")
end

-- Errors of these functions name the lines of a server's own Lua code.
local function logger(level, line)
  return function(form, ...)
    local good, text = pcall(string_format, form, ...)
    if not good then
      error('[string "aerospike.lua"]:' .. line .. ": " .. string_gsub(text, "to '[%a%.%?]+' ", "to 'format' ", 1), 0)
    end
    lib.write_log(level, text)
  end
end

local function printed(...)
  local parts = pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]) end
  lib.write_log(3, concat(parts, "\t"))
end

-- The time limit of a call holds in its coroutines as well.
local create, resume = coroutine.create, coroutine.resume
local coroutines = library(coroutine)

coroutines.create = wrapped("coroutine.", "create", function(f)
  local made = create(f)
  lib.limit_time(made)
  return made
end, function(f)
  if type(f) ~= "function" then
    lib.bad_argument(2, 1, "create", "function expected, got " .. lib.name_of(f), "coroutine.create")
  end
end)

function coroutines.wrap(f)
  if type(f) ~= "function" then
    lib.bad_argument(1, 1, "wrap", "function expected, got " .. lib.name_of(f), "coroutine.wrap")
  end
  local made = coroutines.create(f)
  return function(...)
    local results = pack(resume(made, ...))
    if results[1] then return unpack(results, 2, results.n) end
    error(results[2], type(results[2]) == "string" and 2 or 0)
  end
end

local math_library = library(math)

-- In server's own words as well.
local function arithmetic(line, compute)
  return function(a, b)
    local good, result = pcall(compute, a, b)
    if good then return result end
    error((string_gsub(tostring(result), "^%[string [^%]]*%]:%d+:", '[string "as.lua"]:' .. line .. ":")), 0)
  end
end

math_library.sum = arithmetic(53, function(a, b) return a + b end)
math_library.product = arithmetic(56, function(a, b) return a * b end)

local function check_date(form)
  if type(form) == "string" and #form > MAX_PATTERN then error("date format too long", 3) end
end

local function bare_environment()
  local made = {
    assert = assert, error = error, ipairs = ipairs, pcall = pcall, rawequal = rawequal, select = select,
    tonumber = tonumber, tostring = tostring, _VERSION = _VERSION,
    next = next_of_tables, pairs = safe_pairs, rawget = for_tables("rawget"), rawset = for_tables("rawset"),
    rawlen = for_tables("rawlen", "table or string"),
    List = CLASSES.list, Map = CLASSES.map, Bytes = CLASSES.bytes, getmetatable = safe_getmetatable,
    type = safe_type, setmetatable = safe_setmetatable, xpcall = safe_xpcall,
    coroutine = library(coroutines), string = string, table = library(safe_table), math = library(math_library), utf8 = library(utf8),
    os = { clock = os.clock, time = for_tables("time", "table", os.time, "os."), date = wrapped("os.", "date", os.date, check_date), difftime = os.difftime },
    list = library(lib.list), map = library(lib.map), bytes = library(lib.bytes), geojson = {},
    record = library(lib.record), print = printed, collectgarbage = memory_in_use,
    trace = logger(4, 2), debug = logger(3, 5), info = logger(2, 8), warn = logger(1, 11),
  }
  for _, name in ipairs({ "list", "map", "bytes", "geojson" }) do
    local original = lib[name]
    setmetatable(made[name], { __metatable = false, __call = function(_, ...) return original(...) end })
  end
  made.aerospike = setmetatable({}, {
    __index = library(lib.aerospike), __newindex = lib.cannot("index"), __len = lib.cannot("get length of"),
    __metatable = false, __name = "Aerospike",
  })
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

-- A module's chunk, in which calls of the functions here are no tail calls: its lines stay known.
function lib.compiled(source, chunk_name, environment)
  local chunk, problem = load(source, chunk_name, "t", environment)
  if not chunk then return nil, problem end
  local plain = lib.plain(lib.dump(chunk))
  return plain and load(plain, chunk_name, "b", environment) or chunk
end

-- The names of all functions here that are Lua themselves.
function lib.names()
  local names = {}
  local function collect(from)
    for name, value in next, from do
      if type(value) == "function" and type(name) == "string" then names[name] = true end
      if type(value) == "table" and value ~= from and not contents[value] then collect(value) end
    end
  end
  collect(lib.environment())
  collect(lib.aerospike)
  for name in next, { list = 1, map = 1, bytes = 1, geojson = 1 } do names[name] = true end
  local listed = {}
  for name in next, names do insert(listed, name) end
  return listed
end

local STANDARD <const> = { coroutine = true, string = true, table = true, math = true, utf8 = true, os = true }

function lib.environment()
  local environment = bare_environment()
  local loaded = {}
  function environment.require(...)
    local name = ...
    if type(name) == "number" then name = tostring(name) end
    if type(name) ~= "string" then
      local got = select("#", ...) < 1 and "no value" or lib.name_of(name)
      lib.bad_argument(1, 1, "require", "string expected, got " .. got, "require")
    end
    if loaded[name] ~= nil then return loaded[name] end
    if STANDARD[name] then return environment[name] end
    local found, chunk_name = find_source(name)
    if not found then error(missing(name), 2) end
    local chunk, problem = lib.compiled(found, chunk_name, environment)
    if not chunk then error(problem, 0) end
    loaded[name] = true
    local value = chunk(name)
    if value ~= nil then loaded[name] = value end
    return loaded[name]
  end
  return environment
end
