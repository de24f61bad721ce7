"""Transactions as an Enterprise node has them in strongly consistent namespaces (protocol section 10)."""
