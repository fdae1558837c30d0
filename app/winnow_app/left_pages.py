"""Timers of a page that somebody has left: what they still ask for is let go."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

Run = Callable[[ScriptRunner, RerunData], None]


def let_go() -> None:
    """Make Streamlit skip the refresh of a fragment whose page is no longer shown.

    A timer that rings while `st.switch_page` turns to another page waits until that page is drawn, and then runs under
    the old page's name: the browser takes this for one more change of pages and empties the new one. A Streamlit that
    is built otherwise is left as it is.
    """
    if hasattr(ScriptRunner, "_run_script"):
        ScriptRunner._run_script = _on_its_page(ScriptRunner._run_script)  # type: ignore[assignment, method-assign]


def _on_its_page(run: Run) -> Run:
    def guarded(runner: ScriptRunner, asked: RerunData) -> None:
        try:
            left = bool(asked.fragment_id_queue) and asked.page_script_hash != (
                runner._pages_manager.current_page_script_hash
            )
        except AttributeError:
            left = False
        if not left:
            run(runner, asked)

    return guarded
