"""Labels as data: files of them, and how far people agree."""
