"""nbft in a terminal: quickstart, check, mask, data, run, resume, eval, compare, report, watch, tell, stop, list, schema."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import nbft
from nbft.checkup import check_up
from nbft.comparison import compare
from nbft.data_check import data_of
from nbft.errors import NbftError
from nbft.evaluation import start_evaluation
from nbft.mask import ROWS, mask_of_run, mask_of_spec
from nbft.panels.scorecard_text import to_text
from nbft.panels.wording import command as command_word
from nbft.record.commands import Command
from nbft.run import Run, open_run, runs, start_run
from nbft.series import Series, find, start_series, stop, to_resume
from nbft.spec.load import read_spec
from nbft.telling import WORDS, command_of, tell
from nbft.terminal import follow, watch, watch_series

STATUS_CODES = {"finished": 0, "stopped": 0}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns the exit code: 0, 1 for a failure, 2 for what the user wrote, 130 for an interrupt."""
    options = _parser().parse_args(arguments)
    try:
        code = options.act(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except NbftError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nbft", description=(nbft.__doc__ or "").splitlines()[0])
    parser.add_argument("--version", action="version", version=f"nbft {nbft.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, act: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(act=act)
        return made

    quick = command(
        "quickstart", _quickstart, "Train on the data that ships with nbft, in a real notebook, in a minute."
    )
    quick.add_argument("--into", type=Path, default=Path("nbft-quickstart.ipynb"), help="where the notebook is written")
    check = command("check", _check, "Say what is wrong with spec files, without training.")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    check.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as train.epochs=1")
    check.add_argument("--plan", action="store_true", help="also take a few steps and foretell memory and time")
    mask = command("mask", _mask, "Show which tokens of the training rows are learnt, of a spec file or of a run.")
    mask.add_argument("name", metavar="FILE or NAME")
    mask.add_argument("--rows", type=_count, default=ROWS, metavar="N", help=f"how many rows to show ({ROWS})")
    data = command("data", _data, "Show what is amiss with the data of a spec file or of a run, before training.")
    data.add_argument("name", metavar="FILE or NAME")
    run = command("run", _run, "Train what a spec file says.")
    run.add_argument("file", type=Path, metavar="FILE")
    run.add_argument("--name", help="the run's name; the data's if left out")
    run.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as train.epochs=1")
    run.add_argument("--resume", action="store_true", help="go on with the newest run of that name if it is unfinished")
    run.add_argument("--dry-run-steps", type=_count, default=0, metavar="N", help="end after N steps")
    for name, act, text in _ON_RUNS:
        _add_name(command(name, act, text), is_stop=act is _stop)
    told = _of_a_run(command("tell", _tell, "Ask something of a run that goes on, and wait for its answer."))
    told.add_argument("commands", nargs="+", type=_told, metavar="WORD", help=WORDS)
    _eval_arguments(command("eval", _evaluate, "Show how good models are, side by side and with error bars."))
    beside = command("compare", _compare, "Show runs beside each other: scores, and what differs in their specs.")
    beside.add_argument("names", nargs="*", metavar="NAME", help="two or more runs; a number for the newest so many")
    report = _of_a_run(command("report", _report, "Write all that is known of a run as one HTML file."))
    report.add_argument("--into", type=Path, metavar="FILE", help="NAME.html here if left out")
    command("list", _list, "List all runs, the newest first.")
    command("schema", _schema, "Print the JSON Schema of specs, for editors.")
    return parser


def _add_name(made: argparse.ArgumentParser, *, is_stop: bool) -> None:
    made.add_argument("name", metavar="NAME", help="a run (reviews-001), or a name alone for its newest run or series")
    if is_stop:
        made.add_argument("--this-seed", action="store_true", help="of a series: go on with the next seed")


def _count(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"a whole number of at least 1, not {word!r}")
    return int(word)


def _of_a_run(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("name", metavar="NAME", help="a run (reviews-001), or a name alone for its newest run")
    return parser


def _told(said: str) -> Command:
    try:
        return command_of(said)
    except NbftError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _eval_arguments(evaluate: argparse.ArgumentParser) -> None:
    evaluate.add_argument("names", nargs="+", metavar="NAME", help="runs, `base`, folders or hub ids of models")
    evaluate.add_argument("--data", help="other rows to evaluate on than the run's test rows")
    evaluate.add_argument("--metrics", type=_words, help="as accuracy,f1, or a folder with a script for `evaluate`")
    evaluate.add_argument(
        "--trust-remote-code", action="store_true", help="run the code that a metric of the hub brings"
    )
    evaluate.add_argument("--by", type=_words, help="parts to score by themselves: label, length, or a column")
    evaluate.add_argument("--require", action="append", default=[], metavar="DEMAND", help="as 'accuracy >= 0.85'")
    evaluate.add_argument("--no-baselines", action="store_true", help="leave out what costs nothing")
    evaluate.add_argument(
        "--harness", type=_words, metavar="TASKS", help="of lm-evaluation-harness, as hellaswag,gsm8k"
    )
    evaluate.add_argument("--harness-tasks", metavar="FOLDER", help="a folder with more tasks for the harness")
    evaluate.add_argument("--csv", type=Path, metavar="FILE", help="also write what was predicted for each row")


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def _quickstart(options: argparse.Namespace) -> int:
    from nbft.quickstart import quickstart

    return quickstart(options.into)


def _check(options: argparse.Namespace) -> int:
    worst = 0
    for file in options.files:
        try:
            print(check_up(read_spec(file, name=str(file), overrides=options.set), plan=options.plan))
        except NbftError as error:
            print(error, file=sys.stderr)
            worst = max(worst, error.exit_code)
    return worst


def _mask(options: argparse.Namespace) -> int:
    is_file = options.name.endswith((".yaml", ".yml"))
    name = options.name
    mask = (
        mask_of_spec(read_spec(Path(name), name=name), options.rows)
        if is_file
        else mask_of_run(open_run(name), options.rows)
    )
    print(mask.coloured() if sys.stdout.isatty() else mask)
    return 0


def _data(options: argparse.Namespace) -> int:
    print(data_of(options.name))
    return 0


def _run(options: argparse.Namespace) -> int:
    loaded = read_spec(options.file, name=str(options.file), overrides=options.set)
    name, steps = options.name or options.file.stem, options.dry_run_steps
    run = to_resume(loaded, name, steps) if options.resume else None
    if run is None:
        start = start_series if loaded.spec.seeds else start_run
        return _follow(start(loaded, name, dry_run_steps=steps))
    return _go_on(run)


def _resume(options: argparse.Namespace) -> int:
    return _go_on(find(options.name))


def _go_on(run: Run | Series) -> int:
    if run.status == "finished":
        print(f"{run.name} is finished: nothing to resume.")
        return 0
    return _follow(run.resume())


def _watch(options: argparse.Namespace) -> int:
    return _follow(find(options.name), started_here=False)


def _follow(run: Run | Series, *, started_here: bool = True) -> int:
    if isinstance(run, Series):
        watch_series(run, started_here=started_here)
    else:
        watch(run, started_here=started_here)
    if not run.is_over:
        return 0
    run.raise_failure()
    return STATUS_CODES.get(run.status, 1)


def _stop(options: argparse.Namespace) -> int:
    print(stop(find(options.name), only_this_seed=options.this_seed))
    return 0


def _tell(options: argparse.Namespace) -> int:
    obeyed = True
    for answer in tell(open_run(options.name), options.commands):
        print(f"{'✓' if answer.obeyed else '✕'} {command_word(answer)}: {answer.answer}")
        obeyed = obeyed and answer.obeyed
    return 0 if obeyed else 1


def _evaluate(options: argparse.Namespace) -> int:
    asked = {"metrics": options.metrics, "by": options.by, "require": options.require}
    asked |= {"trust_remote_code": True} if options.trust_remote_code else {}
    asked |= {"baselines": False} if options.no_baselines else {}
    asked |= {"harness": options.harness, "harness_tasks": options.harness_tasks}
    found = start_evaluation(options.names, options.data, **asked)
    print(to_text(follow(found).scorecard))
    if options.csv:
        print(f"What was predicted is in {found.to_csv(options.csv)}.")
    return 0 if all(one.is_met for one in found.scorecard.gates) else 1


def _compare(options: argparse.Namespace) -> int:
    print(compare(*options.names))
    return 0


def _report(options: argparse.Namespace) -> int:
    print(open_run(options.name).report(options.into))
    return 0


def _list(options: argparse.Namespace) -> int:  # noqa: ARG001 - every command takes options
    for run in runs():
        status, state = run.status, run.state
        best = ", ".join(f"{name} {value:.4g}" for name, value in (run.best or {}).items() if value is not None)
        print(f"{run.name:<24} {status:<10} step {state.step:>6} of {state.total_steps:<6} {best}")
    return 0


def _schema(options: argparse.Namespace) -> int:  # noqa: ARG001
    from nbft.spec.schema import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0


_ON_RUNS = (
    ("resume", _resume, "Go on with a run that was cut off or stopped, from its last whole checkpoint."),
    ("watch", _watch, "Follow a run's progress; ending the watching leaves the run alone."),
    ("stop", _stop, "End a run after its present step, keeping the best model."),
)

if __name__ == "__main__":
    sys.exit(main())
