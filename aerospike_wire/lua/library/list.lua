-- list: values by place, from 1.

local lib = ...
local contents, open, integer, is_value = lib.contents, lib.open, lib.integer, lib.is_value
local NIL, hide, show, written = lib.NIL, lib.hide, lib.show, lib.written
local type, next, select, error = type, next, select, error
local insert, remove, concat = table.insert, table.remove, table.concat

local list, meta = {}, { __metatable = false, __name = "List" }
local MAX_PLACE <const> = 0xFFFFFFFF

-- Room grows by steps; a list that was made with a step of 0 takes no more than its capacity.
local function make(items, n, capacity, step)
  for i = 1, n do
    if items[i] == nil then items[i] = NIL end
  end
  return lib.new(meta, { kind = "list", items = items, n = n, capacity = capacity or n, step = step or 10 })
end

lib.make_list = make

local function fits(inside, n)
  if n <= inside.capacity then return true end
  if inside.step == 0 then return false end
  inside.capacity = n
  return true
end

local function pad(inside, n)
  for gap = inside.n + 1, n do inside.items[gap] = NIL end
  if n > inside.n then inside.n = n end
end

-- A record is no element; what has no counterpart in the database is none either.
local function element(value) return is_value(value) and lib.kind_of(value) ~= "record" end

local function put_in(inside, i, value)
  if not element(value) or not fits(inside, (i > inside.n and i or inside.n + 1)) then return end
  pad(inside, i - 1)
  insert(inside.items, i, hide(value))
  inside.n = inside.n + 1
end

function meta.__index(object, key)
  local i = integer(key, 2, "index", 0) & MAX_PLACE
  return show(contents[object].items[i])
end

function meta.__newindex(object, key, value)
  local inside, i = contents[object], integer(key, 2, "newindex", 0) & MAX_PLACE
  if i == 0 or not element(value) or not fits(inside, i) then return end
  pad(inside, i)
  inside.items[i] = hide(value)
end

function meta.__len(object) return contents[object].n end

local function text_of(inside)
  local parts = {}
  for i = 1, inside.n do parts[i] = written(inside.items[i]) or "<NULL>" end
  return "[" .. concat(parts, ", ") .. "]"
end

function meta.__tostring(object) return text_of(contents[object]) end
function list.tostring(l) return text_of(open(l, "list", "tostring")) end

function list.new(...)
  local n = select("#", ...)
  if n < 1 or n > 2 then return end
  local capacity, step = ...
  capacity = integer(capacity, 1, "new", -1)
  if capacity < 0 then return end
  step = integer(step, 2, "new", 10)
  if step < 0 then return end
  return make({}, 0, capacity, step)
end

list.create = list.new

function list.size(l) return open(l, "list", "size").n end

function list.append(l, value)
  local inside = open(l, "list", "append")
  put_in(inside, inside.n + 1, value)
end

function list.prepend(l, value) put_in(open(l, "list", "prepend"), 1, value) end

function list.insert(l, i, value)
  local inside = open(l, "list", "insert")
  i = integer(i, 2, "insert", 0)
  if i > 0 then put_in(inside, ((i - 1) & MAX_PLACE) + 1, value) end
end

function list.remove(l, i)
  local inside = open(l, "list", "remove")
  i = integer(i, 2, "remove", 0)
  if i >= 1 and i <= inside.n then
    remove(inside.items, i)
    inside.n = inside.n - 1
  end
end

function list.trim(l, i)
  local inside = open(l, "list", "trim")
  i = integer(i, 2, "trim", 0)
  if i < 1 then return end
  for place = inside.n, i, -1 do
    inside.items[place] = nil
    inside.n = place - 1
  end
end

local function slice(inside, first, last)
  local items, n = {}, 0
  for i = first, last > inside.n and inside.n or last do
    n = n + 1
    items[n] = inside.items[i]
  end
  return make(items, n, n, inside.step)
end

function list.take(l, n)
  local inside = open(l, "list", "take")
  n = integer(n, 2, "take", 0)
  if n > 0 then return slice(inside, 1, n) end
  return nil
end

function list.drop(l, n)
  local inside = open(l, "list", "drop")
  n = integer(n, 2, "drop", 0)
  if n > 0 then return slice(inside, n + 1, inside.n) end
  return nil
end

function list.concat(l, other)
  local inside, more = open(l, "list", "concat"), open(other, "list", "concat", 2)
  local count = more.n
  if not fits(inside, inside.n + count) then return end
  for i = 1, count do inside.items[inside.n + i] = more.items[i] end
  inside.n = inside.n + count
end

-- Elements up to the first nil: an iterator ends there.
local function shown(inside, items)
  local n = #items
  for i = 1, inside.n do
    if inside.items[i] == NIL then break end
    items[n + i] = inside.items[i]
  end
  return items
end

function list.clone(l)
  lib.refuse_at(6, "iterator", l, "list")
  local items = shown(contents[l], {})
  return make(items, #items)
end

function list.merge(l, other)
  lib.refuse_at(13, "iterator", l, "list")
  lib.refuse_at(16, "iterator", other, "list")
  local items = shown(contents[other], shown(contents[l], {}))
  return make(items, #items)
end

function list.iterator(l)
  local inside, i = open(l, "list", "iterator"), 0
  return lib.iterator(function()
    i = i + 1
    if i <= inside.n then return show(inside.items[i]) end
  end)
end

function list.nbytes(l)
  open(l, "list", "nbytes")
  return lib.packed_size(l) or error("not enough memory", 0)
end

local function of(source)
  local items, n = {}, 0
  if type(source) == "table" and not contents[source] then
    for key, value in next, source do
      if type(key) == "number" then
        n = n + 1
        items[n] = NIL
        if is_value(value) then items[n] = hide(value) end
      end
    end
  end
  return make(items, n)
end

lib.list = setmetatable(list, { __metatable = false, __call = function(_, ...) return of(select("#", ...) == 1 and ... or nil) end })
