"""A real Jupyter kernel of a given python, driven as a notebook page drives it."""

from __future__ import annotations

import ast
import contextlib
import os
import queue
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

REPOSITORY = Path(__file__).parents[2]


@dataclass
class Cell:
    """What a cell answered and put out."""

    status: str
    text: str = ""
    error: str = ""
    values: dict[str, Any] = field(default_factory=dict)


class Kernel:
    """Starts on entering; is shut down on leaving, if it still lives."""

    def __init__(self, python: str = sys.executable, folder: Path | None = None, **environment: str) -> None:
        self.manager = KernelManager()
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        self.manager._kernel_spec = KernelSpec(argv=argv, display_name="nbft", language="python")
        self.options = {
            "cwd": str(folder or REPOSITORY),
            "env": {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "default", **environment},
        }

    def __enter__(self) -> Kernel:
        self.manager.start_kernel(**self.options)
        self.connect()
        return self

    def __exit__(self, *error: object) -> None:
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()

    def connect(self) -> None:
        """Connects to the kernel as a page that is opened does."""
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def restart(self) -> None:
        """Does what the page's restart button does."""
        self.client.stop_channels()
        self.manager.restart_kernel(now=False)
        self.connect()

    def send(self, code: str, **options: Any) -> str:
        """Puts a cell in line and returns the id of its request."""
        return self.client.execute(code, **options)

    def send_message(self, kind: str, content: dict[str, Any], subshell: str | None = None) -> str:
        """Sends a shell request of any kind, as the page does for widgets."""
        message = self.client.session.msg(kind, content)
        if subshell:
            message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def control(self, kind: str) -> dict[str, Any]:
        """Asks on the control channel and returns the content of the reply."""
        message = self.client.session.msg(kind, {})
        self.client.control_channel.send(message)
        return self.client.get_control_msg(timeout=20)["content"]

    def replies(self, ids: list[str], timeout_s: float = 60) -> list[dict[str, Any]]:
        """Waits for the replies to these requests; returns them in the order of their arrival."""
        missing, found, end = set(ids), [], time.monotonic() + timeout_s
        while missing and time.monotonic() < end:
            try:
                reply = self.client.get_shell_msg(timeout=0.5)
            except queue.Empty:
                continue
            if reply["parent_header"].get("msg_id") in missing:
                missing.remove(reply["parent_header"]["msg_id"])
                found.append(reply)
        assert not missing, f"{len(missing)} of {len(ids)} requests got no reply in {timeout_s} s"
        return found

    def statuses(self, ids: list[str], timeout_s: float = 60) -> list[str]:
        """Waits for the replies to these cells and returns how each of them ended, in the order of ids."""
        replies = {r["parent_header"]["msg_id"]: r for r in self.replies(ids, timeout_s)}
        return [replies[i]["content"]["status"] for i in ids]

    def heard(self) -> list[dict[str, Any]]:
        """Returns what the kernel has told its pages since the last call."""
        messages = []
        with contextlib.suppress(queue.Empty):
            while True:
                messages.append(self.client.get_iopub_msg(timeout=0.2))
        return messages

    def run(self, code: str, timeout_s: float = 60, **expressions: str) -> Cell:
        """Runs a cell to its end."""
        text: list[str] = []

        def note(message: dict[str, Any]) -> None:
            content = message["content"]
            text.append(content.get("text") or content.get("data", {}).get("text/plain", ""))

        reply = self.client.execute_interactive(
            code, user_expressions=expressions, output_hook=note, timeout=timeout_s
        )["content"]
        given = reply.get("user_expressions", {})
        values = {name: ast.literal_eval(item["data"]["text/plain"]) for name, item in given.items()}
        error = "\n".join([reply.get("ename", ""), reply.get("evalue", ""), *reply.get("traceback", [])])
        return Cell(reply["status"], "".join(text), error.strip(), values)

    def ask(self, expression: str) -> Any:
        """Returns the value of an expression, as far as its repr tells."""
        cell = self.run("pass", value=expression)
        assert cell.status == "ok", cell.error
        return cell.values["value"]
