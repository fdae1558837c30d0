"""Small language models in plain torch: how text becomes tokens, a decoder, and what a decoder thinks of text."""
