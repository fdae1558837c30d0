"""Personal data and secrets in texts: what each kind looks like, and where it stands."""
