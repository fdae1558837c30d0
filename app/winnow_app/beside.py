"""What the server has beside the pages: the API, the way to log in, the gate, and words for failures of buttons."""

from __future__ import annotations

import logging

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from winnow.api.gate import Gate
from winnow.api.scope import Served
from winnow.api.server import server_routes
from winnow.errors import WinnowError
from winnow_app import identity
from winnow_app.opened import workspace
from winnow_app.parts.highlight import plain


def routes() -> list[BaseRoute]:
    """Return the routes beside Streamlit's own."""
    return server_routes(Served(workspace, identity.visitors()))


def gates() -> list[Middleware]:
    """Return what every request goes through first."""
    return [Middleware(Gate, visitors=identity.visitors())]


def failed(reason: Exception) -> bool:
    """Show a failure of a button, which runs before its page does, as words; its traceback goes to the log."""
    if isinstance(reason, WinnowError):
        st.error(f"**{plain(reason.needs)}**  \n{plain(reason.found)}", icon=":material/error:")
        st.caption(f"What helps: {plain(reason.fix)}" if reason.fix else "")
        return True
    logging.getLogger("winnow").error("a button failed", exc_info=reason)
    st.error(f"Something unexpected happened: {type(reason).__name__}. The log of the server tells more.")
    return True
