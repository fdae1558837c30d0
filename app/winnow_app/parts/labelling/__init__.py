"""The parts of Label: the task, the desk, review, figures, files."""

from winnow_app.parts.labelling.desk import label_desk
from winnow_app.parts.labelling.figures import figures
from winnow_app.parts.labelling.files import files
from winnow_app.parts.labelling.review import review
from winnow_app.parts.labelling.task import Task, choose_task, filter_panel

__all__ = ["Task", "choose_task", "figures", "files", "filter_panel", "label_desk", "review"]
