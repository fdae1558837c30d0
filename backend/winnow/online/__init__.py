"""Methods that decide while a model trains what it reads next, and how much each piece counts."""
