"""Pages as a strict parser sees them, and what the shipped content says they should hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import html5lib
import yaml
from django.conf import settings
from django.http import HttpResponse

YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _content(name: str) -> Any:
    return yaml.load((settings.CONTENT_DIR / f"{name}.yaml").read_text(), YAML)


ORDER: dict[str, list[str]] = _content("order")
METRICS = ORDER["directory"]
CONTENT: dict[str, dict[str, Any]] = {slug: _content(f"metrics/{slug}") for slug in METRICS}
STAGES, CATEGORIES, SEGMENTS = (
    [each["slug"] for each in _content(name)[name]] for name in ("stages", "categories", "segments")
)

# Every address that the sitemap lists, then states of them that show other parts, then pages for errors.
ADDRESSES = [
    *("/", "/map/", "/compare/", "/stages/", "/faq/", "/sources/", "/about/", "/api/"),
    *(f"/stages/{stage}/" for stage in STAGES),
    *(f"/metrics/{slug}/" for slug in METRICS),
]
STATES = [
    *(f"/?stage={stage}" for stage in STAGES),
    "/?category=retention&category=usage&sort=name",
    "/?stage=walk&category=health",
    "/?stage=run&sort=signal",
    "/?stage=sprint&category=none&sort=random",
    *(f"/map/?stage={stage}" for stage in STAGES),
    "/map/?category=usage&category=health",
    "/map/?stage=walk&show=rising",
    "/map/?stage=run&show=falling",
    "/map/?stage=sprint&category=none&show=all",
    "/search/",
    "/search/?q=churn",
    "/search/?q=retnetion",
    "/search/?q=retention+xyzzy",
    "/search/?q=%3Cb%3E%F0%9F%98%80",
    "/stages/?stage=walk",
    "/stages/?stage=sprint",
    "/metrics/net-revenue-retention/?stage=walk&segment=smb",
    "/metrics/escalation-rate/?stage=sprint&segment=tiny",
    "/metrics/gross-revenue-retention/?starting_arr=2400000&contraction_arr=84000&churned_arr=180000&segment=smb",
    "/metrics/gross-revenue-retention/?starting_arr=2.4m&contraction_arr=84k&churned_arr=180k",
    "/metrics/gross-revenue-retention/?starting_arr=1000&contraction_arr=900&churned_arr=180&decimal=comma",
    "/metrics/net-promoter-score/?promoters=6&passives=3&detractors=x%00%F0%9F%98%80&stage=walk",
    "/metrics/escalation-rate/?accounts_escalated=14&active_accounts=350&segment=enterprise",
    "/metrics/time-to-value/?days_waited_reached=540&days_waited_open=360&accounts_reached=0",
    "/metrics/customer-satisfaction-score/?variant=satisfied-over-total&satisfied_responses=8&total_responses=8",
    "/metrics/customer-health-score/?variant=none&usage_score=72",
    "/compare/?metrics=gross-revenue-retention,net-revenue-retention",
    "/compare/?metrics=net-promoter-score&metrics=time-to-value&metrics=escalation-rate&stage=walk&segment=smb",
    "/compare/?metrics=nothing,net-promotor-score,dau-mau-ratio",
]
# Addresses that answer with data, open to readers from everywhere.
DOCUMENTS = [
    *("/api/v1/", "/api/v1/openapi.json"),
    *(
        f"/api/v1/{name}.json"
        for name in ("metrics", "benchmarks", "priorities", "stages", "sources", "assessment")
    ),
    *("/api/v1/metrics/time-to-value.json", "/api/v1/schema/metrics.json"),
    *("/api/v1/benchmarks.csv", "/api/v1/priorities.csv"),
]
TEXTS = ["/index.md", "/metrics/time-to-value.md", "/llms.txt", "/changes.atom"]
MISSING = ["/metrics/net-revenue-retenton/", "/nothing/here/"]


def is_page(address: str) -> bool:
    """Whether a page of the site is there, and not a file, data or a card for other sites."""
    path = address.partition("?")[0]
    return path.endswith("/") and not path.startswith(("/embed/", "/api/v1/"))


class Page:
    """An answer and its parsed HTML."""

    def __init__(self, path: str, response: HttpResponse) -> None:
        self.path, self.response = path, response
        self.status = response.status_code
        self.text = response.content.decode()

    def __repr__(self) -> str:
        return f"Page({self.path})"

    @cached_property
    def _parsed(self) -> tuple[Element, list[str]]:
        return parse(self.text)

    @property
    def tree(self) -> Element:
        return self._parsed[0]

    @property
    def errors(self) -> list[str]:
        return self._parsed[1]

    def all(self, path: str) -> list[Element]:
        """The elements of a path as ElementTree knows them, from anywhere in the page."""
        return self.tree.findall(f".//{path}")

    def one(self, path: str) -> Element:
        found = self.all(path)
        assert len(found) == 1, f"{len(found)} of {path} in {self.path}"
        return found[0]

    def has(self, path: str) -> bool:
        return bool(self.all(path))

    def by_id(self, name: str) -> Element:
        return self._by_id[name]

    @cached_property
    def _by_id(self) -> dict[str, Element]:
        return {each.get("id", ""): each for each in reversed(self.all("*[@id]"))}

    def by_class(self, name: str) -> list[Element]:
        return by_class(self.tree, name)

    @cached_property
    def ids(self) -> list[str]:
        return [each.get("id", "") for each in self.all("*[@id]")]

    @cached_property
    def metrics(self) -> list[str]:
        """The metrics listed, in the order shown; found in the text, which is quicker than in the tree."""
        return re.findall(
            r'<(?:li[^>]* data-metric="|span class="map__name"><a href="/metrics/)([a-z-]+)', self.text
        )

    @property
    def title(self) -> str:
        return words(self.one("head/title"))

    def meta(self, name: str) -> str | None:
        """What a `meta` element says, by its name or property."""
        for key in ("name", "property"):
            for each in self.all(f"meta[@{key}='{name}']"):
                return each.get("content")
        return None

    @property
    def links(self) -> list[str]:
        return [each.get("href", "") for each in self.all("a[@href]")]

    @cached_property
    def graph(self) -> list[dict[str, Any]]:
        """The structured data of the page."""
        return [
            item
            for each in self.all("script[@type='application/ld+json']")
            for item in json.loads(each.text or "")["@graph"]
        ]

    def graph_of(self, kind: str) -> dict[str, Any]:
        found = [each for each in self.graph if each["@type"] == kind]
        assert len(found) == 1, f"{len(found)} of {kind} in {self.path}"
        return found[0]


def parse(text: str, *, is_fragment: bool = False) -> tuple[Element, list[str]]:
    """The tree of a page or fragment, its names without namespaces, and what a strict parser found wrong."""
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    tree = parser.parseFragment(text) if is_fragment else parser.parse(text)
    for each in tree.iter():
        if isinstance(each.tag, str):
            each.tag = each.tag.rpartition("}")[2]
    return tree, [f"{line}:{column}: {name} {values}" for (line, column), name, values in parser.errors]


def words(element: Element) -> str:
    """Its text on one line, with plain spaces."""
    return one_line("".join(element.itertext()))


def one_line(text: str) -> str:
    return " ".join(text.split())


def by_class(element: Element, name: str) -> list[Element]:
    return [each for each in element.iter() if name in each.get("class", "").split()]


def metrics(element: Element) -> list[str]:
    return [each.get("data-metric", "") for each in element.iter() if each.get("data-metric")]


def hrefs(element: Element) -> list[str]:
    return [each.get("href", "") for each in element.iter("a") if each.get("href")]


def headings(page: Page) -> Iterator[tuple[int, str]]:
    for each in page.tree.iter():
        if isinstance(each.tag, str) and each.tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            yield int(each.tag[1]), words(each)


def source_text(element: Element) -> str:
    """The element as text, for comparing two of them."""
    return ElementTree.tostring(element, encoding="unicode")


def notices(page: Page) -> list[str]:
    return [words(each) for notice in page.all("div[@role='note']") for each in notice.iter("p")]


# -- What the content says --


def level(slug: str, stage: str) -> str:
    return str(CONTENT[slug]["stages"][stage]["priority"])


def families(slug: str) -> set[str]:
    return {CONTENT[slug]["category"], CONTENT[slug].get("also_in")} - {None}


def in_order(sort: str, stage: str | None = None) -> list[str]:
    """The metrics in one of the orders of the directory, worked out from the files."""
    match sort:
        case "priority":
            return ORDER[str(stage)]
        case "name":
            return sorted(METRICS, key=lambda slug: CONTENT[slug]["name"])
        case "category":
            return sorted(METRICS, key=lambda slug: CATEGORIES.index(CONTENT[slug]["category"]))
        case "signal":
            signals = ["leading", "input", "lagging"]
            return sorted(METRICS, key=lambda slug: signals.index(CONTENT[slug]["indicator"]))
    return METRICS
