"""The tiny run in two processes; the second can be told to die in a step or to find no room in a save.

torchrun --nproc-per-node 2 -m tests.faults.two_ranks FOLDER RESULT [die|full]
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from nbft.engine.checkpoints import take_newest_good
from tests.engine.tiny import RUN, TinyTrainer, tiny_trainer, weights_sha256
from tests.faults.full_disk import files_up_to

RANK = int(os.environ["RANK"])


class TwoRanksTrainer(TinyTrainer):
    """Meets its fault in the second process, in the save of step 6 or the step after it."""

    fault = ""

    def training_step(self, *args: Any, **kwargs: Any) -> Any:
        if self.fault == "die" and RANK == 1 and self.state.global_step == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().training_step(*args, **kwargs)

    def _save_checkpoint(self, model: Any, trial: Any = None) -> None:
        if self.fault == "full" and RANK == 1 and self.state.global_step == 6:
            with files_up_to(5000):
                super()._save_checkpoint(model, trial)
        else:
            super()._save_checkpoint(model, trial)


def main(folder: Path, result: Path, fault: str) -> None:
    """Trains to the end and lets the first process write how it went."""
    trainer = tiny_trainer(folder, TwoRanksTrainer, per_device_train_batch_size=2, ddp_backend="gloo")
    trainer.fault = fault
    found = take_newest_good(folder, RUN) if RANK == 0 else None
    start = trainer.accelerator.gather_for_metrics([str(found.path) if found and found.path else ""], True)[0]
    trainer.train(resume_from_checkpoint=start or None)
    if RANK == 0:
        said = {"start": start, "weights": weights_sha256(trainer.model), "failed": [f[0] for f in trainer.failed]}
        said["left"] = sorted(path.name for path in folder.iterdir())
        result.write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), (sys.argv[3:] or [""])[0])
