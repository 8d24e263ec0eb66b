"""What this is, at `/about/`."""

from django.test import Client

from directory.models import PageText

from .page import hrefs, one_line, words


def test_every_section_is_shown_and_listed_at_the_top(get):
    page = get("/about/")
    sections = PageText.objects.get(slug="about").page["sections"]
    assert hrefs(page.one("nav[@aria-label='On this page']")) == [f"#{each['slug']}" for each in sections]
    assert [each.get("id") for each in page.all("main/section")] == [each["slug"] for each in sections]
    for each in sections:
        assert words(page.by_id(each["slug"]).find(".//h2")) == one_line(each["title"])
        assert len(words(page.by_id(each["slug"]))) > 100


def test_sections_that_other_pages_link_to_are_there(get):
    assert {"figures", "corrections", "licenses"} <= set(get("/about/").ids)


def test_license_and_the_project_it_builds_on_are_linked(get):
    links = get("/about/").links
    assert "https://creativecommons.org/licenses/by/4.0/" in links
    assert any(each.startswith("https://distilled-cs.") for each in links)


def test_labels_explained_are_the_labels_in_use(get):
    explained = words(get("/about/").by_id("figures")).lower()
    for label in ("published", "derived", "practitioner"):
        assert label in explained


def test_page_takes_one_query(db, django_assert_num_queries):
    client = Client()
    with django_assert_num_queries(1):
        client.get("/about/")


def test_page_without_content_is_not_found(client, db):
    PageText.objects.all().delete()
    assert client.get("/about/").status_code == 404
