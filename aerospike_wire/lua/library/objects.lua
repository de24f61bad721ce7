-- What lists, maps, bytes, records and streams have in common.
--
-- Such an object is an empty table with a closed metatable. Its contents are kept apart from
-- it, so that Lua's raw functions find nothing to read or to spoil.

local lib = ...

local type, getmetatable, tostring, tonumber = type, getmetatable, tostring, tonumber
local rawequal, rawget, error, math_type, math_tointeger = rawequal, rawget, error, math.type, math.tointeger
local string_find, string_sub, string_format, string_byte = string.find, string.sub, string.format, string.byte
local getinfo = debug.getinfo

local contents = setmetatable({}, { __mode = "k" })
local NIL = {} -- stands for nil inside lists, maps and records
local NAMES = { list = "List", map = "Map", bytes = "Bytes", geojson = "GeoJSON", record = "Record",
  stream = "Stream", aerospike = "Aerospike", iterator = "Iterator" }

lib.contents, lib.NIL, lib.tostring = contents, NIL, tostring

-- Text from Lua ends at its first zero byte, as C strings do.
function lib.text(value)
  local zero = string_find(value, "\0", 1, true)
  return zero and string_sub(value, 1, zero - 1) or value
end

function lib.hide(value)
  if value == nil then return NIL end
  if type(value) == "string" then return lib.text(value) end
  return value
end

-- What Lua gets for a hidden value: of an object another one with the same contents, so that what is
-- read twice is not equal, as on a server.
local metatables = {} -- by the kind of object
function lib.show(value)
  if type(value) ~= "table" then return value end
  if rawequal(value, NIL) then return nil end
  local inside = contents[value]
  if not inside then return value end
  local object = setmetatable({}, metatables[inside.kind])
  contents[object] = inside
  return object
end

function lib.kind_of(value)
  local inside = value ~= nil and contents[value]
  return inside and inside.kind or nil
end

local function name_of(value)
  local inside = value ~= nil and contents[value]
  if inside then return NAMES[inside.kind] end
  return type(value)
end

lib.name_of = name_of

-- Complains of an argument in the name of a library function, as Lua's C library does: by the
-- name under which the script called it, and without counting the object of a method.
--
-- level: of the library function, counted from the one that calls this.
-- anonymous: the name where the script used none.
function lib.bad_argument(level, place, name, reason, anonymous)
  local info = getinfo(level + 1, "nt")
  if not info.istailcall then
    name = info.name or anonymous or "?"
    if info.namewhat == "method" then
      place = place - 1
      if place == 0 then error(string_format("calling '%s' on bad self (%s)", name, reason), level + 2) end
    end
  end
  error(string_format("bad argument #%d to '%s' (%s)", place, name, reason), level + 2)
end

-- The contents of an argument that must be of a kind. The texts are those of Lua's C library.
function lib.open(value, kind, name, place)
  local inside = value ~= nil and contents[value]
  if inside and inside.kind == kind then return inside end
  local wanted = inside and NAMES[kind] or "userdata"
  local got = inside and NAMES[inside.kind] or type(value)
  lib.bad_argument(2, place or 1, name, wanted .. " expected, got " .. got)
end

-- An argument that must be an integer if it is there, as C functions read one.
function lib.integer(value, place, name, default)
  if value == nil then return default end
  local kind = math_type(value)
  if kind == "integer" then return value end
  local number = value
  if type(value) == "string" then number = tonumber(value) end
  local whole = type(number) == "number" and math_tointeger(number)
  if whole then return whole end
  local reason = "number has no integer representation"
  if type(number) ~= "number" then reason = "number expected, got " .. name_of(value) end
  lib.bad_argument(2, place, name, reason)
end

-- Byte by byte, whatever the host's locale says about text.
function lib.less(one, other)
  for i = 1, #one < #other and #one or #other do
    local left, right = string_byte(one, i), string_byte(other, i)
    if left ~= right then return left < right end
  end
  return #one < #other
end

-- Whether a value may leave Lua or enter a list, a map or a record. Plain tables and
-- functions may not.
function lib.is_value(value)
  local kind = type(value)
  if kind == "nil" or kind == "string" or kind == "number" or kind == "boolean" then return true end
  local inside = contents[value]
  if not inside then return false end
  return inside.kind ~= "stream" and inside.kind ~= "aerospike" and inside.kind ~= "iterator"
end

-- A value as the text of an object that contains it shows it; nil if it has no text.
function lib.written(value)
  if value == nil or rawequal(value, NIL) then return "NIL" end
  if type(value) == "string" then return '"' .. value .. '"' end
  if math_type(value) == "float" then return string_format("%.16g", value) end
  local inside = contents[value]
  if inside and inside.kind == "bytes" and #inside.data == 0 then return nil end
  if inside and inside.kind == "record" then return "[ REC ]" end
  return tostring(value)
end

-- What a script cannot do with an object that has no such operation.
function lib.cannot(what)
  return function(object) error("attempt to " .. what .. " a " .. name_of(object) .. " value", 2) end
end

-- Errors of these functions name the lines of a server's own Lua code.
function lib.refuse_at(line, name, value, kind)
  if lib.kind_of(value) == kind then return end
  local wanted = lib.kind_of(value) and NAMES[kind] or "userdata"
  error(string_format('[string "as.lua"]:%d: bad argument #1 to \'%s\' (%s expected, got %s)', line, name, wanted,
    name_of(value)), 0)
end

function lib.new(meta, inside)
  metatables[inside.kind] = meta
  local object = setmetatable({}, meta)
  contents[object] = inside
  return object
end

-- What a loop takes: a function, and the state without which it gives nothing.
local iterator_meta = { __metatable = false, __name = "Iterator" }

function lib.iterator(step)
  local state = lib.new(iterator_meta, { kind = "iterator" })
  return function(given)
    if rawequal(given, state) then return step() end
  end, state
end

-- A value with all that it contains, apart from the one it was made of; whether it can be
-- stored is the second result.
local MAX_DEPTH <const> = 190

local function copied(value, depth)
  local kind = type(value)
  if kind == "string" then return lib.text(value), true end
  if kind == "number" or kind == "boolean" or rawequal(value, NIL) then return value, true end
  local inside = contents[value]
  if not inside or depth > MAX_DEPTH then return nil, false end
  if inside.kind == "bytes" then return lib.make_bytes(inside.data, inside.particle), true end
  if inside.kind == "geojson" then return value, true end
  if inside.kind == "list" then
    local items = {}
    for i = 1, inside.n do
      local item, good = copied(inside.items[i], depth + 1)
      if not good then return nil, false end
      items[i] = item
    end
    return lib.make_list(items, inside.n), true
  end
  if inside.kind ~= "map" then return nil, false end
  local keys, values, n = lib.map_parts(inside)
  for i = 1, n do
    local item, good = copied(values[i], depth + 1)
    if not good then return nil, false end
    values[i] = item
  end
  return lib.make_map(keys, values, n, inside.is_ordered), true
end

function lib.copied(value) return copied(value, 0) end
