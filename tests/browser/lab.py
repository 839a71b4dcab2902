"""A real JupyterLab of the current python, and a notebook in it as a user's page shows it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

REPOSITORY = Path(__file__).parents[2]
ARTEFACTS = Path(os.environ.get("NBFT_ARTEFACTS") or REPOSITORY / "tests" / "artefacts")
CURRENT = "window.jupyterapp?.shell?.currentWidget?"
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}
KERNEL = "nbft-tests"


class Lab:
    """A server on a free port of this machine, with folders of its own for everything that Jupyter keeps."""

    module = "jupyterlab"
    application = "LabApp"
    tree = "lab/tree"
    """Where the page of a notebook is."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.notebooks = folder / "notebooks"
        self._folder = folder
        self._token = secrets.token_hex(16)
        self._environment = environment

    def __enter__(self) -> Lab:
        self._write_settings()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        options = {
            "--ServerApp.ip": "127.0.0.1",
            "--ServerApp.port": self._port,
            "--ServerApp.port_retries": 0,
            "--ServerApp.root_dir": self.notebooks,
            "--IdentityProvider.token": self._token,
            "--ServerApp.allow_root": True,
            f"--{self.application}.expose_app_in_browser": True,
        }
        command = [sys.executable, "-m", self.module, "--no-browser"]
        with (self._folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *(f"{name}={value}" for name, value in options.items())],
                env={**os.environ, **self._folders(), **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_ready()
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)

    def _folders(self) -> dict[str, str]:
        kinds = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        kinds += ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
        return {kind: str(self._folder / kind.lower()) for kind in kinds}

    def _write_settings(self) -> None:
        self.notebooks.mkdir(parents=True)
        folders = self._folders()
        for name, settings in SETTINGS.items():
            path = Path(folders["JUPYTERLAB_SETTINGS_DIR"]) / "@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings), encoding="utf-8")
        extensions = Path(folders["JUPYTER_DATA_DIR"]) / "labextensions"
        extensions.mkdir(parents=True)
        (extensions / "nbft-labextension").symlink_to(REPOSITORY / "jupyter-config" / "labextension")
        kernel = Path(folders["JUPYTER_DATA_DIR"]) / "kernels" / KERNEL / "kernel.json"
        kernel.parent.mkdir(parents=True)
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        environment = {"PYTHONPATH": str(REPOSITORY)}
        spec = {"argv": argv, "display_name": KERNEL, "language": "python", "env": environment}
        kernel.write_text(json.dumps(spec), encoding="utf-8")

    def _wait_until_ready(self, timeout_s: float = 60) -> None:
        end = time.monotonic() + timeout_s
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(self.url("api/status"), timeout=5):
                return
            time.sleep(0.2)
        raise RuntimeError("JupyterLab did not start:\n" + (self._folder / "server.log").read_text())

    def url(self, path: str) -> str:
        """Returns the address of a page, with the right to open it."""
        return f"http://127.0.0.1:{self._port}/{path}{'&' if '?' in path else '?'}token={self._token}"

    def write(self, name: str, *cells: str) -> Path:
        """Writes a notebook of code cells that have not run."""
        path = self.notebooks / name
        code = [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for number, source in enumerate(cells)
        ]
        kernelspec = {"name": KERNEL, "display_name": KERNEL, "language": "python"}
        metadata = {"kernelspec": kernelspec, "language_info": {"name": "python"}}
        notebook = {"cells": code, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return path


class Notebook7(Lab):
    """Jupyter Notebook 7: the same parts in another frame."""

    module = "notebook"
    application = "JupyterNotebookApp"
    tree = "notebooks"


class Notebook:
    """A notebook open in JupyterLab."""

    def __init__(self, lab: Lab, browser: Browser, path: Path, *, kernel: bool = True) -> None:
        self.lab = lab
        self.path = path
        self._kernel = kernel
        self._context = browser.new_context(viewport={"width": 1280, "height": 1000})
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(30_000)
        self.errors: list[str] = []
        self.requests: list[str] = []
        """The addresses that the page asked for."""
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.load()

    def load(self) -> None:
        """Opens the page, or loads it anew as a reload does."""
        name = str(self.path.relative_to(self.lab.notebooks))
        place = f"{self.lab.tree}/{name}" if self._kernel else "lab"
        self.page.goto(self.lab.url(f"{place}?reset"), wait_until="domcontentloaded")
        self.page.wait_for_function("() => window.jupyterapp?.restored", timeout=60_000)
        self.page.evaluate("() => window.jupyterapp.restored")
        if not self._kernel:
            self.command("docmanager:open", path=name, kernel={"shouldStart": False, "canStart": False})
        self.page.wait_for_function(f"() => {CURRENT}.content?.model?.cells", timeout=60_000)
        if self._kernel:
            self.wait_for_kernel()
        self.page.evaluate(
            "() => !window.jupyterapp.commands.hasCommand('application:toggle-left-area') ||"
            " window.jupyterapp.shell.leftCollapsed ||"
            " window.jupyterapp.commands.execute('application:toggle-left-area')"
        )

    def close(self) -> None:
        """Ends the kernel and leaves the page."""
        self.page.evaluate(f"() => {CURRENT}.sessionContext.shutdown()")
        self._context.close()

    def leave(self) -> None:
        """Leaves the page; the kernel lives on."""
        self._context.close()

    def wait_for_kernel(self, *statuses: str) -> None:
        """Waits until there is a kernel, with one of these statuses (`idle`, `busy`) if any is given."""
        self.page.wait_for_function(
            f"statuses => {{ const kernel = {CURRENT}.sessionContext.session?.kernel;"
            " return kernel && (statuses.length ? statuses : ['idle', 'busy']).includes(kernel.status) }",
            arg=list(statuses),
            timeout=60_000,
        )

    def run(self, number: int) -> None:
        """Puts a cell in line, as its run button does; does not wait."""
        self.page.evaluate(
            "number => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = number;"
            " window.jupyterapp.commands.execute('notebook:run-cell') }",
            number,
        )

    def command(self, name: str, **arguments: Any) -> None:
        """Runs a command of JupyterLab by its name, as its menu does."""
        self.page.evaluate(
            "([name, arguments_]) => { window.jupyterapp.commands.execute(name, arguments_) }",
            [name, arguments],
        )

    def wait_until_run(self, number: int, timeout_s: float = 60) -> None:
        """Waits until the cell has its number and the kernel is idle."""
        self.page.wait_for_function(
            f"number => {CURRENT}.content.model.cells.get(number).executionCount !== null"
            f" && {CURRENT}.sessionContext.session.kernel.status === 'idle'",
            arg=number,
            timeout=timeout_s * 1000,
        )

    def is_trusted(self, number: int) -> bool:
        """Returns whether JupyterLab trusts a cell's outputs, as it does what ran on this machine."""
        return self.page.evaluate(f"n => {CURRENT}.content.model.cells.get(n).trusted", number)

    def has_kernel(self) -> bool:
        """Returns whether a kernel belongs to the notebook."""
        return self.page.evaluate(f"() => Boolean({CURRENT}.sessionContext.session?.kernel)")

    def kernel_status(self) -> str:
        """Returns what the page says of the kernel: `idle` or `busy`."""
        return self.page.evaluate(f"() => {CURRENT}.sessionContext.session.kernel.status")

    def change(self, number: int, source: str) -> None:
        """Writes other code into a cell."""
        cells = f"{CURRENT}.content.model.cells"
        self.page.evaluate(f"([n, source]) => {cells}.get(n).sharedModel.setSource(source)", [number, source])

    def text(self, number: int) -> str:
        """Returns all that a cell printed."""
        printed = [output.get("text", "") for output in self.outputs(number)]
        return "".join("".join(text) for text in printed)

    def outputs(self, number: int) -> list[dict[str, Any]]:
        """Returns a cell's outputs as they would be saved."""
        return self.page.evaluate(f"n => {CURRENT}.content.model.cells.get(n).outputs.toJSON()", number)

    def output(self, number: int) -> Locator:
        """Returns what a cell shows below its code."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-OutputArea").first

    def restart_kernel(self) -> None:
        """Does what the restart button does, without its question."""
        self.page.evaluate(f"() => {CURRENT}.sessionContext.restartKernel()")
        self.wait_for_kernel("idle")

    def save(self) -> dict[str, Any]:
        """Saves the notebook and returns what is in its file."""
        self.page.evaluate(f"() => {CURRENT}.context.save()")
        return json.loads(self.path.read_text(encoding="utf-8"))

    def look(self, name: str, *, width: int = 1280, dark: bool = False) -> None:
        """Keeps a picture of the page, at a width and in a theme."""
        self.page.set_viewport_size({"width": width, "height": 1000})
        self._set_theme("JupyterLab Dark" if dark else "JupyterLab Light")
        self.page.wait_for_timeout(400)
        keep(self.page, name)

    def _set_theme(self, theme: str) -> None:
        self.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-name", theme, timeout=60_000)


def keep(page: Page, name: str) -> None:
    """Keeps a picture of a page among the artefacts."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png")
