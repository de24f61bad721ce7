-- What a record UDF finds in its environment: list, map, bytes, record, aerospike and the
-- tame part of Lua's own library. Runs once per state; the values that it returns are the
-- host's way in, and no Lua code of a user ever gets hold of them.
--
-- Arguments: a clock that returns seconds, the names of modules that may be required and a
-- function that returns a module's source.

local clock, find_source = ...

local type, next, rawget, rawset, rawlen = type, next, rawget, rawset, rawlen
local pcall, error, select, tostring = pcall, error, select, tostring
local getmetatable, setmetatable, ipairs, rawequal = getmetatable, setmetatable, ipairs, rawequal
local load, sethook, collectgarbage = load, debug.sethook, collectgarbage
local pack, unpack, insert, remove = table.pack, table.unpack, table.insert, table.remove
local string_gsub, string_format, string_rep = string.gsub, string.format, string.rep
local string_sub, string_byte, string_pack, string_unpack = string.sub, string.byte, string.pack, string.unpack

local INSTRUCTIONS_PER_CHECK = 2000
local MAX_STEPS = 2e9 -- of a pattern or plain search in the worst case
local MAX_PATTERN = 4096
local MAX_MOVES = 1e7
local MAX_LOG_LINES = 1000
local MAX_BIN_NAME = 15
local MAX_BINS = 512

-- Objects. Their contents are kept apart from them, so that Lua's raw functions see empty
-- tables.

local contents = setmetatable({}, { __mode = "k" })
local NIL = {} -- stands for nil inside lists and maps

local function hide(value)
  if value == nil then return NIL end
  return value
end

local function show(value)
  if rawequal(value, NIL) then return nil end
  return value
end

local function kind_of(value)
  local inside = contents[value]
  return inside and inside.kind
end

local function open(value, kind, name)
  local inside = value ~= nil and contents[value]
  if not inside or inside.kind ~= kind then
    error("bad argument #1 to '" .. name .. "' (userdata expected, got " .. type(value) .. ")", 3)
  end
  return inside
end

local function write(value)
  if value == nil or rawequal(value, NIL) then return "nil" end
  if type(value) == "string" then return '"' .. value .. '"' end
  return tostring(value)
end

-- Lists

local list, list_meta = {}, { __metatable = false }

local function make_list(items, n)
  local object = setmetatable({}, list_meta)
  for i = 1, n do
    if items[i] == nil then items[i] = NIL end
  end
  contents[object] = { kind = "list", items = items, n = n }
  return object
end

local function index_of(value)
  return math.type(value) == "integer" and value or (math.type(value) == "float" and math.tointeger(value))
end

local function check_index(key, name)
  if type(key) ~= "number" then
    error("bad argument #2 to '" .. name .. "' (number expected, got " .. type(key) .. ")", 3)
  end
  return index_of(key)
end

local function list_insert(inside, i, value)
  if i < 1 then return end
  for gap = inside.n + 1, i - 1 do
    inside.items[gap] = NIL
    inside.n = gap
  end
  insert(inside.items, i, hide(value))
  inside.n = inside.n + 1
end

function list_meta.__index(object, key)
  local i = check_index(key, "index")
  if i then return show(contents[object].items[i]) end
  return nil
end

function list_meta.__newindex(object, key, value)
  local inside, i = contents[object], check_index(key, "newindex")
  if not i or i < 1 then return end
  for gap = inside.n + 1, i do
    inside.items[gap] = NIL
    inside.n = gap
  end
  inside.items[i] = hide(value)
end

function list_meta.__len(object) return contents[object].n end

function list_meta.__tostring(object)
  local inside, parts = contents[object], {}
  for i = 1, inside.n do parts[i] = write(inside.items[i]) end
  return "[" .. table.concat(parts, ", ") .. "]"
end

local function list_of(source)
  if type(source) == "table" and not contents[source] then
    local items, n = {}, 0
    for key, value in next, source do
      if math.type(key) == "integer" then
        n = n + 1
        items[n] = value
      end
    end
    return make_list(items, n)
  end
  return make_list({}, 0)
