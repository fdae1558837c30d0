"""What Winnow's parts do in a second, in how much memory, and beside which peers: one file per benchmark."""
