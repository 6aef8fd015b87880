"""The warm process itself: it imports everything once, then forks on request.

It only imports and reads tables. Whatever starts a thread must not run in it, for a fork copies one thread only and
every lock as it is.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import warnings

from .forking import count_threads, fork_here

STACK = (
    "numpy.random", "pandas", "scipy.interpolate", "scipy.optimize", "scipy.stats", "xarray", "matplotlib.pyplot",
    "matplotlib.backends.backend_agg", "seaborn", "PIL.PngImagePlugin", "IPython.core.completer", "ipykernel.ipkernel",
    "ipykernel.kernelapp", "ipykernel.debugger", "papermill", "nbclient", "nbconvert.exporters.html",
    "matplotlib_inline.config",
)  # fmt: skip
OURS = ("yilaolib.reports.labels", "yilaolib.reports.story", "yilaolib.reports.engine", "yilaolib.reports.pool")
THEIRS = ("dask.array",)  # xarray imports it where it is installed, at its first sum
MORE = "YILAO_WARM_IMPORTS"  # names of modules of a user's own, separated by commas


def serve() -> None:
    """Import everything, then fork on request until whoever started this process is gone."""
    control = socket.socket(fileno=int(sys.argv[2]))
    reason = _get_warm()
    with contextlib.suppress(OSError):
        control.send((reason or "ready").encode())
    children: dict[int, socket.socket] = {}
    woken, waker = socket.socketpair()
    woken.setblocking(False)
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    retired = False
    while children or not retired:
        ready, _, _ = select.select([control, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            _tell_ends(children)
        if control in ready:
            data, numbers, _, _ = socket.recv_fds(control, 1 << 20, 8)
            if not data:
                break
            asked = json.loads(data)
            if asked["role"] == "rehearsal":
                _rehearse(asked["area"], asked["root"])
            retired = retired or asked["role"] == "retirement"
            if not numbers:
                continue
            life, *sockets = (socket.socket(fileno=number) for number in numbers)
            close = [control, woken, waker, life, *children.values()]
            child = fork_here(asked, sockets, close)
            with contextlib.suppress(OSError):
                life.send(str(child.pid).encode())
            children[child.pid] = life
            for sock in sockets:
                sock.close()
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    os._exit(0)


def _rehearse(area: str, root: str | None) -> None:
    """Compute one report's numbers, so that all children have what does not depend on the area."""
    from ..tables import schema as uses

    brief = importlib.import_module(f"{__package__}.brief")
    with warnings.catch_warnings(), contextlib.suppress(Exception):  # its own report will tell what is wrong
        warnings.simplefilter("ignore")
        brief.city_brief(area, root=root)
    uses.forget(area)
    gc.collect()
    gc.freeze()


def _tell_ends(children: dict[int, socket.socket]) -> None:
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            life = children.pop(pid)
            with contextlib.suppress(OSError):
                life.send(str(os.waitstatus_to_exitcode(status)).encode())
            life.close()


def _get_warm() -> str:
    """Import the stack; return why no fork is safe afterwards, or an empty text."""
    from .kernel import INLINE

    os.environ["MPLBACKEND"] = INLINE  # matplotlib reads it when it is imported
    own = [name for name in os.environ.get(MORE, "").split(",") if name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module(f"{__package__}.quick")
        for name in STACK:
            importlib.import_module(name)
        for name in (*OURS, *THEIRS, *own):
            with contextlib.suppress(Exception):  # whoever needs it will meet the error, with a traceback
                importlib.import_module(name)
        from PIL import Image

        import yilaolib

        for name in dir(yilaolib):
            getattr(yilaolib, name)  # they are imported when they are first asked for
        Image.preinit()
        from ..plots import style
        from ..tables import areas as data
        from ..tables import folders
        from . import page

        style.register_fonts()
        page.page_templates().get_template("piece.html.j2")
        for name in data.list_tables():
            with contextlib.suppress(Exception):  # a broken table is the notebook's to tell
                folders.quiet_table(name)
    gc.collect()
    gc.freeze()  # a collection in a child would otherwise copy every page of it
    return count_threads()