end

list.new = function() return make_list({}, 0) end
list.size = function(l) return open(l, "list", "size").n end

function list.append(l, value)
  local inside = open(l, "list", "append")
  list_insert(inside, inside.n + 1, value)
end

function list.prepend(l, value) list_insert(open(l, "list", "prepend"), 1, value) end

function list.insert(l, i, value)
  local inside = open(l, "list", "insert")
  list_insert(inside, index_of(i) or 0, value)
end

function list.remove(l, i)
  local inside = open(l, "list", "remove")
  i = index_of(i)
  if i and i >= 1 and i <= inside.n then
    remove(inside.items, i)
    inside.n = inside.n - 1
  end
end

function list.trim(l, i)
  local inside = open(l, "list", "trim")
  i = index_of(i) or 0
  for place = inside.n, i < 1 and inside.n + 1 or i, -1 do
    inside.items[place] = nil
    inside.n = place - 1
  end
end

local function slice(inside, first, last)
  local items, n = {}, 0
  for i = first < 1 and 1 or first, last > inside.n and inside.n or last do
    n = n + 1
    items[n] = inside.items[i]
  end
  return make_list(items, n)
end

function list.take(l, n) return slice(open(l, "list", "take"), 1, index_of(n) or 0) end

function list.drop(l, n)
  local inside = open(l, "list", "drop")
  return slice(inside, (index_of(n) or 0) + 1, inside.n)
end

function list.clone(l)
  local inside = open(l, "list", "clone")
  return slice(inside, 1, inside.n)
end

function list.concat(l, other)
  local inside, more = open(l, "list", "concat"), open(other, "list", "concat")
  for i = 1, more.n do list_insert(inside, inside.n + 1, show(more.items[i])) end
end

function list.merge(l, other)
  local merged = list.clone(l)
  list.concat(merged, other)
  return merged
end

function list.iterator(l)
  local inside, i = open(l, "list", "iterator"), 0
  return function()
    i = i + 1
    if i <= inside.n then return show(inside.items[i]) end
  end
end

setmetatable(list, { __call = function(_, source) return list_of(source) end, __metatable = false })

-- Maps keep the order in which keys came.

local map, map_meta = {}, { __metatable = false }

local function key_of(key)
  local inside = contents[key]
  if inside and inside.kind == "bytes" then return "bytes:" .. inside.data end
  if type(key) == "string" then return "text:" .. key end
  return key
end

local function map_set(inside, key, value)
  local id = key_of(key)
  local place = inside.places[id]
  if place then
    inside.values[place] = value
  else
    local n = inside.n + 1
    inside.n, inside.places[id], inside.keys[n], inside.values[n] = n, n, key, value
  end
end

local function map_remove(inside, key)
  local id = key_of(key)
  local place = inside.places[id]
  if not place then return end
  remove(inside.keys, place)
  remove(inside.values, place)
  inside.n = inside.n - 1
  inside.places[id] = nil
  for i = place, inside.n do inside.places[key_of(inside.keys[i])] = i end
end

local function make_map(keys, values, n, ordered)
  local object = setmetatable({}, map_meta)
  local inside = { kind = "map", places = {}, keys = {}, values = {}, n = 0, ordered = ordered }
  contents[object] = inside
  for i = 1, n do map_set(inside, keys[i], hide(values[i])) end
  return object
end

function map_meta.__index(object, key)
  if key == nil or key ~= key then return nil end
  local inside = contents[object]
  local place = inside.places[key_of(key)]
  return place and show(inside.values[place])
end

function map_meta.__newindex(object, key, value)
  if key == nil or key ~= key then return end
  if math.type(key) ~= "integer" and type(key) ~= "string" and kind_of(key) ~= "bytes" then return end
  if value == nil then map_remove(contents[object], key) else map_set(contents[object], key, value) end
end

function map_meta.__len(object) return contents[object].n end

