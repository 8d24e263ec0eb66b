"""Stopping and starting again, with readers at the door."""

import signal
import time
from contextlib import ExitStack

import pytest

from tests.proxies import NAME, find_nginx, nginx
from tests.servers import serving

from .load import reading

SECRET = "the same for both of these servers, as it has to be"
DEPLOYED = {"HTTPS": 1, "TRUSTED_PROXIES": 1, "ALLOWED_HOSTS": NAME, "SECRET_KEY": SECRET}
PAUSE = 0.3  # seconds, so that all of them together stay within the limit of the proxy


@pytest.mark.parametrize("ordered_by", [signal.SIGTERM, signal.SIGINT])
def test_no_request_is_cut_off_when_the_server_is_told_to_stop(server, tmp_path, figure, some, ordered_by):
    """Every request that the server took up is answered in whole, as its own log tells.

    A connection that the kernel accepted in the very moment of stopping may be closed with its request unread, at
    most one of each reader; browsers and proxies send such a request again.
    """
    with serving(server.data, tmp_path / "output", **{**server.environment, "LOG": "json"}) as second:
        second.wait_until_it_answers()
        with reading(second.connect, "/about/", some(8, 16)) as readers:
            time.sleep(some(1, 3))
            second.process.send_signal(ordered_by)
            started = time.monotonic()
            assert second.process.wait(timeout=10) == 0
            took = time.monotonic() - started
            time.sleep(0.2)
    taken_up = sum('"route": "/about/"' in line for line in second.printed.splitlines())
    assert readers.outcomes["200"] > 10
    figure(f"stopped in {took:.1f} s; {dict(readers.outcomes)}, {taken_up} taken up")
    assert readers.cut == 0, readers.outcomes
    assert readers.outcomes["200"] == taken_up
    assert readers.outcomes["turned away"] <= len(readers.threads)


def test_nobody_notices_when_two_servers_behind_a_proxy_are_restarted_in_turn(server, tmp_path, figure, some):
    find_nginx()
    environment = {**server.environment, **DEPLOYED}
    with ExitStack() as stack:
        pair = [stack.enter_context(serving(server.data, tmp_path / f"{each}", **environment)) for each in (1, 2)]
        for each in pair:
            each.wait_until_it_answers()
        proxy = stack.enter_context(nginx(tmp_path / "nginx", *(each.port for each in pair)))
        readers = stack.enter_context(reading(proxy.connection, "/about/", some(4, 12), PAUSE, Host=NAME))
        time.sleep(some(1, 3))
        for old in pair:
            old.process.terminate()
            old.process.wait(timeout=10)
            again = serving(server.data, tmp_path / f"again-{old.port}", port=old.port, **environment)
            stack.enter_context(again).wait_until_it_answers()
            time.sleep(0.5)
        readers.stop()
    figure(f"{dict(readers.outcomes)}, slowest {readers.slowest * 1000:.0f} ms")
    assert readers.outcomes["200"] > 10
    assert set(readers.outcomes) == {"200"}, readers.outcomes


def test_one_server_alone_is_back_after_a_short_gap(server, tmp_path, figure, some):
    """Readers get a 502 of the proxy meanwhile, which is why there may be two."""
    find_nginx()
    environment = {**server.environment, **DEPLOYED}
    with (
        serving(server.data, tmp_path / "1", **environment) as first,
        nginx(tmp_path / "nginx", first.port) as proxy,
    ):
        first.wait_until_it_answers()
        with reading(proxy.connection, "/about/", some(2, 12), PAUSE, Host=NAME) as readers:
            time.sleep(0.5)
            first.process.terminate()
            first.process.wait(timeout=10)
            with serving(server.data, tmp_path / "2", port=first.port, **environment) as second:
                second.wait_until_it_answers()
                time.sleep(0.5)
                assert proxy.get("/about/")[0].status == 200
    figure(f"{dict(readers.outcomes)}, longest without an answer {readers.longest_gap:.1f} s")
    assert set(readers.outcomes) <= {"200", "502"}, readers.outcomes
