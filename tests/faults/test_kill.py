"""kill -9 in the middle of submits: every answer that was acknowledged is there afterwards."""

import time
from contextlib import ExitStack

from tests.databases import empty_database
from tests.servers import Server, free_port, serving

from .submits import Visitors


def test_no_acknowledged_answer_is_lost_when_the_server_is_killed(tmp_path, figure, some):
    wanted, kills = some(150, 1500), some(1, 3)
    with ExitStack() as stack:
        database = stack.enter_context(empty_database())
        port = free_port()

        def start() -> Server:
            output = tmp_path / "output"
            server = serving(tmp_path / "data", output, port=port, LIMIT_WRITES="off", **database)
            return stack.enter_context(server)

        server = start()
        server.wait_until_it_answers()
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
    figure(f"{visitors.count} acknowledged, {kills} kills, {visitors.unanswered} unanswered, {len(lost)} lost")
    assert lost == []


def wait_for(done) -> None:
    until = time.monotonic() + 300
    while not done():
        assert time.monotonic() < until
        time.sleep(0.01)
