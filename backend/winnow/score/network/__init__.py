"""Networks that scorers read texts with, in a folder of their own: looking for scorers must not load torch."""
