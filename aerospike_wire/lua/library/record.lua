-- record and aerospike: what a function can do with the record that it is called for.
--
-- Bins come from the host when they are first read. What is assigned waits in a cache until
-- aerospike:create or aerospike:update writes it.

local lib = ...
local contents, open, integer, is_value = lib.contents, lib.open, lib.integer, lib.is_value
local NIL, hide, show = lib.NIL, lib.hide, lib.show
local type, error, rawequal, ipairs, tostring = type, error, rawequal, ipairs, lib.tostring
local insert, remove = table.insert, table.remove

local MAX_BIN_NAME <const> = 15
local MAX_BINS <const> = 512
local MAX_UPDATES <const> = 1024
local INCOMPATIBLE_TYPE <const>, BIN_NAME <const> = 12, 21 -- result codes
local MAX_LOG_LINES <const> = 1000
local MAX_U32 <const> = 0xFFFFFFFF

local record, aerospike = {}, {}
local meta = { __metatable = false, __name = "Record" }

lib.log_lines, lib.now = {}, 0

local function bin_name(name, place, method)
  if type(name) == "number" then name = tostring(name) end
  if name == nil then return nil end
  if type(name) ~= "string" then lib.bad_argument(2, place, method, "string expected, got " .. lib.name_of(name)) end
  name = lib.text(name)
  return #name <= MAX_BIN_NAME and name or nil
end

-- The cache holds what was read and what was assigned, up to a number of entries.
local function remember(rec, name, value, dirty)
  if rec.too_many then return end
  if rec.cache[name] == nil then
    if #rec.cached >= MAX_UPDATES then
      rec.too_many = true
      return
    end
    insert(rec.cached, name)
  end
  rec.cache[name] = value
  rec.dirty[name] = dirty
end

function meta.__index(object, name)
  local rec = contents[object]
  name = bin_name(name, 2, "index")
  if not name then return nil end
  local cached = rec.cache[name]
  if cached ~= nil then return show(cached) end
  if not rec.is_open or rec.bins[name] == nil then return nil end
  local value = rec.fetch(name)
  if value ~= nil then remember(rec, name, value, false) end
  return show(value)
end

function meta.__newindex(object, name, value)
  local rec, given = contents[object], name
  name = bin_name(name, 2, "newindex")
  if not is_value(value) and given ~= nil then
    error("can't set bin " .. given .. " to unsupported type", 2)
  end
  if not name then return end
  -- In a stream a record can be read only.
  if not rec.read_only then remember(rec, name, hide(value), true) end
end

local function restore(rec, code)
  rec.result, rec.has_updates = code, false
  rec.names, rec.bins = {}, {}
  for i, name in ipairs(rec.old_names) do
    rec.names[i], rec.bins[name] = name, true
  end
  rec.changed, rec.cache, rec.cached, rec.dirty, rec.too_many = {}, {}, {}, {}, false
end

-- The last bin moves into the place of one that goes.
local function forget_bin(rec, name)
  if rec.bins[name] == nil then return end
  rec.bins[name], rec.changed[name] = nil, nil
  local last = remove(rec.names)
  for i, other in ipairs(rec.names) do
    if other == name then rec.names[i] = last end
  end
end

-- What is stored is a copy: later changes to the value do not reach it.
local function store(rec, name, value)
  local copied, good = lib.copied(value)
  if not good then return INCOMPATIBLE_TYPE end
  if rec.bins[name] == nil then
    if #rec.names >= MAX_BINS then return BIN_NAME end
    insert(rec.names, name)
    rec.bins[name] = true
  end
  rec.changed[name] = copied
  return 0
end

local function flush(rec)
  if rec.too_many then
    restore(rec, BIN_NAME)
    return -1
  end
  local kept = {}
  for _, name in ipairs(rec.cached) do
    local value = rec.cache[name]
    if rec.dirty[name] and rawequal(value, NIL) then
      forget_bin(rec, name)
      rec.cache[name], rec.dirty[name] = nil, nil
    else
      local code = rec.dirty[name] and store(rec, name, value) or 0
      if code ~= 0 then
        restore(rec, code)
        return -1
      end
      rec.dirty[name] = false
      insert(kept, name)
    end
  end
  rec.cached, rec.result, rec.has_updates = kept, 0, true
  return 0
