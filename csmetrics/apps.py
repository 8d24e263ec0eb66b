"""The project package as an installed app, for its commands, its table and its check of a deployment."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from .checks import site_url


class CsmetricsConfig(AppConfig):
    name = "csmetrics"

    def ready(self) -> None:
        register(site_url, Tags.urls, deploy=True)
