"""The page Streamlit runs. It stands alone in its folder, which Streamlit puts first on the import path."""

from winnow_app.shell import open_workbench

open_workbench()
