
function del(rec) return aerospike:remove(rec) end
function delcreate(rec) local a=aerospike:remove(rec) rec.z=1 local b=aerospike:update(rec) return list{a,b,record.numbins(rec)} end
function create2(rec) rec.q=1 return aerospike:create(rec) end
function upd(rec) rec.q=1 return aerospike:update(rec) end
function rem(rec) return aerospike:remove(rec) end
function noupd(rec) return aerospike:update(rec) end
function badbin(rec) rec.x = function() end return aerospike:update(rec) end
function tabbin(rec) rec.x = {1,2} return aerospike:update(rec) end
function boolbin(rec) rec.x = true return aerospike:update(rec) end
function floatbin(rec) rec.x = 6/2 return aerospike:update(rec) end
function tabret(rec) return {1,2} end
function recret(rec) return rec end
function multi(rec) return 1,2 end
function lst(rec) local l=list{1,2,3} list.append(l,4) list.prepend(l,0) list.insert(l,2,9) list.remove(l,1) return l end
function lst2(rec) local l=list{1,2,3,4,5} list.trim(l,3) local d=list.drop(list{1,2,3},1) local t=list.take(list{1,2,3},2) list.concat(d,t) return list{l,d,t,list.merge(t,d),list.clone(t)} end
function lst3(rec) local l=list() l[3]="x" return l end
function lst4(rec) local l=list{1,2} l[3]=7 l[1]=nil return l end
function lst5(rec) local s=0 for v in list.iterator(list{1,2,3}) do s=s+v end return s + #list{1,2} end
function lst6(rec) return tostring(list{1,"a",list{2}}) end
function lst7(rec) local l=list{1} return list{l[0], l[5], l[-1]} end
function m1(rec) local m=map{a=1} m.b=2 m[3]="x" map.remove(m,"a") return m end
function m2(rec) return tostring(map{a=1}) end
function m3(rec) local m=map{a=1,b=2} local n=0 for k in map.keys(m) do n=n+1 end for v in map.values(m) do n=n+v end for k,v in map.pairs(m) do n=n+v end return n+map.size(m)+#m end
function m4(rec) return map.merge(map{a=1,b=2}, map{b=3,c=4}, function(x,y) return x+y end) end
function m5(rec) return map.diff(map{a=1,b=2}, map{b=3,c=4}) end
function m6(rec) return map.merge(map{a=1,b=2}, map{b=3,c=4}) end
function b1(rec) local b=bytes(4) b[1]=65 bytes.append_string(b,"xy") bytes.append_int16(b,258) bytes.append_byte(b,7) return b end
function b2(rec) local b=bytes() bytes.append_int32(b,1) bytes.append_int32_le(b,1) bytes.append_int64_be(b,-2) return list{b, bytes.size(b), bytes.get_int32(b,1), bytes.get_int32_le(b,5), bytes.get_int64(b,9), bytes.get_string(b,1,2), bytes.get_byte(b,4)} end
function b3(rec) local b=bytes(2) bytes.set_string(b,1,"AB") return tostring(b) end
function t1(rec) return type(list())..type(map())..type(bytes())..type(rec)..type(record)..type(aerospike)..type(list) end
function t2(rec) return tostring(rec) end
function r1(rec) return list{record.gen(rec), record.setname(rec), record.numbins(rec), record.ttl(rec)} end
function r2(rec) local n=record.bin_names(rec) local l=list() for i,v in ipairs(n) do list.append(l,v) end return l end
function r3(rec) return record.key(rec) end
function r4(rec) return list{record.size(rec), record.device_size(rec), record.memory_size(rec)} end
function r5(rec) return record.digest(rec) end
function r6(rec) return record.last_update_time(rec) > 0 end
function ex(rec) return list{aerospike:exists(rec)} end
function g1(rec) local l=list() for _,n in ipairs({"io","os","debug","load","loadfile","dofile","require","coroutine","utf8","package","xpcall","rawset","collectgarbage","print","string","math","table","getmetatable","newproxy","stream"}) do list.append(l, n.."="..type(_G[n])) end return l end
function e1(rec) error({1}) end
function e2(rec) error(nil) end
function e3(rec) error(42) end
function e4(rec) list.append(1,2) end
function e5(rec) local l=list() l.foo=1 return l end
function e6(rec) return list.size(nil) end
function e7(rec) return nil .. "x" end
function e8(rec) return string.rep("x",-1) end
function e9(rec) rec.a = rec.nope + 1 end
function f1(rec) info("hi %s", "x") warn("x") return 1 end
function keep(rec) rec.a=5 aerospike:update(rec) error("after") end
function modl(rec) local l=list{1} rec.l=l aerospike:update(rec) list.append(l,2) return 1 end
function modl2(rec) local l=rec.l list.append(l,5) return aerospike:update(rec) end
function nan(rec) rec.x=0/0 return aerospike:update(rec) end
function twice(rec) rec.x=1 aerospike:update(rec) rec.x=2 aerospike:update(rec) return record.gen(rec) end
function rmexists(rec) aerospike:remove(rec) return aerospike:exists(rec) end
function longs(rec) return string.rep("x", 100000) end
function strb(rec) return string.char(255,0,254) end
function intd(rec) return 7//2, 1 end
function fdiv(rec) return 7/2 end
function big(rec) return 2^53 end
function mkey(rec) local m=map() m[1.5]=1 return m end
function mnil(rec) local m=map() m[nil]=1 return m end
function mbool(rec) local m=map() m[true]=1 return m end
function mlist(rec) local m=map() m[list{1}]=1 return m end
function now(rec) return aerospike:get_current_time() > 0 end
function emptyname(rec) rec[""]=1 return aerospike:update(rec) end
function numname(rec) rec[1]=1 return aerospike:update(rec) end
function setttl(rec) return record.set_ttl(rec, -1) end
function dropkey(rec) record.drop_key(rec) return aerospike:update(rec) end
notfn = 5
