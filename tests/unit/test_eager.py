"""The loop of a worker: what needs no waiting is done where it arrives, the rest goes on in the loop."""

import asyncio
import threading

import pytest

from csmetrics.eager import EagerLoop


@pytest.fixture
def loop():
    """A loop that runs in a thread of its own, as a worker's does beside the thread that brings requests."""
    loop = EagerLoop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


@pytest.fixture
def hand_over(loop):
    """Hands a coroutine over as the server does; gives the task it became, None where it was done by then."""

    def hand_over(coroutine):
        tasks, begun = [], threading.Event()

        def run(coroutine, watcher):
            tasks.append(loop.create_task(coroutine))
            begun.set()

        if loop.call_soon_threadsafe(run, coroutine, "watcher") is None:
            return None
        assert begun.wait(5)
        return tasks[0]

    return hand_over


def test_what_needs_no_waiting_is_done_at_once(hand_over):
    seen = []

    async def quick():
        seen.append(threading.current_thread())

    assert hand_over(quick()) is None
    assert seen == [threading.current_thread()]


def test_what_has_to_wait_goes_on_in_the_loop(loop, hand_over):
    seen, done = [], threading.Event()

    async def slow():
        seen.append(threading.current_thread())
        await asyncio.sleep(0)
        assert asyncio.get_running_loop() is loop
        await asyncio.sleep(0.01)
        seen.append(threading.current_thread())
        done.set()

    assert hand_over(slow()) is not None
    assert done.wait(5)
    assert seen[0] is threading.current_thread()
    assert seen[1] is not threading.current_thread()


def test_other_calls_are_left_to_the_loop(loop):
    seen, done = [], threading.Event()

    def call(*arguments):
        seen.append((threading.current_thread(), arguments))
        done.set()

    loop.call_soon_threadsafe(call, "a", "b")
    assert done.wait(5)
    assert seen[0][0] is not threading.current_thread()
    assert seen[0][1] == ("a", "b")


def test_the_server_finds_it():
    from granian import loops

    loop = loops.get("auto")
    try:
        assert isinstance(loop, EagerLoop)
    finally:
        loop.close()
        asyncio.set_event_loop(None)
