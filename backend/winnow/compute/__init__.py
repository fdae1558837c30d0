"""Where work runs: the same function over the same shards, on this machine or on many."""
