"""What `manage.py serve` becomes: Granian's own command line, made to stop at once and without noise.

Ctrl-C at a terminal reaches every process of the server. A worker of Granian (2.8) that hears it and then its
parent's order to stop too hangs, and so does one that hears either while it still loads; ten seconds later it is
killed. So workers leave Ctrl-C to their parent, and until they serve, an order to stop simply ends them.
"""

import os
import runpy
import signal

from csmetrics import eager  # noqa: F401  (Granian finds its loop there)


def main() -> None:
    """Become Granian with the arguments of this process; `hold_interrupt` came before it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until Granian listens to it
    _mask_interrupt(hold=False)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_as_worker)
    runpy.run_module("granian", run_name="__main__")


def hold_interrupt() -> None:
    """Keep Ctrl-C for later, also over an exec: Python would answer it with a traceback while it starts."""
    _mask_interrupt(hold=True)


def _mask_interrupt(*, hold: bool) -> None:
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK if hold else signal.SIG_UNBLOCK, {signal.SIGINT})


def _as_worker() -> None:
    _mask_interrupt(hold=True)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":  # a worker on systems that spawn instead of fork
    _as_worker()
