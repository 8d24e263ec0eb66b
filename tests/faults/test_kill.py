"""kill -9 in the middle of submits: every answer that was acknowledged is there afterwards."""

import sys
import time
from contextlib import ExitStack

from django.urls import Resolver404, resolve

from tests.databases import empty_database
from tests.processes import manage, run
from tests.servers import Server, serving

from .submits import START, Visitors

STAND_IN = "tests.faults.standin"


def there_is_an_assessment() -> bool:
    try:
        resolve(START)
    except Resolver404:
        return False
    return True


class StandIn(Server):
    """The same server with the addresses of the stand-in, as long as the site has no assessment."""

    def command(self, *arguments: str) -> list[str]:
        command = [sys.executable, "-m", "csmetrics.server", "--interface", "rsgi", "csmetrics.gate:app"]
        return [
            *command,
            "--port",
            str(self.port),
            "--workers",
            "2",
            "--http",
            "1",
            "--no-ws",
            "--log-level",
            "error",
        ]


def test_no_acknowledged_answer_is_lost_when_the_server_is_killed(tmp_path, figure, some):
    wanted, kills = some(150, 1500), some(1, 3)
    with ExitStack() as stack:
        database = stack.enter_context(empty_database())
        environment = {"DATA_DIR": tmp_path / "data", "LOG": "plain", "LIMIT_WRITES": "off", **database}
        port, server = None, None
        if not there_is_an_assessment():
            for command in ("migrate", "load_content", "collectstatic"):
                flags = ["--no-input"] if command != "load_content" else []
                assert manage(command, *flags, **environment).returncode == 0
            environment["DJANGO_SETTINGS_MODULE"] = f"{STAND_IN}_settings"
            create = f"import django; django.setup(); from {STAND_IN} import create; create()"
            done = run([sys.executable, "-c", create], **environment)
            assert done.returncode == 0, done.stderr

        def start() -> Server:
            kind = serving if there_is_an_assessment() else standing_in
            data = environment["DATA_DIR"]
            options = {key: value for key, value in environment.items() if key != "DATA_DIR"}
            return stack.enter_context(kind(data, tmp_path / "output", port=port, **options))

        server = start()
        server.wait_until_it_answers()
        port = server.port
        visitors = Visitors(server.host, port, count=8)
        stack.callback(visitors.stop)
        for number in range(1, kills + 1):
            wait_for(lambda goal=wanted * number // (kills + 1): visitors.count >= goal or visitors.problems)
            server.kill()
            server = start()
            server.wait_until_it_answers()
        wait_for(lambda: visitors.count >= wanted or visitors.problems)
        visitors.stop()
        assert visitors.problems == []
        lost = [place for each in visitors.all for place in each.lost()]
    on = "the assessment" if there_is_an_assessment() else "the stand-in"
    figure(
        f"{visitors.count} acknowledged at {on}, {kills} kills, {visitors.unanswered} unanswered, {len(lost)} lost"
    )
    assert lost == []


def standing_in(*arguments, **options):
    return serving(*arguments, kind=StandIn, **options)


def wait_for(done) -> None:
    until = time.monotonic() + 300
    while not done():
        assert time.monotonic() < until
        time.sleep(0.01)
