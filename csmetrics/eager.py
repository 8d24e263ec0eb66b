"""The event loop of a worker, which begins with a request in the thread that brings it.

Granian hands each request to the loop as a coroutine, from a thread of its own. To wake the loop for it costs more
than to answer a kept page. So the first step is made at once, up to where the request has to wait for something,
and the loop goes on from there; most requests are answered by then. Granian's README shows how to bring a loop.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any

from granian import loops


class EagerLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, but for coroutines that come from other threads.

    Their first step sees no running loop. One that goes on must yield there as `asyncio.sleep(0)` does, which asks
    nothing of a loop.
    """

    def call_soon_threadsafe(  # type: ignore[override]  # nobody gets a handle of what is done
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle | None:
        if args and asyncio.iscoroutine(args[0]):
            try:
                args[0].send(None)
            except StopIteration:
                return None
        return super().call_soon_threadsafe(callback, *args, context=context)


@loops.register("auto")
def eager_loop() -> EagerLoop:
    loop = EagerLoop()
    asyncio.set_event_loop(loop)
    return loop