function map_meta.__tostring(object)
  local inside, parts = contents[object], {}
  for i = 1, inside.n do parts[i] = write(inside.keys[i]) .. ":" .. write(inside.values[i]) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function map_of(source)
  local made = make_map({}, {}, 0, false)
  if type(source) == "table" and not contents[source] then
    for key, value in next, source do made[key] = value end
  end
  return made
end

map.new = function() return make_map({}, {}, 0, false) end
map.size = function(m) return open(m, "map", "size").n end
map.remove = function(m, key) map_remove(open(m, "map", "remove"), key) end

local function snapshot(source, n)
  local copy = {}
  for i = 1, n do copy[i] = source[i] end
  return copy
end

local function iterate(first, second, n)
  local i = 0
  return function()
    i = i + 1
    if i <= n then
      if second then return first[i], show(second[i]) end
      return show(first[i])
    end
  end
end

function map.keys(m)
  local inside = open(m, "map", "keys")
  return iterate(snapshot(inside.keys, inside.n), nil, inside.n)
end

function map.values(m)
  local inside = open(m, "map", "values")
  return iterate(snapshot(inside.values, inside.n), nil, inside.n)
end

function map.pairs(m)
  local inside = open(m, "map", "pairs")
  return iterate(snapshot(inside.keys, inside.n), snapshot(inside.values, inside.n), inside.n)
end

map.iterator = map.pairs
map_meta.__pairs = map.pairs

function map.clone(m)
  local inside = open(m, "map", "clone")
  return make_map(inside.keys, snapshot(inside.values, inside.n), inside.n, inside.ordered)
end

function map.merge(m, other, join)
  local merged = map.clone(m)
  for key, value in map.pairs(other) do
    local mine = merged[key]
    if mine ~= nil and join then value = join(mine, value) end
    merged[key] = value
  end
  return merged
end

function map.diff(m, other)
  local result = map.new()
  for key, value in map.pairs(m) do
    if other[key] == nil then result[key] = value end
  end
  for key, value in map.pairs(other) do
    if m[key] == nil then result[key] = value end
  end
  return result
end

setmetatable(map, { __call = function(_, source) return map_of(source) end, __metatable = false })

-- Bytes

local bytes, bytes_meta = {}, { __metatable = false }

local function make_bytes(data, particle)
  local object = setmetatable({}, bytes_meta)
  contents[object] = { kind = "bytes", data = data, particle = particle or 4 }
  return object
end

