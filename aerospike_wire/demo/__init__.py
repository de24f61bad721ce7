"""The demonstration: every exception, provoked by a call of each client over a real socket."""
