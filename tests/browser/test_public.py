"""The public page: it tells its rule, shows what may be told, and has no firm to show."""

from dataclasses import replace

import pytest
from chromium import BINARY, Chromium

pytestmark = [pytest.mark.browser, pytest.mark.skipif(BINARY is None, reason="chromium is not installed")]


@pytest.fixture(scope="module")
def browser(demo, tmp_path_factory):
    page = tmp_path_factory.mktemp("public") / "index.html"
    replace(demo, audience="public").map().save(page)
    with Chromium() as chromium:
        yield chromium.open(page)


def test_the_public_page_tells_its_rule_and_no_firm(browser):
    text = browser.run("document.body.innerText")
    assert "Cada total es de 5 empresas o más." in text
    assert "48.1\xa0t" in text
    assert browser.run("document.querySelectorAll('[data-view=ledger], #search, .firm-list').length") == 0
    assert browser.requests == []
    assert browser.errors == []


def test_sub_basins_that_are_kept_back_are_hatched(browser):
    browser.run("document.querySelector('[data-units=parts]').click()")
    assert "reservado o sin dato" in browser.run("document.getElementById('legend').innerText")


def test_the_table_twin_holds_watersheds_only(browser):
    browser.run("document.querySelector('[data-view=table]').click()")
    captions = browser.run(
        "[...document.querySelectorAll('caption')].map((caption) => caption.innerText).join('|')"
    )
    assert "Cargas por cuenca" in captions
    assert "empresas" not in captions


def test_the_rule_stands_on_the_map_and_is_printed_with_it(browser, tmp_path):
    browser.run("document.querySelector('[data-view=map]').click()")
    for language, rule in (("en", "Every total is of 5 firms or more."), ("es", "regla de p = 10 %")):
        browser.run(f"document.querySelector('#languages [lang={language}]').click()")
        assert rule in browser.run("document.querySelector('#legend .rule').innerText")
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    shown = browser.run("document.querySelector('#legend .rule').getBoundingClientRect().height")
    browser.run("window.dispatchEvent(new Event('afterprint'))")
    browser.call("Emulation.setEmulatedMedia", media="")
    assert shown > 20
