"""Kills a save at each of its file-changing system calls, resumes what is left, and reports how each run ended.

    OMP_NUM_THREADS=1 python -m tests.faults.sweep FOLDER EVERY      (writes FOLDER/report.json)

One process imports torch once and forks: a run that trains up to the save of step 6, from it one child for each
call to be killed in that save, and then, from the clean process, one child for each folder left behind, which
resumes it. Scenarios: `save`; `in-the-way` (another run's checkpoint has the name); `model` (the final model,
over an older one); `full` (the disk is full from that call on, until the save gives up). EVERY thins the sweep;
1 takes every call.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers

from nbft.engine.checkpoints import (
    newest_good,
    restore_model_folder,
    save_model_whole,
    seal,
    take_newest_good,
)
from tests.engine.tiny import (
    RUN,
    SAVE_EVERY,
    TinyTrainer,
    tiny_model,
    tiny_tokenizer,
    tiny_trainer,
    weights_sha256,
)
from tests.faults.tracing import TAKES_ROOM, WRITES, Call, begin_trace, end_trace, watch

SWEPT_STEP = 2 * SAVE_EVERY
Fault = tuple[int, str, "str | int"]
"""Number and name of the call, and what happens to it."""


class SweptTrainer(TinyTrainer):
    """Hands the save of SWEPT_STEP over to `at_save`."""

    at_save: Callable[[Callable[[], None]], None]

    def _save_checkpoint(self, model: Any, trial: Any = None) -> None:
        if self.state.global_step == SWEPT_STEP:
            self.at_save(lambda: super(SweptTrainer, self)._save_checkpoint(model, trial))
        else:
            super()._save_checkpoint(model, trial)


def main(folder: Path, every: int) -> None:
    """Sweeps and writes the report."""
    kinds = {"save": kill_save, "in-the-way": kill_save, "model": kill_model, "full": fill_disk}
    report: dict[str, Any] = {"unkilled": in_fork(lambda: run_unkilled(folder / "unkilled"))}
    for scenario, kind in kinds.items():
        (folder / scenario).mkdir()
        report[scenario] = kind(scenario, folder / scenario, every)
    report["calls"] = json.loads((folder / "save" / "calls.json").read_text(encoding="utf-8"))
    (folder / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")


def kill_save(scenario: str, folder: Path, every: int) -> list[dict[str, Any]]:
    """Kills the save of a checkpoint, then resumes each folder from a clean process."""
    faults = in_fork(lambda: sweep_save(scenario, folder, every))
    return [{"fault": fault, **in_fork(lambda n=n: resume(folder / f"case-{n}"))} for n, fault in enumerate(faults)]


def sweep_save(scenario: str, folder: Path, every: int) -> list[Fault]:
    """Trains up to the save and kills it in one child after the other; returns the faults, each with its folder."""
    before, faults = folder / "before", []
    trainer = tiny_trainer(before, SweptTrainer)

    def at_save(save: Callable[[], None]) -> None:
        prepare(scenario, before)

        def act(case: Path) -> None:
            trainer.args.output_dir = str(case)
            save()

        faults.extend(sweep(act, before, folder, every))
        trainer.control.should_training_stop = True

    trainer.at_save = at_save
    trainer.train()
    return faults


def prepare(scenario: str, checkpoints: Path) -> None:
    """Puts a user's own folder, and in one scenario another run's checkpoint, beside the run's."""
    (checkpoints / "checkpoint-notes").mkdir()
    (checkpoints / "checkpoint-notes" / "notes.txt").write_text("mine", encoding="utf-8")
    if scenario == "in-the-way":
        foreign = checkpoints / f"checkpoint-{SWEPT_STEP}"
        shutil.copytree(checkpoints / f"checkpoint-{SAVE_EVERY}", foreign)
        (foreign / "nbft-manifest.json").unlink()
        seal(foreign, "someone-elses-run", SWEPT_STEP)


def sweep(act: Callable[[Path], None], before: Path, folder: Path, every: int) -> list[Fault]:
    """Kills `act` once for each fault, in a copy of `before`."""
    calls: list[Call] = []
    one_case(act, before, folder / "counted", calls.append)
    (folder / "calls.json").write_text(json.dumps([(call.name, call.path) for call in calls]), encoding="utf-8")
    faults: list[Fault] = [(call.number, call.name, "kill") for call in calls]
    faults += [(call.number, call.name, "half") for call in calls if call.name in WRITES]
    turns = {call.number + after for call in calls if call.name == "rename" for after in (0, 1)}
    faults = [fault for place, fault in enumerate(faults) if place % every == 0 or fault[0] in turns]
    for place, (number, _, answer) in enumerate(faults):
        one_case(
            act,
            before,
            folder / f"case-{place}",
            lambda call, n=number, a=answer: a if call.number == n else None,
        )
    return faults


def one_case(act: Callable[[Path], None], before: Path, case: Path, decide: Callable[[Call], str | int | None]) -> None:
    """Runs `act` on a copy of the folder in a watched child."""
    shutil.copytree(before, case)
    pid = os.fork()
    if pid == 0:
        begin_trace()
        act(case)
        end_trace()
        os._exit(0)
    if watch(pid, case.parent, decide):
        os.waitpid(pid, 0)


