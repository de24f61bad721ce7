-- map: values by integer, text or bytes, in the order of their keys.

local lib = ...
local contents, open, integer, is_value = lib.contents, lib.open, lib.integer, lib.is_value
local NIL, hide, show, written, kind_of, text = lib.NIL, lib.hide, lib.show, lib.written, lib.kind_of, lib.text
local type, next, select, ipairs, math_type, error, tonumber = type, next, select, ipairs, math.type, error, tonumber
local sort, concat, remove = table.sort, table.concat, table.remove

local map, meta = {}, { __metatable = false, __name = "Map" }
local PLAIN_BLOB <const> = 4
local CANNOT_BE_INDEXED <const> = { ["nil"] = true, ["function"] = true, number = true, boolean = true }

-- The key under which a value is kept; nil if it can be none.
local function id_of(key)
  if math_type(key) == "integer" then return key end
  if type(key) == "string" then return "s" .. text(key) end
  local inside = key ~= nil and contents[key]
  if inside and inside.kind == "bytes" and inside.particle == PLAIN_BLOB then return "b" .. inside.data end
  return nil
end

local function before(one, other)
  local left, right = type(one), type(other)
  if left ~= right then return left == "number" end
  if left == "number" then return one < other end
  local a, b = one:sub(1, 1), other:sub(1, 1)
  if a ~= b then return a == "s" end
  return lib.less(one, other)
end

-- The ids in order. They are sorted when somebody looks, after keys were added.
local function ordered(inside)
  if inside.unsorted then
    sort(inside.order, before)
    inside.unsorted = false
  end
  return inside.order
end

local function set(inside, key, value)
  local id = id_of(key)
  if id == nil then return end
  if inside.values[id] == nil then
    local n = #inside.order
    if n > 0 and not inside.unsorted and before(id, inside.order[n]) then inside.unsorted = true end
    inside.order[n + 1] = id
  end
  if type(key) == "string" then key = text(key) end
  inside.keys[id], inside.values[id] = key, hide(value)
end

local function drop(inside, key)
  local id = id_of(key)
  if id == nil or inside.values[id] == nil then return end
  inside.keys[id], inside.values[id] = nil, nil
  local order = inside.order
  for i = 1, #order do
    if order[i] == id then
      remove(order, i)
      return
    end
  end
end

-- A map that came out of a bin in which it is kept in order says so when it goes back.
local function make(keys, values, n, is_ordered)
  local inside = { kind = "map", order = {}, keys = {}, values = {}, unsorted = false, is_ordered = is_ordered }
  for i = 1, n do set(inside, keys[i], show(values[i])) end
  return lib.new(meta, inside)
end

lib.make_map = make

function lib.map_parts(inside)
  local keys, values = {}, {}
  local order = ordered(inside)
  for i = 1, #order do keys[i], values[i] = inside.keys[order[i]], inside.values[order[i]] end
  return keys, values, #order
end

local function get(inside, key)
  local id = id_of(key)
  if id == nil then return nil end
  return show(inside.values[id])
end

function meta.__index(object, key) return get(contents[object], key) end

function meta.__newindex(object, key, value)
  local inside = contents[object]
  if not is_value(value) then
    drop(inside, key)
  elseif kind_of(value) ~= "record" then
    set(inside, key, value)
  end
end

function meta.__len(object) return #contents[object].order end

local function text_of(inside)
  local parts = {}
  for i, id in ipairs(ordered(inside)) do
    local key, value = written(inside.keys[id]), written(inside.values[id])
    if not key or not value then break end
    parts[i] = key .. ":" .. value
  end
  return "{" .. concat(parts, ", ") .. "}"
end

function meta.__tostring(object) return text_of(contents[object]) end
function map.tostring(m) return text_of(open(m, "map", "tostring")) end

function map.new(...)
  if select("#", ...) ~= 1 then return end
  if integer((...), 1, "new", 0) < 1 then return end
  return make({}, {}, 0)
end

map.create = map.new

function map.size(m) return #open(m, "map", "size").order end
function map.remove(m, key) drop(open(m, "map", "remove"), key) end

-- An iterator goes by place through the map as it is at each step.
local function walk(inside, pick)
  local i = 0
  return lib.iterator(function()
    i = i + 1
    local id = ordered(inside)[i]
    if id ~= nil then return pick(inside.keys[id], show(inside.values[id])) end
  end)
end

local function first(key) return key end
local function second(_, value) return value end
local function both(key, value) return key, value end

function map.keys(m) return walk(open(m, "map", "keys"), first) end
function map.values(m) return walk(open(m, "map", "values"), second) end
function map.pairs(m) return walk(open(m, "map", "pairs"), both) end
function map.iterator(m) return walk(open(m, "map", "iterator"), both) end

local function copied(inside, made)
  for _, id in ipairs(ordered(inside)) do
    if inside.values[id] ~= NIL then set(made, inside.keys[id], inside.values[id]) end
  end
end

local function fresh()
  local object = make({}, {}, 0)
  return object, contents[object]
end

function map.clone(m)
  lib.refuse_at(47, "pairs", m, "map")
  local object, made = fresh()
  copied(contents[m], made)
  return object
end

function map.merge(m, other, join)
  lib.refuse_at(23, "pairs", m, "map")
  lib.refuse_at(26, "pairs", other, "map")
  local mine, theirs = contents[m], contents[other]
  local object, made = fresh()
  copied(mine, made)
  for _, id in ipairs(ordered(theirs)) do
    local key, value = theirs.keys[id], show(theirs.values[id])
    local joined = made.values[id] and show(made.values[id]) and join and type(join) == "function"
      and join(get(mine, key), value)
    value = joined or value
    if value ~= nil then set(made, key, value) end
  end
  return object
end

function map.diff(m, other)
  lib.refuse_at(33, "pairs", m, "map")
  if CANNOT_BE_INDEXED[type(other)] and #contents[m].order > 0 then
    error("[string \"as.lua\"]:34: attempt to index a " .. type(other) .. " value (local 'm2')", 0)
  end
  if kind_of(other) == "geojson" and #contents[m].order > 0 then
    error("[string \"as.lua\"]:34: attempt to index a GeoJSON value (local 'm2')", 0)
  end
  local places = (kind_of(other) == "list" or kind_of(other) == "bytes") and ordered(contents[m]) or {}
  for i = 1, #places do
    local key = contents[m].keys[places[i]]
    if not tonumber(key) then
      error("[string \"as.lua\"]:34: bad argument #2 to 'index' (number expected, got " .. lib.name_of(key) .. ")", 0)
    end
  end
  lib.refuse_at(38, "pairs", other, "map")
  local mine, theirs = contents[m], contents[other]
  local object, made = fresh()
  for _, pair in ipairs({ { mine, theirs }, { theirs, mine } }) do
    for _, id in ipairs(ordered(pair[1])) do
      local value = pair[1].values[id]
      if not get(pair[2], pair[1].keys[id]) and value ~= NIL then set(made, pair[1].keys[id], value) end
    end
  end
  return object
end

function map.nbytes(m)
  open(m, "map", "nbytes")
  return lib.packed_size(m) or error("not enough memory", 0)
end

local function of(source)
  local object, made = fresh()
  if type(source) == "table" and not contents[source] then
    for key, value in next, source do
      if is_value(value) then set(made, key, value) end
    end
  end
  return object
end

lib.map = setmetatable(map, {
  __metatable = false,
  __call = function(_, source, capacity)
    integer(capacity, 3, "map", 0)
    return of(source)
  end,
})
