"""What tells selections apart: pure measures of overlap, divergence, diversity and length bias."""
