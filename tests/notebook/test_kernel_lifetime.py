"""What becomes of a run whose kernel is interrupted, restarted, killed or shut down, or whose worker dies."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from nbft.run import Run, open_run
from tests.conftest import write_rows
from tests.kernels.kernel import Kernel
from tests.notebook.training_cell import training_cell, wait_for

SHORT = 15
"""Epochs of 20 steps: few enough to wait for the end of the run."""


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    """A kernel that works in a folder of its own, with nbft loaded; what it left running is ended."""
    monkeypatch.setenv("NBFT_RUNS", str(tmp_path / "nbft-runs"))
    write_rows(tmp_path / "reviews.csv", 96, seed=1)
    with Kernel(folder=tmp_path, OMP_NUM_THREADS="1") as kernel:
        assert kernel.run("%load_ext nbft").status == "ok"
        yield kernel
    for path in (tmp_path / "nbft-runs").glob("*"):
        open_run(path.name).kill()


def start(kernel: Kernel, model: Path, *flags: str, epochs: int = 10_000) -> tuple[str, Run]:
    """Puts a training cell in line and waits until it trains."""
    cell = kernel.send(training_cell(model, Path("reviews.csv"), *flags, epochs=epochs))
    root = Path(os.environ["NBFT_RUNS"])
    wait_for((root / "reviews-001" / "spec.yaml").exists, "no run was started")
    run = open_run("reviews-001")
    wait_for(lambda: run.state.step > 0 or run.is_over, "it takes no step")
    assert not run.is_over, run.folder.log.read_text()
    return cell, run


def is_process(run: Run) -> bool:
    """Whether the worker's process is there and not a zombie."""
    pid = run.state.pid or 0
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def send_signal(run: Run, number: int) -> None:
    """Sends a signal to the worker's process."""
    assert run.state.pid
    os.kill(run.state.pid, number)


def test_an_interrupt_stops_the_run_keeps_the_best_and_the_next_cell_runs(kernel, tiny_model):
    cell, run = start(kernel, tiny_model)
    following = kernel.send("following = 1 + 1")
    kernel.manager.interrupt_kernel()

    assert kernel.statuses([cell, following]) == ["ok", "ok"]
    assert kernel.ask("(reviews.status, following)") == ("stopped", 2)
    assert (run.folder.model / "config.json").is_file()
    assert run.best
    assert kernel.ask("'torch' in __import__('sys').modules") is False


def test_a_second_interrupt_ends_the_worker_at_once_and_the_cell_fails(kernel, tiny_model):
    cell, run = start(kernel, tiny_model)
    following = kernel.send("following = 1 + 1")
    send_signal(run, signal.SIGSTOP)  # a worker that can't stop by itself any more
    kernel.manager.interrupt_kernel()
    wait_for(run.folder.commands.exists, "the first interrupt asked for nothing")
    kernel.manager.interrupt_kernel()

    assert kernel.statuses([cell, following], timeout_s=20) == ["error", "aborted"]
    assert not is_process(run)
    assert run.status == "failed"
    assert kernel.ask("1 + 1") == 2


def interrupt(kernel: Kernel, cell: str) -> None:
    """Lets the waiting cell end by itself: what the kernel is interrupted in is another cell."""
    kernel.replies([cell])
    other = kernel.send("import time; time.sleep(60)")
    time.sleep(0.5)
    kernel.manager.interrupt_kernel()
    assert kernel.statuses([other], timeout_s=10) == ["error"]


def restart(kernel: Kernel, cell: str) -> None:
    kernel.restart()
    assert kernel.ask("1 + 1") == 2


def kill(kernel: Kernel, cell: str) -> None:
    kernel.client.stop_channels()
    kernel.manager.signal_kernel(signal.SIGKILL)
    wait_for(lambda: not kernel.manager.is_alive(), "the kernel lives")


def shut_down(kernel: Kernel, cell: str) -> None:
    kernel.client.stop_channels()
    kernel.manager.shutdown_kernel(now=False)


@pytest.mark.parametrize(
    ("act", "flags"),
    [(interrupt, ["--background"]), (restart, []), (kill, []), (shut_down, [])],
    ids=["interrupted", "restarted", "killed", "shut down"],
)
def test_the_run_goes_on_to_its_end_when_its_kernel_is(act, flags, kernel, tiny_model):
    cell, run = start(kernel, tiny_model, *flags, epochs=SHORT)
    send_signal(run, signal.SIGSTOP)  # so that it can't be over before the kernel is gone
    act(kernel, cell)
    send_signal(run, signal.SIGCONT)

    wait_for(lambda: run.is_over, "the run does not end")
    assert run.status == "finished"
    assert run.state.step == run.state.total_steps
    assert (run.folder.model / "config.json").is_file()


def test_a_killed_worker_is_told_with_signal_last_step_and_the_line_that_resumes(kernel, tiny_model):
    cell, run = start(kernel, tiny_model)
    wait_for(lambda: run.state.checkpoints, "it saves nothing")
    kernel.heard()
    send_signal(run, signal.SIGKILL)

    (reply,) = kernel.replies([cell], timeout_s=20)
    said = "\n".join(reply["content"]["traceback"])
    assert reply["content"]["status"] == "error"
    assert "signal 9 (SIGKILL" in said
    assert f"step {run.state.step} of " in said
    assert f"%ft_resume {run.name}" in said
    assert "Traceback" not in said
    assert kernel.ask("reviews.status") == "failed"
    assert kernel.ask("'torch' in __import__('sys').modules") is False

    assert kernel.run(f"%ft_resume {run.name} --background").status == "ok"
    wait_for(lambda: (run.state.attempt, run.status) == (2, "running"), "no worker takes it up again")
