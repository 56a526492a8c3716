import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

DIABAN = (sys.executable, "-m", "api.cli")
STARTS_WITHIN_S = 60


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return os.environ | {"DIABAN_DATA_DIR": str(tmp_path / "data"), "DIABAN_LANGUAGE": "en", "DIABAN_DATABASE_URL": ""}


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    port, log = free_port(), tmp_path / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen([*DIABAN, "serve", "--port", str(port)], env=environment, stderr=stream)
    url = f"http://127.0.0.1:{port}"
    deadline_s = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline_s:
        try:
            httpx.get(f"{url}/healthz")
            break
        except httpx.TransportError:
            time.sleep(0.1)
    yield process, url, log
    process.kill()
    process.wait()


def test_the_server_says_nothing_of_itself_logs_no_query_and_drains_on_sigterm(
    server: tuple[subprocess.Popen[bytes], str, Path],
) -> None:
    process, url, log = server
    answer = httpx.get(f"{url}/healthz?name=Lan")
    assert answer.status_code == 200
    assert "server" not in answer.headers
    assert httpx.head(f"{url}/healthz").status_code == 200
    assert httpx.get(f"{url}/healthz", headers={"host": "evil.example"}).status_code == 421
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) in {0, -signal.SIGTERM}
    first, *lines = log.read_text().splitlines()
    assert first == f"Serving {url} (Ctrl+C stops)."
    assert "GET /healthz 200" in {json.loads(line)["message"].rsplit(" ", 2)[0] for line in lines}
    assert "Lan" not in log.read_text()


def test_an_account_is_added_with_the_password_from_standard_input(environment: dict[str, str]) -> None:
    def run(*arguments: str, given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*DIABAN, "user", *arguments],
            input=given,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    added = run("add", "lan", "--role", "officer", given="a short sentence\n")
    assert added.returncode == 0, added.stderr
    assert "lan" in added.stderr
    assert "sentence" not in added.stdout + added.stderr
    assert run("add", "lan", "--role", "officer", given="a short sentence\n").returncode == 1
    assert run("add", "mai", "--role", "officer", given="").returncode == 2
    assert run("add", "mai", "--role", "king", given="a short sentence\n").returncode == 2
