"""The facet panel: every column with its histogram or its values, filtered by clicks and by dragging over bars."""

from winnow_app.parts.facets.panel import facet_panel

__all__ = ["facet_panel"]
