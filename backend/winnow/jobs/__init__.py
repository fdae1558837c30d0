"""The verbs at work: each file reads from the catalog, runs plug-ins over shards and publishes what they made."""
