"""The parts of Learn: what a rater learns from, and its card."""

from winnow_app.parts.learning.evidence_form import Evidence, evidence_form
from winnow_app.parts.learning.rater_card import rater_card

__all__ = ["Evidence", "evidence_form", "rater_card"]
