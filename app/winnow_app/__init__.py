"""The workbench: Streamlit pages over a `winnow.workspace.Workspace`."""
