local function one(rec) return 1 end
local function val(rec) return rec['i'] or 0 end
local function sum(x, y) return x + y end
local function big(rec) return (rec['i'] or 0) >= 5 end
function count(stream) return stream : map(one) : reduce(sum) end
function total(stream) return stream : filter(big) : map(val) : reduce(sum) end
function rows(stream) return stream : map(val) end
function groups(stream)
  local function g(m, rec) local k = rec['s'] or 'none'; m[k] = (m[k] or 0) + 1; return m end
  local function mg(x, y) return map.merge(x, y, function(p, q) return p + q end) end
  return stream : aggregate(map(), g) : reduce(mg)
end
function fails(stream) return stream : map(function(r) error("agg boom") end) end
