"""The parts of Prove beside proofs: ladders of models, which groups help which, and selection in rounds."""

from winnow_app.parts.lab.ladders import ladder_tab
from winnow_app.parts.lab.rounds import rounds_tab
from winnow_app.parts.lab.skill_graphs import skills_tab

__all__ = ["ladder_tab", "rounds_tab", "skills_tab"]
