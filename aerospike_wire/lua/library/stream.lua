-- stream: a function that aggregates records describes what becomes of them by operations on
-- the stream that it gets and returns.
--
-- Operations up to and including the first reduce are done where the records are. On the
-- values that come from all nodes the client repeats that reduce and does what follows it.

local lib = ...
local contents, hide, kind_of = lib.contents, lib.hide, lib.kind_of
local type, pairs, ipairs, error, getmetatable, rawget = type, pairs, ipairs, error, getmetatable, rawget
local insert, unpack, pack = table.insert, table.unpack, table.pack

local AGGREGATE_PAUSES_AT <const> = 1000
-- An aggregation hands on what it has so far whenever it is a number of so much or more.

-- The value from which an aggregation starts, apart from the one that the script keeps.
local function starting(value)
  local kind = type(value)
  if kind == "table" then
    if kind_of(value) == "map" then return lib.map.clone(value) end
    if kind_of(value) == "list" then return lib.list.clone(value) end
    if contents[value] then return nil end
    local copied = {}
    for key, item in pairs(value) do copied[key] = item end
    return copied
  end
  return value
end

-- Errors of these functions name the lines of a server's own Lua code.
local function check_callable(f, name, line)
  local kind = type(f)
  if kind == "function" then return end
  local meta = kind == "table" and getmetatable(f)
  if meta and rawget(meta, "__call") then return end
  local got = contents[f ~= nil and f or false] and lib.name_of(f) or kind
  error('[string "stream_ops.lua"]:' .. line .. ": attempt to call a " .. got .. " value (upvalue '" .. name .. "')", 0)
end

local function filter(following, wanted)
  return function()
    for value in following do
      check_callable(wanted, "p", 36)
      if wanted(value) then return value end
    end
  end
end

local function map(following, change)
  local finished = false
  return function()
    if finished then return nil end
    local value = following()
    if value == nil then
      finished = true
      return nil
    end
    check_callable(change, "f", 50)
    return change(value)
  end
end

local function reduce(following, join)
  local finished = false
  return function()
    if finished then return nil end
    local result = following()
    if result ~= nil then
      for value in following do
        check_callable(join, "f", 63)
        result = join(result, value)
      end
    end
    finished = true
    return result
  end
end

local function aggregate(following, initial, join)
  local finished = false
  return function()
    if finished then return nil end
    local result = starting(initial)
    for value in following do
      check_callable(join, "f", 76)
      result = join(result, value)
      if type(result) == "number" and result >= AGGREGATE_PAUSES_AT then return result end
    end
    finished = true
    return result
  end
end

-- A source that is not asked again once it has ended.
local function source(read)
  local finished = false
  return function()
    if finished then return nil end
    local value = read()
    if value == nil then finished = true end
    return value
  end
end

local stream, meta = {}, { __metatable = false, __name = "StreamOps" }
meta.__index = stream

local function operation(run, is_reduce)
  return function(self, ...)
    insert(self.ops, { run = run, is_reduce = is_reduce, arguments = pack(...) })
    return self
  end
end

stream.filter, stream.map = operation(filter), operation(map)
stream.aggregate, stream.reduce = operation(aggregate), operation(reduce, true)

function stream:groupby(key_of)
  local function collect(groups, value)
    local key = key_of and key_of(value) or nil
    local group = groups[key] or lib.list()
    lib.list.append(group, value)
    groups[key] = group
    return groups
  end
  local function join(mine, theirs)
    return lib.map.merge(mine, theirs, function(one, other) return lib.list.merge(one, other) end)
  end
  return self:aggregate(lib.map(), collect):reduce(join)
end

-- The operations for one side.
local function chosen(ops, for_client)
  local picked, reduced = {}, false
  for _, op in ipairs(ops) do
    if reduced then
      if for_client then insert(picked, op) end
    else
      reduced = op.is_reduce
      if not for_client or reduced then insert(picked, op) end
    end
  end
  return picked
end

-- Runs a stream function.
--
-- f: the function. for_client: which side this is. read: returns the next value or nil.
-- write: takes a result. n: how many of the arguments follow.
function lib.run_stream(f, for_client, read, write, arguments, n)
  local described = f(setmetatable({ ops = {} }, meta), unpack(arguments, 1, n))
  local ops
  local kind = type(described)
  if kind == "table" and not contents[described] or kind == "string" then
    ops = described.ops
    if type(ops) ~= "table" then
      local text = "bad argument #1 to 'for iterator' (table expected, got " .. lib.name_of(ops) .. ")"
      error('[string "stream_ops.lua"]:120: ' .. text, 0)
    end
  else
    local got = described ~= nil and contents[described] and lib.name_of(described) or kind
    error('[string "aerospike.lua"]:33: attempt to index a ' .. got .. " value (global 'result')", 0)
  end
  local values = source(read)
  for _, op in ipairs(chosen(ops, for_client)) do
    values = op.run(values, unpack(op.arguments, 1, op.arguments.n)) or values
  end
  for value in values do
    if lib.is_value(value) then write(value) end
  end
end
