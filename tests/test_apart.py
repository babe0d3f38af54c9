"""Files read in a process of their own: what ended that process is told as what it was."""

from __future__ import annotations

import subprocess

import pytest

from watershed_cp.errors import IntakeError
from watershed_cp.intake import apart
from watershed_cp.intake.apart import read_apart


@pytest.mark.parametrize(
    ("code", "last_words", "rule"),
    [
        (-9, b"", "file_too_large"),
        (-6, b"memory allocation of 17179869184 bytes failed", "file_too_large"),
        (1, b"Traceback (most recent call last):\nMemoryError", "file_too_large"),
        (-11, b"", "file_damaged"),
        (-6, b"thread 'main' has overflowed its stack", "file_damaged"),
        (1, b"thread panicked: index out of bounds", "file_damaged"),
    ],
)
def test_a_crash_is_damage_unless_memory_ran_out(tmp_path, monkeypatch, code, last_words, rule):
    ended = subprocess.CompletedProcess([], code, b"", last_words)
    monkeypatch.setattr(apart.subprocess, "run", lambda *_, **__: ended)
    path = tmp_path / "a.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\0")
    with pytest.raises(IntakeError) as error:
        read_apart(path)
    assert [one.rule for one in error.value.faults] == [rule]


def test_a_process_that_never_ends_is_too_large(tmp_path, monkeypatch):
    def endless(*given, timeout, **options):
        raise subprocess.TimeoutExpired(given[0], timeout)

    monkeypatch.setattr(apart.subprocess, "run", endless)
    with pytest.raises(IntakeError) as error:
        read_apart(tmp_path / "a.xls")
    assert [one.rule for one in error.value.faults] == ["file_too_large"]


def test_faults_of_the_other_process_are_told(tmp_path):
    (tmp_path / "a.xls").write_text("<html><table><tr><td>1", encoding="utf-8")
    with pytest.raises(IntakeError) as error:
        read_apart(tmp_path / "a.xls")
    assert error.value.tell("en").startswith("a.xls: Though its name ends in “.xls”, this is a web page.")
