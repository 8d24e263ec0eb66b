"""Addresses of the directory. They stay for good: a slug that moves leaves a redirect."""

from django.urls import path

from . import embed, feed, markdown, opensearch, views

app_name = "directory"

urlpatterns = [
    path("", views.metric_list, name="metric-list"),
    path("index.md", markdown.index_markdown, name="index-markdown"),
    path("metrics/<slug:slug>/", views.metric_detail, name="metric-detail"),
    path("compare/", views.compare, name="compare"),
    path("metrics/<slug:slug>.md", markdown.metric_markdown, name="metric-markdown"),
    path("embed/<slug:slug>/", embed.card, name="embed"),
    path("map/", views.priority_map, name="priority-map"),
    path("search/", views.search, name="search"),
    path("choose-stage/", views.choose_stage, name="choose-stage"),
    path("search/suggestions/", opensearch.suggestions, name="suggestions"),
    path("opensearch.xml", opensearch.description, name="opensearch"),
    path("changes.atom", feed.changes, name="changes"),
    path("llms.txt", markdown.llms_txt, name="llms"),
    path("stages/", views.stage_list, name="stage-list"),
    path("stages/<slug:slug>/", views.stage_detail, name="stage-detail"),
    path("faq/", views.faq, name="faq"),
    path("sources/", views.source_list, name="source-list"),
    path("about/", views.about, name="about"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
]
