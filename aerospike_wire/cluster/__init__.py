"""The nodes of a cluster, who holds which partition, and which node gets a request."""
