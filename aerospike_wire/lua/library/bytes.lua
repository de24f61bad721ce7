-- bytes: blobs, read and written by place from 1; and GeoJSON, which Lua can make and show.

local lib = ...
local contents, open, integer = lib.contents, lib.open, lib.integer
local type, select, next = type, select, next
local string_sub, string_byte, string_char, string_rep = string.sub, string.byte, string.char, string.rep
local string_pack, string_unpack, string_packsize, string_format = string.pack, string.unpack, string.packsize, string.format
local concat = table.concat

local bytes, meta = {}, { __metatable = false, __name = "Bytes" }
local PLAIN_BLOB <const> = 4
local MAX_U32 <const> = 0xFFFFFFFF

-- Setting a size only reserves room on a server, and so it does here.
local function make(data, particle, capacity)
  return lib.new(meta, { kind = "bytes", data = data, particle = particle or PLAIN_BLOB, capacity = capacity or #data })
end

lib.make_bytes = make

-- Puts a piece at a place from 0; a gap in front of it holds zeros.
local function splice(inside, place, piece)
  local data, stop = inside.data, place + #piece
  if place > #data then data = data .. string_rep("\0", place - #data) end
  inside.data = string_sub(data, 1, place) .. piece .. string_sub(data, stop + 1)
  if stop > inside.capacity then inside.capacity = stop end
  return true
end

local function hexadecimal(inside)
  local data, parts = inside.data, {}
  if #data == 0 then return "Bytes()" end
  for i = 1, #data do parts[i] = string_format("%02X", string_byte(data, i)) end
  return concat(parts, " ")
end

function meta.__tostring(object) return hexadecimal(contents[object]) end

-- Lua hands a length operator two arguments, and a server's size() wants exactly one.
function meta.__len() return 0 end

function bytes.size(...)
  if select("#", ...) ~= 1 then return 0 end
  return #open((...), "bytes", "size").data
end

function bytes.set_size(...)
  if select("#", ...) ~= 2 then return false end
  local b, size = ...
  local inside = open(b, "bytes", "set_size")
  size = integer(size, 2, "set_size", 0)
  return size >= 0 and size <= inside.capacity
end

function bytes.get_type(...)
  if select("#", ...) > 0 then return open((...), "bytes", "get_type").particle end
end

function bytes.set_type(...)
  if select("#", ...) ~= 2 then return false end
  local b, particle = ...
  local inside = open(b, "bytes", "set_type")
  particle = integer(particle, 2, "set_type", 0)
  if particle == 0 then return false end
  inside.particle = particle
  return true
end

-- Numbers of a fixed size.

local FORMS = {
  byte = "B", int16 = ">i2", int32 = ">i4", int64 = ">i8",
  int16_be = ">i2", int32_be = ">i4", int64_be = ">i8",
  int16_le = "<i2", int32_le = "<i4", int64_le = "<i8",
}

local function in_range(value, size)
  if size == 1 then return value >= 0 and value <= 0xFF end
  if size == 8 then return true end
  local limit = 1 << (size * 8 - 1)
  return value >= -limit and value < limit
end

local function is_place(i) return i >= 1 and i <= MAX_U32 end

for kind, form in next, FORMS do
  local size = string_packsize(form)
  local append, set, get = "append_" .. kind, "set_" .. kind, "get_" .. kind

  bytes[append] = function(...)
    if select("#", ...) ~= 2 then return false end
    local b, value = ...
    local inside = open(b, "bytes", append)
    value = integer(value, 2, append, 0)
    if not in_range(value, size) then return false end
    return splice(inside, #inside.data, string_pack(form, value))
  end

  bytes[set] = function(...)
    if select("#", ...) ~= 3 then return false end
    local b, i, value = ...
    local inside = open(b, "bytes", set)
    i, value = integer(i, 2, set, 0), integer(value, 3, set, 0)
    if not is_place(i) or not in_range(value, size) then return false end
    return splice(inside, i - 1, string_pack(form, value))
  end

  bytes[get] = function(...)
    if select("#", ...) ~= 2 then return end
    local b, i = ...
    local inside = open(b, "bytes", get)
    i = integer(i, 2, get, 0)
    if not is_place(i) or i - 1 + size > #inside.data then return end
    return (string_unpack(form, inside.data, i))
  end
end

function meta.__index(object, key)
  local i = integer(key, 2, "index", 0)
  if not is_place(i) then return nil end
  return string_byte(contents[object].data, i)
end

function meta.__newindex(object, key, value)
  local i, byte = integer(key, 2, "newindex", 0), integer(value, 3, "newindex", 0)
  if is_place(i) and in_range(byte, 1) then splice(contents[object], i - 1, string_char(byte)) end
end

-- Integers in pieces of seven bits, the lowest first.

local function variable(value)
  local parts = {}
  while value >= 0x80 do
    parts[#parts + 1] = string_char(value & 0x7F | 0x80)
    value = value >> 7
  end
  return concat(parts) .. string_char(value)
end

function bytes.append_var_int(...)
  if select("#", ...) ~= 2 then return 0 end
  local b, value = ...
  local inside = open(b, "bytes", "append_var_int")
  value = integer(value, 2, "append_var_int", 0)
  if not in_range(value, 4) then return 0 end
  -- A server reserves the room and writes into it, but does not count it as content.
  local size = #inside.data
  if size + 5 > inside.capacity then inside.capacity = size + 5 end
  return #variable(value & MAX_U32)
end

function bytes.set_var_int(...)
  if select("#", ...) ~= 3 then return 0 end
  local b, i, value = ...
  local inside = open(b, "bytes", "set_var_int")
  i, value = integer(i, 2, "set_var_int", 0), integer(value, 3, "set_var_int", 0)
  if not is_place(i) or not in_range(value, 4) then return 0 end
  local data, piece = inside.data, variable(value & MAX_U32)
  if i - 1 + 5 > inside.capacity then inside.capacity = i - 1 + 5 end
  inside.data = string_sub(string_sub(data, 1, i - 1) .. piece .. string_sub(data, i + #piece), 1, #data)
  return #piece
end

function bytes.get_var_int(...)
  if select("#", ...) ~= 2 then return end
  local b, i = ...
  local inside = open(b, "bytes", "get_var_int")
  i = integer(i, 2, "get_var_int", 0)
  if not is_place(i) then return end
  local value, size = 0, 0
  repeat
    local byte = string_byte(inside.data, i + size) or 0
    value = value | (byte & 0x7F) << (size * 7)
    size = size + 1
  until byte & 0x80 == 0
  return value & MAX_U32, size
end

-- Text and other bytes.

local function string_of(value, place, name)
  if type(value) == "number" then return lib.tostring(value) end
  if type(value) ~= "string" then lib.bad_argument(2, place, name, "string expected, got " .. lib.name_of(value)) end
  return value
end

function bytes.append_string(...)
  if select("#", ...) ~= 2 then return false end
  local b, value = ...
  local inside = open(b, "bytes", "append_string")
  value = string_of(value, 2, "append_string")
  if value == "" then return false end
  return splice(inside, #inside.data, value)
end

function bytes.set_string(...)
  if select("#", ...) ~= 3 then return false end
  local b, i, value = ...
  local inside = open(b, "bytes", "set_string")
  i = integer(i, 2, "set_string", 0)
  value = string_of(value, 3, "set_string")
  if not is_place(i) then return false end
  return splice(inside, i - 1, value)
end

function bytes.append_bytes(...)
  if select("#", ...) ~= 3 then return false end
  local b, other, n = ...
  local inside, more = open(b, "bytes", "append_bytes"), open(other, "bytes", "append_bytes", 2)
  n = integer(n, 3, "append_bytes", 0)
  if n < 0 or n > MAX_U32 then return false end
  return splice(inside, #inside.data, string_sub(more.data, 1, n))
end

function bytes.set_bytes(...)
  if select("#", ...) ~= 4 then return false end
  local b, i, other, n = ...
  local inside = open(b, "bytes", "set_bytes")
  i = integer(i, 2, "set_bytes", 0)
  local more = open(other, "bytes", "set_bytes", 3)
  n = integer(n, 4, "set_bytes", 0)
  if not is_place(i) or n < 0 or n > MAX_U32 then return false end
  if n > #more.data and i - 1 + n > inside.capacity then return false end
  return splice(inside, i - 1, string_sub(more.data, 1, n))
end

-- Content behind the end reads as zeros.
local function piece_of(inside, i, n)
  local piece = string_sub(inside.data, i, i + n - 1)
  return piece .. string_rep("\0", n - #piece)
end

function bytes.get_string(...)
  if select("#", ...) ~= 3 then return end
  local b, i, n = ...
  local inside = open(b, "bytes", "get_string")
  i, n = integer(i, 2, "get_string", 0), integer(n, 3, "get_string", 0)
  if not is_place(i) or n < 0 or n > MAX_U32 then return end
  return piece_of(inside, i, n)
end

function bytes.get_bytes(...)
  if select("#", ...) ~= 3 then return end
  local b, i, n = ...
  local inside = open(b, "bytes", "get_bytes")
  i, n = integer(i, 2, "get_bytes", 0), integer(n, 3, "get_bytes", 0)
  if not is_place(i) or n < 0 or n > MAX_U32 then return end
  return make(piece_of(inside, i, n))
end

lib.bytes = setmetatable(bytes, {
  __metatable = false,
  __call = function(_, ...)
    local n = select("#", ...)
    if n > 1 then return end
    local capacity = integer((...), 2, "bytes", 0)
    return make("", PLAIN_BLOB, capacity & MAX_U32)
  end,
})

-- GeoJSON

local geo_meta = { __metatable = false, __name = "GeoJSON" }

geo_meta.__index, geo_meta.__newindex, geo_meta.__len = lib.cannot("index"), lib.cannot("index"), lib.cannot("get length of")
function geo_meta.__tostring(object) return '"' .. contents[object].data .. '"' end

function lib.make_geojson(data) return lib.new(geo_meta, { kind = "geojson", data = data, particle = 23 }) end

lib.geojson = setmetatable({}, {
  __metatable = false,
  __call = function(_, ...)
    if select("#", ...) ~= 1 or (...) == nil then return end
    return lib.make_geojson(lib.text(string_of((...), 2, "geojson")))
  end,
})
