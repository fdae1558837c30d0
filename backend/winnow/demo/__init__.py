"""The demo corpus: documents written for this project and the documentation of the installed Python packages."""

from winnow.demo.assemble import TOTAL, Progress, build
from winnow.demo.installed import Installed

__all__ = ["TOTAL", "Installed", "Progress", "build"]
