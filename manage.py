#!/usr/bin/env python3
"""Django's command-line utility for administrative tasks."""

import os
import signal
import sys


def main():
    """Run administrative tasks, first making the environment they need where there is none."""
    try:
        from csmetrics import bootstrap

        bootstrap.ensure(sys.argv)
        if sys.argv[1:2] == ["serve"]:  # each of its steps can be done again, so Ctrl-C may end it anywhere
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        _execute()
    except KeyboardInterrupt:
        sys.exit(130)


def _execute():
    """Run Django's command line. A setting that cannot be used is for the caller to mend: no traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csmetrics.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(str(error))


if __name__ == "__main__":
    main()
