"""The settings of the site, with the addresses of the stand-in."""

from csmetrics.settings import *  # noqa: F403

ROOT_URLCONF = "tests.faults.standin"
