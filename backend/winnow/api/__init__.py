"""The HTTP API beside the app: the workspace's verbs under /api/v1, and the door that both stand behind."""
