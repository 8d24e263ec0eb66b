"""Addresses of the whole site."""

from django.urls import include, path

urlpatterns = [
    path("", include("directory.urls")),
    path("assessment/", include("assessment.urls")),
    path("api/", include("csmetrics.api")),
]

handler400 = "csmetrics.errors.bad_request"
handler404 = "csmetrics.errors.not_found"
handler500 = "csmetrics.errors.server_error"
