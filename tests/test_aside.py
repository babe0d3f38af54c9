"""Files that are there when whole, or not at all, though the process be killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from watershed_cp.aside import written_aside
from watershed_cp.publish.folder import write_folder

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import sys, time
from watershed_cp.aside import written_aside
with written_aside(sys.argv[1]) as aside:
    aside.write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""

FOLDER_WRITER = """
import sys, time
from watershed_cp.publish.folder import write_folder
def fill(aside):
    (aside / "half.txt").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
write_folder(sys.argv[1], fill)
"""


def writer(target: Path, script: str = WRITER) -> subprocess.Popen[str]:
    """Start a process that has written half a file, or a folder."""
    process = subprocess.Popen([sys.executable, "-c", script, str(target)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_killed_writer_leaves_what_was_there_and_the_next_one_clears_up(tmp_path: Path) -> None:
    target = tmp_path / "near.csv"
    target.write_text("of yesterday")
    process = writer(target)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert target.read_text() == "of yesterday"
    assert len(names(tmp_path)) == 2
    with written_aside(target) as aside:
        aside.write_text("whole")
    assert names(tmp_path) == ["near.csv"]
    assert target.read_text() == "whole"


def test_a_killed_run_leaves_the_folder_of_before_and_the_next_one_clears_up(tmp_path: Path) -> None:
    target = tmp_path / "output [2]"
    write_folder(target, lambda aside: (aside / "old.txt").touch())
    process = writer(target, FOLDER_WRITER)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert names(target) == ["manifest.json", "old.txt"]
    assert len(names(tmp_path)) == 2
    write_folder(target, lambda aside: (aside / "new.txt").touch())
    assert names(tmp_path) == ["output [2]"]
    assert names(target) == ["manifest.json", "new.txt"]


def test_a_writer_still_at_work_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "near.csv"
    process = writer(target)
    with written_aside(target) as aside:
        aside.write_text("whole")
    assert len(names(tmp_path)) == 2
    process.kill()
    process.communicate()


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), written_aside(tmp_path / "near.csv") as aside:
        aside.parent.write_text("half")
    assert names(tmp_path) == []
