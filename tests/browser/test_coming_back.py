"""A page that is loaded anew and a kernel that is started anew, while a run goes on."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard import Dashboard
from tests.notebook.training_cell import wait_for

pytestmark = pytest.mark.browser
BROKEN_LINKS = """root => [root, ...root.querySelectorAll('.jupyter-widgets-disconnected')]
    .filter(part => getComputedStyle(part, '::before').display !== 'none').length"""


@pytest.fixture(scope="module")
def dashboard(train) -> Dashboard:
    """The dashboard of a run that goes on for longer than these tests."""
    return train("coming-back")


def test_a_page_loaded_anew_shows_the_dashboard_again_and_its_buttons_work(dashboard):
    points = dashboard.points()
    dashboard.notebook.save()
    dashboard.notebook.load()

    dashboard.button("Save now").wait_for()
    wait_for(lambda: dashboard.points() >= points, "the charts do not come back", 20)
    step = dashboard.step()
    wait_for(lambda: dashboard.step() > step, "the dashboard stands still", 10)
    dashboard.answer_to(dashboard.button("Save now").click)
    dashboard.notebook.look("reloaded")


def test_after_a_restart_of_the_kernel_attach_brings_back_a_dashboard_that_works(dashboard):
    before = dashboard.run.state.step
    dashboard.notebook.restart_kernel()
    dashboard.notebook.look("restarted")
    broken = dashboard.root.evaluate(BROKEN_LINKS)
    assert broken == 1, "the old dashboard says once that it is cut off, not in each of its parts"
    dashboard.notebook.change(2, "%load_ext nbft\n%ft_attach coming-back")
    dashboard.notebook.run(2)

    attached = Dashboard(dashboard.notebook, 2, dashboard.run)
    attached.button("Save now").wait_for()
    wait_for(lambda: attached.step() > before, "the run stands still", 20)
    wait_for(lambda: attached.points() > 0, "the charts are empty", 20)
    attached.answer_to(attached.button("Save now").click)
    attached.notebook.look("attached")


def test_a_run_that_ends_after_the_page_was_loaded_anew_leaves_its_static_picture(train):
    dashboard = train("ends-later", "--background", every=20)
    wait_for(lambda: dashboard.run.state.evaluations, "no evaluation")
    dashboard.notebook.save()
    dashboard.notebook.load()
    dashboard.button("Save now").wait_for()
    dashboard.stop()

    shown = dashboard.notebook.output(1)
    expect(shown).to_contain_text("Stopped by you")
    expect(shown.get_by_role("img", name="Loss over")).to_have_count(1)
    expect(dashboard.button("Save now")).to_have_count(0)
