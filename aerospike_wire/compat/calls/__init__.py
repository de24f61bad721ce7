"""The calls of the façade's client, one module for each family."""
