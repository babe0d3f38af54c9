"""The guideline of a branch says what the table says, in both languages, and nothing of one firm."""

from __future__ import annotations

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


def _enough(accounts, branch):
    return (accounts.branch_measures.query("branch == @branch")["enough"] == "yes").any()


def test_the_page_on_financing_tells_what_the_loans_tell(demo):
    said = words(draw_financing(demo))
    lent = demo.credit[demo.credit["lent"] == "yes"]
    cover = lent["cover"].dropna()
    joined = " ".join(said)
    assert f"In {(cover >= 1).sum()} of {len(cover)} loans" in joined
    assert f"Term: {lent['term_months'].median():.0f} months" in joined
    assert f"{len(lent)} préstamos desembolsados por {lent['amount_usd'].sum():,.0f} USD" in joined


def test_an_unknown_branch_is_refused(demo):
    with pytest.raises(KeyError, match="99"):
        draw_branch(demo, "99")


def test_the_public_edition_draws_no_guideline(demo, tmp_path):
    assert save_posters(public_accounts(demo), tmp_path, forms=["branch"]) == []
