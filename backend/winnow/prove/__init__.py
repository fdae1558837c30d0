"""Whether a selection helps: small models trained on it and on random controls, compared with intervals."""
