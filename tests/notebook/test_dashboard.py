from __future__ import annotations

import re
import sys
import types

import ipywidgets as widgets
import pytest
from IPython.utils.capture import capture_output

from nbft.notebook import dashboard as dashboards
from nbft.notebook import stand_in
from nbft.notebook.dashboard import VIEW, Dashboard
from nbft.run import Run
from tests.notebook.recorded import living, record, say
from tests.panels.messages import living_widgets, messages
from tests.panels.record import ended, evaluated, measured, started

pytestmark = pytest.mark.usefixtures("shell")


@pytest.fixture
def folder(tmp_path):
    """A run that trains: its lock is held."""
    with living(record(tmp_path, *started(), measured(1, 0.9), evaluated(1, 0.8))) as folder:
        yield folder


def test_below_a_live_dashboard_stands_its_static_picture_which_it_hides(folder):
    with capture_output() as captured:
        dashboard = Dashboard(Run(folder))
        dashboard.show()
    live, picture = captured.outputs
    assert sorted(live.data) == [VIEW, "text/html", "text/plain"]
    assert live.data["text/html"] == "", "without its kernel it shows nothing beside the picture"
    assert "data:image/svg+xml" in picture.data["text/html"]
    assert "%ft_attach reviews-001" in picture.data["text/html"]
    name = re.search(r'class="(nbft-stand-in-\w+)"', picture.data["text/html"])
    assert name is not None
    assert f".{name[1]} {{ display: none }}" in dashboard.view.children[0].value


def test_the_picture_is_drawn_anew_after_an_evaluation_and_not_with_every_step(folder, monkeypatch):
    monkeypatch.setattr(stand_in, "EVERY_S", 0.0)
    dashboard = Dashboard(Run(folder))
    with capture_output():
        dashboard.show()
    with capture_output() as captured:
        for step in range(2, 9):
            say(folder, measured(step, 0.5))
            dashboard.refresh()
        say(folder, evaluated(9, 0.875))
        dashboard.refresh()
        dashboard.refresh()
    (output,) = captured.outputs
    assert "0.8750" in output.data["text/html"]


def test_in_colab_which_could_not_hide_it_there_is_no_picture_until_the_end(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    with capture_output() as captured:
        Dashboard(Run(folder)).show()
    assert [output.data["text/html"] for output in captured.outputs] == ["", ""]


def test_it_follows_the_record_until_the_end(folder):
    dashboard = Dashboard(Run(folder))
    assert dashboard.refresh() is True
    say(folder, measured(150, 0.5))
    assert dashboard.refresh() is True
    assert "150 <small>of 300" in dashboard.panels[0].widget.children[2].value
    say(folder, ended())
    assert dashboard.refresh() is False


def test_nothing_new_sends_nothing(folder):
    dashboard = Dashboard(Run(folder))
    dashboard.refresh()
    with messages() as sent:
        dashboard.refresh()
    assert sent == []


def test_at_the_end_the_twin_takes_the_place_of_the_live_view(folder):
    dashboard = Dashboard(Run(folder))
    with capture_output() as captured:
        dashboard.show()
        say(folder, ended())
        dashboard.refresh()
        dashboard.finish()
    live, picture, final, emptied = captured.outputs
    assert emptied.data == stand_in.EMPTY
    assert emptied.transient["display_id"] == picture.transient["display_id"]
    assert sorted(final.data) == ["text/html", "text/plain"]
    assert final.update
    assert final.transient["display_id"] == live.transient["display_id"]
    (picture,) = dashboard.view.children
    assert picture.value.endswith(final.data["text/html"])


def test_its_widgets_are_closed_at_the_end(folder):
    say(folder, ended())
    before = living_widgets()
    with capture_output():
        dashboard = Dashboard(Run(folder))
        dashboard.show()
        assert len(living_widgets()) > len(before) + 40
        dashboard.finish()
    left = [type(one).__name__ for name, one in living_widgets().items() if name not in before]
    assert sorted(left)[-2:] == ["Layout", "VBox"]
    assert len(left) <= 5


def test_no_update_makes_a_widget(folder):
    dashboard = Dashboard(Run(folder))
    dashboard.refresh()
    before = len(living_widgets())
    for step in range(2, 50):
        say(folder, measured(step, 0.5))
        dashboard.refresh()
    assert len(living_widgets()) == before


def test_kept_live_both_stand_in_the_notebook(folder):
    dashboard = Dashboard(Run(folder), keep_live=True)
    with capture_output() as captured:
        dashboard.show()
        say(folder, ended())
        dashboard.refresh()
        dashboard.finish()
    updates = [output.data for output in captured.outputs if output.update]
    assert [VIEW in data for data in updates] == [False, True]
    assert "<details>" in updates[0]["text/html"]
    assert len(dashboard.view.children) > 1


def test_a_dead_worker_is_shown_as_a_failure_with_the_line_that_resumes(folder, monkeypatch):
    monkeypatch.setattr(dashboards, "LIVENESS_EVERY_S", 0.0)
    monkeypatch.setattr(dashboards.Run, "is_alive", False)
    dashboard = Dashboard(Run(folder))
    with capture_output() as captured:
        dashboard.show()
        assert dashboard.refresh() is False
        dashboard.finish()
    said = captured.outputs[-2].data["text/plain"]
    assert "Failed" in said
    assert "%ft_resume reviews-001" in said


def test_clicks_are_written_where_the_worker_hears_them(folder):
    dashboard = Dashboard(Run(folder), waits=True)
    dashboard.refresh()
    for group in dashboard.controls.groups:
        for button in group.children:
            if isinstance(button, widgets.Button):
                button.click()
    dashboard.controls.widget.children[1].children[1].click()  # yes, stop
    said = folder.commands.read_text()
    assert [kind for kind in ("Pause", "EvaluateNow", "SaveNow", "SampleNow", "StopNow") if f'"{kind}"' in said] == [
        "Pause",
        "EvaluateNow",
        "SaveNow",
        "SampleNow",
        "StopNow",
    ]
    assert dashboard.is_let_go
