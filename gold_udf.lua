-- test functions for the golden transcripts
function add(rec, bin, n)
  rec[bin] = (rec[bin] or 0) + n
  if aerospike:exists(rec) then aerospike:update(rec) else aerospike:create(rec) end
  return rec[bin]
end
function echo(rec, v) return v end
function echo2(rec, v, w) return list { v, w } end
function nothing(rec) end
function boom(rec) error("boom went the udf") end
function boom0(rec) error("plain text", 0) end
function nilcall(rec) local x = nil; return x.y end
function ismap(rec) local m = map(); m["a"] = 1; m["l"] = list { 1, 2, "x" }; return m end
function getgen(rec) return record.gen(rec) end
function del(rec) return aerospike:remove(rec) end
function setbin(rec, bin, v) rec[bin] = v; aerospike:update(rec); return 0 end
function badret(rec) return function() end end
function settl(rec, n) record.set_ttl(rec, n); return aerospike:update(rec) end
