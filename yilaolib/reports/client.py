"""A forked notebook process as papermill's client sees it: a kernel like any other, with a deadline and an obituary."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
import uuid

import nbformat
from jupyter_client.jsonutil import parse_date
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient

from .forking import Forked
from .warm import fork_kernel
from .wire import AsyncLine, socket_pair

# isort: split

GRACE = 5.0  # [s] for the traceback of an interrupted cell


class Kernel:
    """A forked notebook process, as nbclient wants its kernel manager and its kernel client: both in one."""

    has_kernel, ipykernel, allow_stdin, parent = True, False, False, None

    def __init__(self, memory_mb: int | None = None):
        (shell, their_shell), (iopub, their_iopub) = socket_pair(), socket_pair()
        try:
            self.process: Forked = fork_kernel(their_shell, their_iopub, memory_mb)
        except BaseException:
            shell.close()
            iopub.close()
            raise
        finally:
            their_shell.close()
            their_iopub.close()
        self.shell, self.iopub = AsyncLine(shell), AsyncLine(iopub)
        self.shell_channel, self.iopub_channel = _Replies(self), _Outputs(self)
        self.session = uuid.uuid4().hex

    def client(self) -> Kernel:
        return self

    def start_channels(self) -> None:
        """They are there from the start."""

    stop_channels = cleanup_resources = start_channels

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Nothing to wait for: the first request is answered as soon as there is somebody."""

    async def is_alive(self) -> bool:
        """Asked once a second; the end of the channel tells sooner, and with a reason."""
        return True

    async def interrupt_kernel(self) -> None:
        self.process.kill(signal.SIGINT)

    async def shutdown_kernel(self, now: bool = False) -> None:
        self.end(graceful=not now)

    def kernel_info(self) -> str:
        return self._ask("kernel_info_request", {})

    def execute(self, code: str, silent=False, store_history=True, user_expressions=None, allow_stdin=None, **more):
        content = {"code": code, "silent": silent, "store_history": store_history, "allow_stdin": False, **more}
        return self._ask("execute_request", content | {"user_expressions": user_expressions or {}})

    def _ask(self, kind: str, content: dict) -> str:
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self.session, "username": ""}
        header["version"] = "5.4"
        self.shell.put({"header": header, "parent_header": {}, "metadata": {}, "content": content})
        return header["msg_id"]

    def end(self, graceful: bool = False) -> None:
        """End the process: at once, or after its exit handlers have run."""
        if graceful and self.process.poll() is None:
            self._ask("shutdown_request", {})
            self.process.poll(wait=GRACE)
        self.process.end()
        self.shell.close()
        self.iopub.close()

    def obituary(self) -> str:
        """Say how the process ended."""
        code = self.process.poll(wait=1.0)
        if code is None or code >= 0:
            return f"The notebook ended its own process (exit code {code})."
        name = signal.Signals(-code).name
        hint = "; the machine may have run out of memory" if -code == signal.SIGKILL else ""
        return f"The process of the notebook was ended by {name}{hint}."


class _Channel:
    def __init__(self, kernel: Kernel):
        self.kernel = kernel

    @staticmethod
    def _restored(message: dict) -> dict:
        message["header"]["date"] = parse_date(message["header"].get("date"))
        return message


class _Replies(_Channel):
    async def get_msg(self, timeout: float | None = None) -> dict:
        try:
            return self._restored(await self.kernel.shell.get(timeout))
        except EOFError:
            for _ in range(100):  # what the notebook put out before it ended is recorded first
                if self.kernel.iopub.closed:
                    break
                await asyncio.sleep(0.01)
            raise DeadKernelError(self.kernel.obituary()) from None


class _Outputs(_Channel):
    async def get_msg(self, timeout: float | None = None) -> dict:
        try:
            return self._restored(await self.kernel.iopub.get(timeout))
        except EOFError:
            await asyncio.sleep(1.0)  # time for the other channel to tell it, unless it had its reply
            raise DeadKernelError(self.kernel.obituary()) from None


class ForkedClient(PapermillNotebookClient):
    """papermill's client with a deadline for the whole notebook, and tracebacks of what was interrupted."""

    end_by: float | None = None
    for_report = False  # then the notebook's metadata say what it has read

    def _get_timeout(self, cell):
        timeout = super()._get_timeout(cell)
        if self.end_by is None:
            return timeout
        left = max(0.1, self.end_by - time.monotonic())
        return min(timeout, left) if timeout else left

    async def _async_handle_timeout(self, timeout, cell=None):
        if self.interrupt_on_timeout or cell is None:
            return await super()._async_handle_timeout(timeout, cell)
        await self.km.interrupt_kernel()
        with contextlib.suppress(Exception):  # no answer: it will be killed
            await self.kc.shell_channel.get_msg(timeout=GRACE)
            await asyncio.sleep(0.2)  # the traceback comes on the other channel
        cell.metadata.papermill["exception"], cell.metadata.papermill["status"] = True, "failed"
        raise CellTimeoutError.error_from_timeout_and_cell("Cell execution timed out", round(timeout, 1), cell)

    async def _check_raise_for_error(self, cell, cell_index, exec_reply):
        if self.for_report and exec_reply and "yilao_uses" in exec_reply["metadata"]:
            self.nb.metadata["yilao_uses"] = exec_reply["metadata"]["yilao_uses"]
        await super()._check_raise_for_error(cell, cell_index, exec_reply)

    def output(self, outs, msg, display_id, cell_index):
        """Join text to the text before it: it comes in pieces."""
        last = outs[-1] if outs else {}
        piece = msg["content"]
        if (
            msg["msg_type"] == "stream"
            and last.get("output_type") == "stream"
            and last["name"] == piece["name"]
            and not self.clear_before_next_output
            and not self.output_hook_stack[msg["parent_header"].get("msg_id")]
        ):
            last["text"] += piece["text"]
            if self.log_output or self.stdout_file or self.stderr_file:
                self.log_output_message(nbformat.v4.new_output("stream", name=piece["name"], text=piece["text"]))
            return None
        return super().output(outs, msg, display_id, cell_index)