end

-- aerospike

local function owner(self, name, level)
  if lib.kind_of(self) == "aerospike" then return end
  local wanted = lib.kind_of(self) and "Aerospike" or "userdata"
  lib.bad_argument(level or 2, 1, name, wanted .. " expected, got " .. lib.name_of(self))
end

local function subject(self, object, name)
  owner(self, name, 3)
  local rec = object ~= nil and contents[object]
  if not rec or rec.kind ~= "record" then
    lib.bad_argument(2, 2, name, "Record expected, got " .. lib.name_of(object))
  end
  return rec
end

function aerospike.exists(self, object)
  local rec = subject(self, object, "exists")
  return rec.is_open
end

function aerospike.create(self, object)
  local rec = subject(self, object, "create")
  if rec.read_only then return 1 end
  if rec.is_open and #rec.names > 0 then return 1 end
  local created = not rec.is_open
  local result = flush(rec)
  if result == 0 and created then rec.is_open = true end
  return result
end

function aerospike.update(self, object)
  local rec = subject(self, object, "update")
  if rec.read_only then return 1 end
  if not rec.is_open then return -2 end
  return flush(rec)
end

function aerospike.remove(self, object)
  local rec = subject(self, object, "remove")
  if rec.read_only or not rec.is_open then return 1 end
  rec.cache, rec.cached, rec.dirty, rec.too_many = {}, {}, {}, false
  for _, name in ipairs(rec.names) do remember(rec, name, NIL, true) end
  return flush(rec)
end

function lib.write_log(level, text)
  if #lib.log_lines < MAX_LOG_LINES then insert(lib.log_lines, { level, text }) end
end

function aerospike.log(self, level, message)
  owner(self, "log")
  level = integer(level, 2, "log", 0)
  if message ~= nil then lib.write_log(level, tostring(message)) end
end

function aerospike.get_current_time(self)
  owner(self, "get_current_time")
  return lib.now
end

-- Nodes know these two and do nothing.
function aerospike.set_context(self, object)
  subject(self, object, "set_context")
  return 2
end

function aerospike.get_config(self, object)
  subject(self, object, "get_config")
  return 0
end

lib.aerospike = aerospike

-- record

local function fact(name, absent)
  return function(object)
    local rec = open(object, "record", name)
    if not rec.is_open then return absent end
    local value = rec.facts[name]
    if value == nil then return absent end
    return value
  end
end

record.gen, record.ttl = fact("gen", 0), fact("ttl", 0)
record.setname, record.key = fact("setname", nil), fact("key", nil)
record.last_update_time = fact("last_update_time", 0)
record.size, record.memory_size = fact("size", 0), fact("memory_size", 0)

function record.device_size(object)
  open(object, "record", "device_size")
  return 0
end

function record.digest(object) return lib.make_bytes(open(object, "record", "digest").facts.digest) end

function record.numbins(object)
  local rec = open(object, "record", "numbins")
  return rec.is_open and #rec.names or 0
end

function record.bin_names(object)
  local rec = open(object, "record", "bin_names")
  if not rec.is_open then error("can't get bin names", 2) end
  local names = {}
  for i, name in ipairs(rec.names) do names[i] = name end
  return names
end

function record.set_ttl(object, ttl)
  local rec = open(object, "record", "set_ttl")
  rec.new_ttl = integer(ttl, 2, "set_ttl", 0) & MAX_U32
end

function record.drop_key(object)
  local rec = open(object, "record", "drop_key")
  if rec.is_open and not rec.read_only then rec.key_dropped, rec.facts.key = true, nil end
end

meta.__len = lib.cannot("get length of")

lib.record = record

-- A record as the host describes it: facts, the names of its bins, and a function that
-- returns the value of a bin.
function lib.make_record(facts, names, n, fetch, read_only)
  local listed, old_names, bins = {}, {}, {}
  for i = 1, n do listed[i], old_names[i], bins[names[i]] = names[i], names[i], true end
  return lib.new(meta, {
    kind = "record", facts = facts, is_open = facts.exists, names = listed, old_names = old_names, bins = bins,
    fetch = fetch, read_only = read_only, changed = {}, cache = {}, cached = {}, dirty = {}, too_many = false,
    has_updates = false, result = 0,
  })
end
