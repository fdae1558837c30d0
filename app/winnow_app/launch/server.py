"""What `winnow app` serves: the pages with /api/v1 beside them, behind one gate.

It stands alone in its folder, which Streamlit puts first on the import path and in which it looks for `app`.
"""

import streamlit as st

from winnow_app.beside import failed, gates, routes
from winnow_app.left_pages import let_go

let_go()
app = st.App("main.py", routes=routes(), middleware=gates(), on_script_error=failed)