def run_unkilled(folder: Path) -> str:
    trainer = tiny_trainer(folder)
    trainer.train()
    return weights_sha256(trainer.model)


def resume(folder: Path) -> dict[str, Any]:
    """Goes on from what a killed run left, to the end."""
    left = sorted(path.name for path in folder.iterdir())
    found = take_newest_good(folder, RUN)
    trainer = tiny_trainer(folder)
    trainer.train(resume_from_checkpoint=str(found.path) if found.path else None)
    return {
        "left": left,
        "resumed_at": found.step,
        "skipped": found.skipped,
        "weights": weights_sha256(trainer.model),
        "first_saved": trainer.saved[0][0],
        "at_the_end": sorted(path.name for path in folder.iterdir()),
        "newest": newest_good(folder, RUN).step,
    }


def kill_model(scenario: str, folder: Path, every: int) -> list[dict[str, Any]]:
    """Kills the save of the final model over an older one, then loads what stands and saves once more."""
    torch.manual_seed(1)
    old, new = tiny_model(), tiny_model()
    names = {weights_sha256(old): "old", weights_sha256(new): "new"}
    before = folder / "before"
    before.mkdir()
    save_model_whole(old, tiny_tokenizer(), before / "model")
    faults = sweep(lambda case: save_model_whole(new, tiny_tokenizer(), case / "model"), before, folder, every)

    def load(case: Path) -> dict[str, Any]:
        restore_model_folder(case / "model")
        found = load_plainly(case / "model")
        save_model_whole(new, tiny_tokenizer(), case / "model")
        again = load_plainly(case / "model")
        at_the_end = sorted(path.name for path in case.iterdir())
        return {"found": names.get(found), "again": names.get(again), "at_the_end": at_the_end}

    return [{"fault": fault, **in_fork(lambda n=n: load(folder / f"case-{n}"))} for n, fault in enumerate(faults)]


def load_plainly(model: Path) -> str:
    transformers.AutoTokenizer.from_pretrained(model)
    return weights_sha256(transformers.AutoModelForSequenceClassification.from_pretrained(model))


def fill_disk(scenario: str, folder: Path, every: int) -> list[dict[str, Any]]:
    """Fills the disk from one call of the save on; the same process trains on to the end."""
    return in_fork(lambda: sweep_full_disk(scenario, folder, every))


def sweep_full_disk(scenario: str, folder: Path, every: int) -> list[dict[str, Any]]:
    before, cases, said = folder / "before", [], {}
    trainer = tiny_trainer(before, SweptTrainer)

    def act(case: Path, save: Callable[[], None]) -> None:
        trainer.args.output_dir = str(case)
        save()

    def at_save(save: Callable[[], None]) -> None:
        """Returns in the children, which train on; the parent forks them all and stops."""
        prepare(scenario, before)
        calls: list[Call] = []
        one_case(lambda case: act(case, save), before, folder / "counted", calls.append)
        calls = [call for call in calls if call.name in TAKES_ROOM]
        for number, name, _ in [call for n, call in enumerate(calls) if n % every == 0 or call.name == "rename"]:
            case = folder / f"case-{number}"
            shutil.copytree(before, case)
            read, write = os.pipe()
            pid = os.fork()
            if pid == 0:
                said["pipe"] = write
                begin_trace()
                act(case, save)
                end_trace()
                said.update(stands=newest_good(case, RUN).step, failed=trainer.failed[:])
                return
            os.close(write)
            watch(pid, folder, lambda call, n=number: no_space(call, n))
            cases.append({"fault": (number, name, "full"), **answer_of(pid, read)})
        trainer.control.should_training_stop = True

    trainer.at_save = at_save
    try:
        trainer.train()
    finally:
        if said:  # in a child: its answer, or how it failed, goes into its own pipe, and it ends here
            tell(said.pop("pipe"), lambda: how_it_ended(trainer, said))
    return cases


def how_it_ended(trainer: TinyTrainer, said: dict[str, Any]) -> dict[str, Any]:
    error = sys.exc_info()[1]
    if error:
        raise error
    newest = newest_good(Path(str(trainer.args.output_dir)), RUN).step
    return {**said, "weights": weights_sha256(trainer.model), "newest": newest}


def no_space(call: Call, start: int) -> int | None:
    return errno.ENOSPC if call.number >= start and call.name in TAKES_ROOM else None


def in_fork(work: Callable[[], Any]) -> Any:
    """What `work` returns in a child of this process."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        tell(write, work)
    os.close(write)
    return answer_of(pid, read)


def tell(pipe: int, work: Callable[[], Any]) -> None:
    """Writes what `work` returns, or how it failed, into the pipe, and ends the process."""
    try:
        answer = {"answer": work()}
    except BaseException:
        answer = {"error": traceback.format_exc()}
    with os.fdopen(pipe, "w", encoding="utf-8") as file:
        json.dump(answer, file)
    sys.stderr.flush()
    os._exit(0)


def answer_of(pid: int, pipe: int) -> Any:
    with os.fdopen(pipe, encoding="utf-8") as file:
        said = file.read()
    os.waitpid(pid, 0)
    answer = json.loads(said or '{"error": "the process died"}')
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["answer"]


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    main(Path(sys.argv[1]), int(sys.argv[2]))