local function splice(inside, i, piece)
  i = index_of(i)
  if not i or i < 1 then return false end
  local data = inside.data
  if i > #data + 1 then data = data .. string_rep("\0", i - 1 - #data) end
  inside.data = string_sub(data, 1, i - 1) .. piece .. string_sub(data, i + #piece)
  return true
end

function bytes_meta.__index(object, key)
  local i = index_of(key)
  if i and i >= 1 then return string_byte(contents[object].data, i) end
  return nil
end

function bytes_meta.__newindex(object, key, value)
  splice(contents[object], key, string.char((index_of(value) or 0) & 0xFF))
end

function bytes_meta.__len(object) return #contents[object].data end

function bytes_meta.__eq(one, other)
  return kind_of(one) == "bytes" and kind_of(other) == "bytes" and contents[one].data == contents[other].data
end

function bytes_meta.__tostring(object)
  local data, parts = contents[object].data, {}
  for i = 1, #data do parts[i] = string_format("%02X", string_byte(data, i)) end
  return table.concat(parts, " ")
end

bytes.size = function(b) return #open(b, "bytes", "size").data end
bytes.get_type = function(b) return open(b, "bytes", "get_type").particle end

function bytes.set_type(b, particle)
  open(b, "bytes", "set_type").particle = index_of(particle) or 4
end

function bytes.set_size(b, size)
  local inside = open(b, "bytes", "set_size")
  size = index_of(size) or 0
  inside.data = string_sub(inside.data, 1, size)
  if #inside.data < size then inside.data = inside.data .. string_rep("\0", size - #inside.data) end
end

bytes.ensure = function(b) open(b, "bytes", "ensure") return true end

local function piece_of(value)
  local inside = contents[value]
  if inside and inside.kind == "bytes" then return inside.data end
  return tostring(value)
end

local formats = {
  byte = "B", int16 = ">i2", int32 = ">i4", int64 = ">i8",
  int16_be = ">i2", int32_be = ">i4", int64_be = ">i8",
  int16_le = "<i2", int32_le = "<i4", int64_le = "<i8",
}

for name, form in next, formats do
  local size = string.packsize(form)
  local unsigned = string_gsub(form, "i", "I")
  local function form_of(value)
    return string_pack(unsigned, (index_of(value) or 0) & (size == 8 and -1 or (1 << size * 8) - 1))
  end
  bytes["append_" .. name] = function(b, value)
    local inside = open(b, "bytes", "append_" .. name)
    inside.data = inside.data .. form_of(value)
    return true
  end
  bytes["set_" .. name] = function(b, i, value)
    return splice(open(b, "bytes", "set_" .. name), i, form_of(value))
  end
  bytes["get_" .. name] = function(b, i)
    local inside = open(b, "bytes", "get_" .. name)
    i = index_of(i)
    if not i or i < 1 or i + size - 1 > #inside.data then return nil end
    return (string_unpack(form, inside.data, i))
  end
  bytes["put_" .. name] = bytes["set_" .. name]
end

for _, name in ipairs({ "string", "bytes" }) do
  bytes["append_" .. name] = function(b, value, size)
    local inside = open(b, "bytes", "append_" .. name)
    inside.data = inside.data .. string_sub(piece_of(value), 1, index_of(size) or -1)
    return true
  end
  bytes["set_" .. name] = function(b, i, value, size)
    return splice(open(b, "bytes", "set_" .. name), i, string_sub(piece_of(value), 1, index_of(size) or -1))
  end
  bytes["get_" .. name] = function(b, i, size)
    local inside = open(b, "bytes", "get_" .. name)
    i = index_of(i)
    if not i or i < 1 or i > #inside.data then return nil end
    local part = string_sub(inside.data, i, i + (index_of(size) or #inside.data) - 1)
    return name == "string" and part or make_bytes(part, inside.particle)
  end
  bytes["put_" .. name] = bytes["set_" .. name]
end

-- The size that a program gives is only how much room it expects to need.
setmetatable(bytes, { __call = function() return make_bytes("") end, __metatable = false })

-- Values that Lua code can only carry around: GeoJSON, HyperLogLog, blobs of other languages.

local opaque_meta = { __metatable = false }

function opaque_meta.__tostring(object) return contents[object].data end

local function make_opaque(data, particle)
  local object = setmetatable({}, opaque_meta)
  contents[object] = { kind = "opaque", data = data, particle = particle }
  return object
end

-- Copies a value with all that it contains, so that later changes do not reach what has
-- been stored. False if the value cannot be stored.
local function copy(value, depth)
  local kind = type(value)
  if kind == "string" or kind == "number" or kind == "boolean" or rawequal(value, NIL) then return value, true end
  local inside = contents[value]
  if not inside or depth > 190 then return nil, false end
  if inside.kind == "bytes" then return make_bytes(inside.data, inside.particle), true end
  if inside.kind == "opaque" then return value, true end
  if inside.kind == "list" then
    local items = {}
    for i = 1, inside.n do
      local item, good = copy(inside.items[i], depth + 1)
      if not good then return nil, false end
      items[i] = item
    end
    return make_list(items, inside.n), true
  end
  if inside.kind == "map" then
    local values = {}
    for i = 1, inside.n do
      local item, good = copy(inside.values[i], depth + 1)
      if not good then return nil, false end
      values[i] = item
    end
    return make_map(inside.keys, values, inside.n, inside.ordered), true
  end
  return nil, false
end

-- Records

local record, record_meta, aerospike = {}, { __metatable = false, __name = "Record" }, {}
local log_lines = {}

local function bin_name(name)
  if type(name) == "number" then name = tostring(name) end
  if type(name) == "string" and #name <= MAX_BIN_NAME then return name end
  return nil
end

-- Whether a value has a type that can leave Lua; plain tables and functions have not.
local function is_value(value)
  local kind = type(value)
  if kind == "nil" or kind == "string" or kind == "number" or kind == "boolean" then return true end
  local inside = contents[value]
  return inside ~= nil and inside.kind ~= "record" and inside.kind ~= "aerospike"
end

function record_meta.__index(object, name)
  local rec = contents[object]
  name = bin_name(name)
  if not name then return nil end
  local cached = rec.cache[name]
  if cached == nil then
    if not rec.is_open then return nil end
    cached = rec.bins[name]
    if cached == nil then return nil end
    rec.cache[name] = cached
  end
  return show(cached)
end

function record_meta.__newindex(object, name, value)
  local rec = contents[object]
  name = bin_name(name)
  if not name then return end
  if not is_value(value) then error("can't set bin " .. name .. " to unsupported type", 2) end
  rec.cache[name] = hide(value)
  if not rec.dirty[name] then
    rec.dirty[name] = true
    insert(rec.dirty_names, name)
  end
end

local function restore(rec, code)
  rec.result, rec.has_updates = code, false
  rec.bins, rec.names = {}, {}
  for i, name in ipairs(rec.old_names) do
    rec.names[i], rec.bins[name] = name, rec.old_bins[name]
  end
  rec.changed, rec.cache, rec.dirty, rec.dirty_names = {}, {}, {}, {}
end

local function flush(rec)
  for _, name in ipairs(rec.dirty_names) do
    local value = rec.cache[name]
    if rawequal(value, NIL) then
      if rec.bins[name] ~= nil then
        rec.bins[name] = nil
        for i, other in ipairs(rec.names) do
          if other == name then
            remove(rec.names, i)
            break
          end
        end
      end
      rec.cache[name] = nil
    else
      local stored, good = copy(value, 0)
      if not good then
        restore(rec, 12)
        return -1
      end
      if rec.bins[name] == nil then
        if #rec.names >= MAX_BINS then
          restore(rec, 21)
          return -1
        end
        insert(rec.names, name)
      end
      rec.bins[name] = stored
    end
    rec.changed[name] = true
  end
  rec.dirty, rec.dirty_names, rec.result, rec.has_updates = {}, {}, 0, true
  return 0
end

function aerospike.exists(_, object) return open(object, "record", "exists").is_open end

function aerospike.create(_, object)
  local rec = open(object, "record", "create")
  if rec.is_open and #rec.names > 0 then return 1 end
  rec.is_open = true
  local result = flush(rec)
  if result ~= 0 and not rec.preexists then rec.is_open = false end
  return result
end

function aerospike.update(_, object)
  local rec = open(object, "record", "update")
  if not rec.is_open then return -2 end
  return flush(rec)
end

function aerospike.remove(_, object)
  local rec = open(object, "record", "remove")
  if not rec.is_open then return 1 end
  rec.cache, rec.dirty, rec.dirty_names = {}, {}, {}
  for i, name in ipairs(rec.names) do
    rec.cache[name], rec.dirty[name], rec.dirty_names[i] = NIL, true, name
  end
  return flush(rec)
end

function aerospike.log(_, level, text)
  if #log_lines < MAX_LOG_LINES then insert(log_lines, { index_of(level) or 2, tostring(text) }) end
  return 0
end

function aerospike.get_current_time(_) return aerospike.now end

local function field(name, absent)
  return function(object)
    local rec = open(object, "record", name)
    if not rec.is_open then return absent end
    return rec[name]
  end
end

record.gen = field("gen", 0)
record.ttl = field("ttl", 0)
record.setname = field("setname", nil)
record.key = field("key", nil)
record.last_update_time = field("last_update_time", 0)
record.size = field("size", 0)
record.memory_size = field("size", 0)
record.device_size = function(object)
  open(object, "record", "device_size")
  return 0
end
record.digest = function(object) return make_bytes(open(object, "record", "digest").digest) end

function record.numbins(object)
  local rec = open(object, "record", "numbins")
  return rec.is_open and #rec.names or 0
end

function record.bin_names(object)
  local rec = open(object, "record", "bin_names")
  if not rec.is_open then error("can't get bin names", 2) end
  return snapshot(rec.names, #rec.names)
end

function record.set_ttl(object, ttl)
  open(object, "record", "set_ttl").new_ttl = (index_of(ttl) or 0) & 0xFFFFFFFF
end

function record.drop_key(object)
  local rec = open(object, "record", "drop_key")
  if not rec.is_open then return -1 end
  rec.key_dropped = true
  return 0
end

-- The tame part of Lua's library. Functions that run long inside C, where the time limit
-- does not reach, get a bound of their own.

local function check_search(subject, pattern, plain)
  if type(pattern) ~= "string" then return end
  local size = #tostring(subject)
  if plain then
    if size * #pattern > MAX_STEPS then error("search takes too long", 3) end
    return
  end
  if #pattern > MAX_PATTERN then error("pattern too long", 3) end
  local _, balanced = string_gsub(pattern, "%%b", "")
  local bare = string_gsub(string_gsub(pattern, "%%.", "x"), "%[%^?.[^%]]*%]", "x")
  local _, loops = string_gsub(string_gsub(bare, "[*+-]$", ""), "[*+-]", "")
  loops = loops + balanced
  if loops > 0 and string_sub(pattern, 1, 1) ~= "^" then loops = loops + 1 end
  if (size + 1.0) ^ loops > MAX_STEPS then error("pattern takes too long", 3) end
end

local native = { find = string.find, match = string.match, gmatch = string.gmatch }

function string.find(s, pattern, init, plain)
  check_search(s, pattern, plain)
  return native.find(s, pattern, init, plain)
end

function string.match(s, pattern, init)
  check_search(s, pattern)
  return native.match(s, pattern, init)
end

function string.gmatch(s, pattern, init)
  check_search(s, pattern)
  return native.gmatch(s, pattern, init)
end

function string.gsub(s, pattern, replacement, n)
  check_search(s, pattern)
  return string_gsub(s, pattern, replacement, n)
end

function string.rep(s, n, separator)
  if type(s) == "string" and #s == 0 and (separator == nil or separator == "") then return "" end
  return string_rep(s, n, separator)
end

string.dump = nil
getmetatable("").__metatable = false

local function plain_only(name)
  local original = table[name]
  return function(t, ...)
    local meta = type(t) == "table" and getmetatable(t)
    if meta == false or meta and rawget(meta, "__len") ~= nil then
      error("bad argument #1 to '" .. name .. "' (plain table expected)", 2)
    end
    return original(t, ...)
  end
end

local safe_table = { pack = pack }
for _, name in ipairs({ "insert", "remove", "sort", "unpack" }) do safe_table[name] = plain_only(name) end

local plain_concat = plain_only("concat")

function safe_table.concat(source, separator, first, last)
  if last and (index_of(last) or 0) - (index_of(first) or 1) > MAX_MOVES then
    error("too many elements to join", 2)
  end
  return plain_concat(source, separator, first, last)
end

function safe_table.move(source, first, last, place, target)
  local count = (index_of(last) or 0) - (index_of(first) or 0)
  if count > MAX_MOVES or count < -MAX_MOVES then error("too many elements to move", 2) end
  return table.move(source, first, last, place, target)
end

local function library(source)
  local copied = {}
  for name, value in next, source do copied[name] = value end
  return copied
end

local function safe_type(...)
  if select("#", ...) > 0 and contents[(...)] then return "userdata" end
  return type(...)
end

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

local function log_print(...)
  local parts = pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]) end
  aerospike:log(3, table.concat(parts, "\t"))
end

local function logger(level)
  return function(form, ...) return aerospike:log(level, string_format(form, ...)) end
end

local function fresh_environment()
  local environment = {
    assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, pcall = pcall,
    rawequal = rawequal, rawget = rawget, rawlen = rawlen, rawset = rawset, select = select,
    tonumber = tonumber, tostring = tostring, getmetatable = getmetatable, _VERSION = _VERSION,
    type = safe_type, setmetatable = safe_setmetatable, xpcall = safe_xpcall,
    string = string, table = library(safe_table), math = library(math), utf8 = library(utf8),
    os = { clock = os.clock, time = os.time, date = os.date, difftime = os.difftime },
    list = list, map = map, bytes = bytes, record = record, print = log_print,
    collectgarbage = memory_in_use,
    aerospike = setmetatable({}, { __index = aerospike, __metatable = false }),
    trace = logger(4), debug = logger(3), info = logger(2), warn = logger(1),
  }
  environment._G = environment
  contents[environment.aerospike] = { kind = "aerospike" }
  local loaded = {}
  function environment.require(name)
    if loaded[name] ~= nil then return loaded[name] end
    local known = environment[name]
    if name ~= "_G" and name ~= "require" and type(known) == "table" then return known end
    local source, chunk_name = find_source(name)
    if not source then error("module '" .. tostring(name) .. "' not found", 2) end
    local chunk, problem = load(source, chunk_name, "t", environment)
    if not chunk then error(problem, 0) end
    loaded[name] = true
    local value = chunk(name)
    if value ~= nil then loaded[name] = value end
    return loaded[name]
  end
  return environment
end

-- The host's way in

local deadline, overdue = 0, false

local function tick()
  if overdue or clock() > deadline then
    overdue = true
    sethook(tick, "", 1) -- so that no pcall can swallow it
    error("UDF Execution Timeout", 0)
  end
end

local function guarded(limit, f, ...)
  deadline, overdue = clock() + limit, false
  sethook(tick, "", INSTRUCTIONS_PER_CHECK)
  local results = pack(pcall(f, ...))
  sethook()
  return unpack(results, 1, results.n)
end

local host = {
  make_list = make_list, make_map = make_map, make_bytes = make_bytes, make_opaque = make_opaque,
}

function host.check(source, chunk_name)
  local chunk, problem = load(source, chunk_name, "t", {})
  return chunk ~= nil, problem
end

function host.load(source, chunk_name, limit)
  local environment = fresh_environment()
  local chunk, problem = load(source, chunk_name, "t", environment)
  if not chunk then return nil, problem end
  local good, trouble = guarded(limit, chunk)
  if not good then return nil, trouble end
  return environment
end

function host.new_record(facts, names, values, n)
  local bins, old_bins, listed, old_names = {}, {}, {}, {}
  for i = 1, n do
    local name = names[i]
    bins[name], old_bins[name], listed[i], old_names[i] = hide(values[i]), hide(values[i]), name, name
  end
  local object = setmetatable({}, record_meta)
  contents[object] = {
    kind = "record", is_open = facts.exists, preexists = facts.exists, bins = bins, old_bins = old_bins,
    names = listed, old_names = old_names, changed = {}, cache = {}, dirty = {}, dirty_names = {},
    has_updates = false, result = 0, gen = facts.gen, ttl = facts.ttl, key = facts.key,
    setname = facts.setname, digest = facts.digest, last_update_time = facts.last_update_time,
    size = facts.size,
  }
  return object
end

function host.call(environment, name, object, arguments, n, limit, now)
  log_lines, aerospike.now = {}, now
  local f = rawget(environment, name)
  if f == nil then return false, "function not found" end
  local good, value = guarded(limit, f, object, unpack(arguments, 1, n))
  if good and not is_value(value) then value = nil end
  return good, value
end

-- What became of a record: its result code, whether it was written, the bins in order with
-- a mark at those that changed.
function host.outcome(object)
  local rec = contents[object]
  return rec.result, rec.has_updates, rec.names, #rec.names, rec.bins, rec.changed,
    rec.new_ttl, rec.key_dropped == true, log_lines
end

function host.inspect(value)
  if rawequal(value, NIL) then return "nil" end
  local inside = contents[value]
  if not inside then return "other" end
  if inside.kind == "list" then return "list", inside.items, inside.n end
  if inside.kind == "map" then return "map", inside.keys, inside.n, inside.values, inside.ordered end
  return inside.kind, inside.data, inside.particle
end

return host
