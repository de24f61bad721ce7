"""An Aerospike node in memory, speaking the real wire protocol, with faults on request."""
