"""`%ft_vote`: hidden and seeded order, votes kept at once, undone, found again, and a win rate with its interval."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from IPython.utils.capture import capture_output
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from nbft.errors import DataError, NbftError
from nbft.notebook import vote_magic
from nbft.notebook.dashboard import VIEW
from nbft.notebook.line import split_line
from nbft.notebook.vote_magic import VALUED, open_voting
from nbft.notebook.voting import Voting
from nbft.panels.vote import VotePanel, item_of, to_html, view_of
from nbft.voting.pairs import Pair, as_words, is_swapped
from nbft.voting.votes import Votes

EVIL = "<script>alert(1)</script>"
LINE = "$answers tuned base --rows 40"


def answers(count: int = 40) -> pd.DataFrame:
    rows = range(count)
    return pd.DataFrame(
        {
            "prompt": [f"prompt {i}" for i in rows],
            "tuned": [f"good {i}" for i in rows],
            "base": [f"bad {i}" for i in rows],
        }
    )


def opened(line: str = LINE, **names) -> Voting:
    return open_voting(split_line("%ft_vote", line, (), VALUED), {"answers": answers(), **names})


def vote(voting: Voting, winner: str) -> None:
    """Votes as the page does, which knows sides alone."""
    item = item_of(voting.session, voting.votes)
    says = {"tuned": "good", "base": "bad"}.get(winner)
    label = "Tie" if says is None else f"{'Left' if item['left'].startswith(says) else 'Right'} is better"
    voting.hear({"do": "label", "id": item["id"], "label": label})
    assert voting.around.error is None


def test_the_win_rate_agrees_with_statsmodels_and_scipy(place):
    voting = opened()
    for winner in ["tuned"] * 17 + ["base"] * 5 + ["tie"] * 4:
        vote(voting, winner)
    votes = voting.votes
    assert votes.counts == {"tuned": 17, "base": 5, "tie": 4}
    rate = votes.win_rate
    assert rate is not None
    assert (rate.low, rate.high) == pytest.approx(proportion_confint(17, 22, method="wilson"))
    assert rate.p == pytest.approx(binomtest(17, 22).pvalue)
    assert votes.verdict.startswith("tuned wins against base: 77% of the decided (95% CI 57% to 90%, p = 0.017;")


def test_few_votes_tell_no_difference_and_the_better_one_is_named(place):
    voting = opened()
    assert voting.votes.verdict.startswith("No vote tells tuned from base yet")
    for winner in ["base", "base", "tuned"]:
        vote(voting, winner)
    assert voting.votes.verdict.startswith("No difference can be told: base has 67% of the decided (95% CI 21% to 94%")


def test_sides_are_drawn_by_chance_and_stay_the_same(place):
    voting = opened()
    swapped = [is_swapped(42, pair) for pair in voting.votes.pairs]
    assert 10 <= sum(swapped) <= 30
    assert [is_swapped(42, pair) for pair in opened().votes.pairs] == swapped
    assert [pair.row for pair in opened("$answers tuned base --rows 5 --seed 7").votes.pairs.values()] != [
        pair.row for pair in opened("$answers tuned base --rows 5").votes.pairs.values()
    ]


def test_nothing_that_the_page_gets_tells_whose_answer_is_where_before_the_end(place):
    voting = opened()
    vote(voting, "tuned")
    told = json.dumps([item_of(voting.session, voting.votes), view_of(voting.session, voting.votes, voting.around)])
    assert told.count("tuned") == 2, "in the title and the journal's name"
    assert "tuned 1" not in to_html(voting.session, voting.votes, voting.around)
    voting.hear({"do": "reveal"})
    assert view_of(voting.session, voting.votes, voting.around)["result"] == [["tuned", 1], ["base", 0], ["tie", 0]]
    voting.hear({"do": "label", "id": voting.session.current.id, "label": "Tie"})  # pyright: ignore[reportOptionalMemberAccess]
    assert voting.votes.voted == 1


def test_votes_are_taken_back_and_found_again_also_with_the_names_the_other_way_round(place):
    voting = opened()
    vote(voting, "tuned")
    vote(voting, "base")
    voting.hear({"do": "undo"})
    assert voting.votes.counts == {"tuned": 1, "base": 0, "tie": 0}
    entries = [json.loads(line) for line in Path("nbft-labels/vote-base-tuned.jsonl").read_text("utf-8").splitlines()]
    assert [(entry["do"], entry.get("label")) for entry in entries] == [
        ("label", "tuned"),
        ("label", "base"),
        ("undo", None),
    ]

    again = opened()
    assert again.votes.counts == {"tuned": 1, "base": 0, "tie": 0}
    assert again.around.notes == ["1 of 40 were voted on before."]
    assert opened("$answers base tuned --rows 40").votes.counts == {"base": 0, "tuned": 1, "tie": 0}
    assert again.votes.frame.vote.dropna().tolist() == ["tuned"]


def test_pairs_with_equal_answers_are_left_out_and_that_is_said(place):
    frame = answers(6)
    frame.loc[:1, "base"] = frame.loc[:1, "tuned"]
    voting = opened(answers=frame)
    assert len(voting.session.texts) == 4
    assert voting.around.notes == ["2 prompts with the same answer from both are left out."]
    with pytest.raises(DataError, match="the same answer to each of 6 prompts"):
        opened(answers=frame.assign(base=frame.tuned))


def test_what_is_wrong_on_the_line_is_said(place):
    with pytest.raises(NbftError, match="needs answers and the two columns"):
        opened("$answers tuned")
    with pytest.raises(DataError, match="There is no column 'tund'") as raised:
        opened("$answers tund base")
    assert raised.value.fix == "Did you mean 'tuned'?"
    with pytest.raises(NbftError, match="two different systems"):
        opened("$answers tuned tuned")


def test_texts_are_text_in_the_static_twin_and_chats_are_read_as_lines(place):
    frame = pd.DataFrame({"prompt": [EVIL], EVIL: ["a"], "b": ["c"]})
    voting = open_voting(split_line("%ft_vote", f"$answers '{EVIL}' b", (), VALUED), {"answers": frame})
    vote(voting, "tie")
    assert "<script" not in to_html(voting.session, voting.votes, voting.around)
    assert as_words([{"role": "user", "content": "Hi"}]) == "user: Hi"
    assert Pair("p", "x", "y", 0).id != Pair("p", "x", "z", 0).id


def test_the_cell_shows_a_panel_with_its_static_twin_and_binds_the_result(shell, place, monkeypatch):
    monkeypatch.setattr(vote_magic, "can_click", lambda: True)
    shell.user_ns["answers"] = answers()
    with capture_output() as captured:
        result = shell.run_cell(f"%ft_vote {LINE}")
    assert result.error_in_exec is None
    data = captured.outputs[0].data
    assert VIEW in data
    assert "0 of 40 pairs voted on, 40 left" in data["text/plain"]
    assert isinstance(shell.user_ns["votes"], Votes)


def test_the_panel_shows_the_pair_and_hears(place):
    voting = opened()
    voting.panel = VotePanel(voting.hear)
    voting.panel.show(voting.session, voting.votes, voting.around)
    first = voting.panel.item["id"]
    voting.hear({"do": "label", "id": first, "label": "Tie"})
    assert voting.panel.item["id"] != first
    assert voting.panel.view["last"] == {"did": "tie", "text": voting.votes.pairs[first].prompt}
