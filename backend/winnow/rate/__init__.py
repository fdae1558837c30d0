"""Raters: heads on stored vectors, fitted in the workbench from labels, pairs, references and judgements."""
