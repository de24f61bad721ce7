function f(rec)
  this is not lua
end
