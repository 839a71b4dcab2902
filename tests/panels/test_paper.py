from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nbft.errors import RunError
from nbft.panels.paper import paper_figure
from nbft.panels.plots import COLOURS
from nbft.record import events as word
from nbft.record.events import to_dict
from nbft.record.folder import RunFolder
from nbft.record.journal import append
from nbft.run import Run
from tests.panels.record import ended, evaluated, finished, measured, started, training


def titles(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


def points(line: Line2D) -> np.ndarray:
    """The steps and the values of a line."""
    return np.asarray([line.get_xdata(), line.get_ydata()])


def test_it_has_the_losses_and_all_evaluation_metrics():
    figure = paper_figure(finished())
    assert titles(figure) == ["Loss", "Metrics"]
    assert figure.get_size_inches()[0] == 7.0


def test_the_points_are_those_of_the_record():
    _, metrics = paper_figure(finished()).axes
    accuracy = next(line for line in metrics.get_lines() if line.get_label() == "accuracy")
    assert list(zip(*points(accuracy), strict=True)) == [(100, 0.8), (200, 0.9), (300, 0.85)]
    assert accuracy.get_color() == COLOURS[2]


def test_epochs_the_best_step_and_an_early_stop_are_marked():
    state = finished()
    state.see(ended(reason="Early stopping: it got no better.", step=290))
    loss, metrics = paper_figure(state).axes
    assert [patch.get_extents().transformed(loss.transData.inverted()).x0 for patch in loss.patches] == [100]
    upright = {points(line)[0][0] for line in loss.get_lines() if len(set(points(line)[0])) == 1}
    assert upright == {200, 290}
    assert [text.get_text() for text in metrics.texts] == ["best 0.9000"]


def test_chosen_metrics_alone_are_drawn_and_others_of_the_record_too():
    of_a_callback = word.Measured(step=1, epoch=0.1, values={"train/of_a_callback": 2.0, "train/learning_rate": 1e-4})
    state = training(measured(1, 0.5), of_a_callback, evaluated(2, 0.5))
    figure = paper_figure(state, ["train/learning_rate", "eval/f1", "train/of_a_callback"])
    assert titles(figure) == ["Metrics", "Learning rate", "Of a callback"]


def test_losses_are_drawn_on_a_logarithmic_axis_where_that_is_asked_for():
    loss, metrics = paper_figure(finished(), log=True).axes
    assert (loss.get_yscale(), metrics.get_yscale()) == ("log", "linear")


def test_without_smoothing_the_mean_is_the_curve_itself():
    (axes,) = paper_figure(finished(), ["train/loss"], smoothing=0.0).axes
    raw, mean, *_ = axes.get_lines()
    assert points(mean) == pytest.approx(points(raw))


def test_a_metric_without_points_is_told_with_those_there_are():
    with pytest.raises(RunError, match="no curve 'eval/f2'") as told:
        paper_figure(finished(), ["eval/f2"])
    assert "eval/accuracy" in str(told.value)
    with pytest.raises(RunError, match="no points"):
        paper_figure(training())


def test_it_is_saved_as_a_document_and_shown_as_a_picture():
    figure, file = paper_figure(finished()), io.BytesIO()
    figure.savefig(file, format="pdf")
    assert file.getvalue().startswith(b"%PDF")
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_a_run_plots_itself(tmp_path: Path):
    folder = RunFolder(tmp_path / "reviews-001")
    folder.path.mkdir()
    for seq, event in enumerate([*started(), measured(1, 0.9), measured(2, 0.8)], 1):
        append(folder.events, {**to_dict(event), "seq": seq})
    assert titles(Run(folder).plot(log=True)) == ["Loss"]


def test_without_matplotlib_it_names_the_line_that_installs_it(tmp_path: Path):
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from pathlib import Path\nfrom nbft.record.folder import RunFolder\nfrom nbft.run import Run\n"
        "try: Run(RunFolder(Path('x-001'))).plot()\nexcept Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.startswith("RunError Figures need matplotlib.")
    assert "pip install 'nbft[plot]'" in done.stdout
