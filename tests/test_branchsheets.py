"""The guideline of a branch says what the table says, in both languages, and nothing of one firm."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from watershed_cp.impact.edition import public_accounts
from watershed_cp.publish.branchsheets import branches, draw_branch
from watershed_cp.publish.financing import draw_financing
from watershed_cp.publish.posters import save_posters


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts if text.get_text()]


def test_the_sheet_says_what_the_table_says(demo):
    said = words(draw_branch(demo, "10"))
    table = demo.branch_measures.query("branch == '10' and enough == 'yes'")
    paid = table[table["quantity"] == "payback_years"]
    assert set(paid["measure"].str.split().str[0]) <= {text.split()[0] for text in said}
    for row in paid.to_dict("records"):
        span = f"{row['median']:.1f} ({row['low']:.1f} – {row['high']:.1f})"
        assert span in [text.replace("\u202f", " ").replace("\u00a0", " ") for text in said]
    for language in ("Lo que funciona", "What works"):
        assert any(text.startswith(language) for text in said)


def test_fewer_than_three_show_no_figures(demo):
    lone = next(branch for branch in branches(demo) if not _enough(demo, branch))
    said = words(draw_branch(demo, lone))
    assert "Ninguna medida se conoce tres veces o más: todavía no hay patrón." in said
    assert "No measure is known three times or more: there is no pattern yet." in said
    alone = replace(demo, registers={})
    assert branches(alone) == []


def test_a_branch_without_a_pattern_shows_what_all_branches_know(demo):
    lone = next(branch for branch in branches(demo) if not _enough(demo, branch))
    said = " ".join(words(draw_branch(demo, lone)))
    everywhere = demo.measures.query("counts == 'yes'")["measure"].value_counts()
    known = [
        name
        for name in demo.measures.query("branch == @lone")["measure"].unique()
        if everywhere.get(name, 0) >= 3
    ]
    assert known
    for name in known:
        assert name.split()[0] in said
        assert f" {everywhere[name]} " in said
    assert "En todas las ramas juntas" in said


def test_the_steps_from_advice_to_work_are_counted(demo):
    said = words(draw_branch(demo, "10"))
    raw = demo.registers["recommendations"].set_index("recommendation_id")
    mine = raw.loc[demo.measures.query("branch == '10'")["recommendation_id"]]
    carried = mine["status"].isin(["implemented", "verified", "lapsed"]) & mine["date_implemented"].notna()
    at = said.index("realizadas · carried out")
    assert said[at + 1] == str(carried.sum())
    months = (mine["date_implemented"] - mine["date_recommended"]).dt.days.dropna() * 12 / 365
    assert f"From recommendation to work: {months.median():.0f} months" in " ".join(said)


def test_each_measure_of_a_branch_stands_on_the_chart(demo):
    said = words(draw_branch(demo, "10"))
    table = demo.branch_measures.query("branch == '10' and enough == 'yes' and quantity == 'payback_years'")
    for letter, row in zip("ABCDE", table.sort_values(["median", "measure"]).to_dict("records"), strict=True):
        drawn = demo.measures.query("branch == '10' and counts == 'yes' and saving_usd_yr > 0")
        assert said.count(letter) == 1 + (drawn["measure"] == row["measure"]).sum()


def _enough(accounts, branch):
    return (accounts.branch_measures.query("branch == @branch")["enough"] == "yes").any()


def test_the_page_on_financing_tells_what_the_loans_tell(demo):
    said = words(draw_financing(demo))
    lent = demo.credit[demo.credit["lent"] == "yes"]
    cover = lent["cover"].dropna()
    joined = " ".join(said)
    assert f"In {(cover >= 1).sum()} of {len(cover)} loans" in joined
    term = lent["term_months"]
    assert f"{term.median():.0f} ({term.min():.0f} – {term.max():.0f})" in joined.replace("\u00a0", " ")
    assert said.count("24.4") == 1
    assert sorted(cover.round(1)) == sorted(float(text) for text in said if re.fullmatch(r"\d+\.\d", text))
    paid = demo.measures.query("counts == 'yes'")["financing"].value_counts()
    assert any(text.startswith(f"n = {paid['own_funds']}; ") for text in said)
    assert f"{len(lent)} préstamos desembolsados por {lent['amount_usd'].sum():,.0f} USD" in joined


def test_an_unknown_branch_is_refused(demo):
    with pytest.raises(KeyError, match="99"):
        draw_branch(demo, "99")


def test_the_public_edition_draws_no_guideline(demo, tmp_path):
    assert save_posters(public_accounts(demo), tmp_path, forms=["branch"]) == []
