"""A build's databases as files, and in a real Datasette."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from toolscale.errors import BuildError
from toolscale.explore.databases import write_databases
from toolscale.shards.build import Build

PATIENCE = 120.0  # seconds, of a busy machine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOOLSCALE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_every_database_becomes_a_file_that_nobody_may_write_to(built: Build, cache: Path) -> None:
    files = write_databases(built)
    rows = list(built.rows("environments"))
    assert [file.environment_id for file in files] == [row["environment_id"] for row in rows]
    assert [file.path.read_bytes() for file in files] == [row["database"] for row in rows]
    assert sum(file.tasks for file in files) == built.manifest["tasks"]
    assert all(file.path.stat().st_mode & 0o222 == 0 and file.path.parent == cache / "explore" for file in files)
    assert {path for path in cache.rglob("*") if path.is_file()} == {file.path for file in files}


def test_a_damaged_file_is_written_again_and_a_sound_one_left(built: Build, cache: Path) -> None:
    first, second, *_ = write_databases(built)
    first.path.chmod(0o644)
    first.path.write_bytes(b"damaged")
    kept = second.path.stat().st_ino
    write_databases(built)
    assert sqlite3.connect(first.path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert second.path.stat().st_ino == kept


def test_one_environment_is_chosen_by_its_id(built: Build, cache: Path) -> None:
    wanted = next(built.tasks()).environment_id
    (file,) = write_databases(built, wanted)
    assert (file.environment_id, [path.name for path in (cache / "explore").iterdir()]) == (wanted, [f"{wanted}.db"])
    with pytest.raises(BuildError, match=f"Did you mean '{wanted}'"):
        write_databases(built, wanted[:-1] + "x")


def test_datasette_serves_the_rows_on_loopback_until_it_is_interrupted(built: Build, cache: Path) -> None:
    pytest.importorskip("datasette")
    environment = next(built.tasks()).environment_id
    port = free_port()
    words = ["explore", str(built.folder), "--environment", environment, "--port", str(port), "--no-open"]
    served = subprocess.Popen([sys.executable, "-m", "toolscale", *words], stderr=subprocess.PIPE, text=True)
    try:
        address = f"http://127.0.0.1:{port}/{environment}.json"
        found = _answer(address, served)
        (file,) = write_databases(built, environment)
        with sqlite3.connect(f"file:{file.path}?mode=ro", uri=True) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            counts = {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}
        assert {table["name"]: table["count"] for table in found["tables"] if not table["hidden"]} == counts
        with socket.socket() as elsewhere, pytest.raises(OSError, match=r"refused|unreachable"):
            elsewhere.connect(("127.0.0.2", port))
    finally:
        served.send_signal(signal.SIGINT)
        _, said = served.communicate(timeout=PATIENCE)
    assert served.returncode == 0, said
    assert "Traceback" not in said


def _answer(address: str, served: subprocess.Popen[str]) -> dict[str, list[dict[str, object]]]:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and served.poll() is None:
        try:
            content: dict[str, list[dict[str, object]]] = httpx.get(address, timeout=PATIENCE).raise_for_status().json()
            return content
        except httpx.ConnectError:
            time.sleep(0.2)
    raise AssertionError(f"no answer: {served.poll()}")


def test_without_datasette_one_line_says_what_to_install(built: Build, cache: Path) -> None:
    absent = "import sys; sys.modules['datasette'] = None; from toolscale.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", absent, "explore", str(built.folder), "--no-open"],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.split("\n")[:2] == ["error Datasette is not installed", "  pip install 'toolscale[explore]'"]


def test_a_port_that_is_taken_is_said(built: Build, cache: Path) -> None:
    from toolscale.errors import ToolscaleError
    from toolscale.explore.datasette import serve

    pytest.importorskip("datasette")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ToolscaleError, match="--port"):
            serve(write_databases(built), title="", port=taken.getsockname()[1], open_browser=False)
