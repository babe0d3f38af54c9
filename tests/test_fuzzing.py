"""A small part of what ``python tests/fuzzing.py`` feeds to every reader."""

import fuzzing
import pytest


@pytest.mark.slow
@pytest.mark.parametrize("reader", fuzzing.READERS)
def test_nothing_but_our_own_errors_comes_out(reader):
    outcome = fuzzing.fuzz(reader, range(12))
    assert outcome.failures == []
    assert sum(outcome.counts.values()) == 12
    assert outcome.counts["read"] > 0 or reader in ("location", "kmz")  # not all are refused at the door


def test_what_comes_out_is_found_and_the_rest_goes_on(monkeypatch):
    def read(reader, number, folder):
        assert number != 1
        if number == 2:
            fuzzing.os._exit(3)

    monkeypatch.setattr(fuzzing, "read", read)
    outcome = fuzzing.fuzz("csv", range(4))
    assert outcome.counts == {"read": 2, "failed": 2}
    assert [(number, told.splitlines()[-1]) for number, told in outcome.failures] == [
        (1, "AssertionError: assert 1 != 1"),
        (2, "process ended, status 768"),
    ]
    assert fuzzing.fuzz("xls", range(4)).counts == {"read": 2, "failed": 1, "contained": 1}


def test_an_input_can_be_made_again(tmp_path):
    assert fuzzing.make("xls", 7, tmp_path) == fuzzing.make("xls", 7, tmp_path)
