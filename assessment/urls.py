"""Addresses of the assessment. Those below an id are nobody's to guess."""

from django.urls import path, register_converter

from . import views


class IdConverter:
    """An id of an assessment: the letters and digits of base 32, in lower case."""

    regex = "[a-z2-7]{26}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(IdConverter, "assessment")

app_name = "assessment"

urlpatterns = [
    path("", views.start, name="start"),
    path("results/", views.result_list, name="result-list"),
    path("results/compare/", views.comparison, name="comparison"),
    path("load/", views.load, name="load"),
    path("<assessment:id>/", views.result, name="result"),
    path("<assessment:id>/context/", views.context, name="context"),
    path("<assessment:id>/name/", views.name, name="name"),
    path("<assessment:id>/delete/", views.delete, name="delete"),
    path("<assessment:id>/result.json", views.download, name="download"),
    path("<assessment:id>/next-visit.ics", views.next_visit, name="next-visit"),
    path("<assessment:id>/<slug:area>/", views.area, name="area"),
]
