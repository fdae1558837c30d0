"""What the learning curves of a finished proof say about the proof itself."""
