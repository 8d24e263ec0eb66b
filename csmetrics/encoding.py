"""Requests are read as UTF-8, whatever encoding they claim. Every form of this site is sent so."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Without taking over the `charset`.

        Where there is one, Django parses the query string while it makes the request, before anything is there to
        catch what is wrong with it: a thousand fields and `charset=utf-16` would be a bare 500 of the server.
        """
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
