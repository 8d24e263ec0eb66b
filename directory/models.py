"""The content as rows: what `load_content` writes and every page reads. Nothing else writes here.

Slugs are the primary keys, so a row can be told apart without a join and a reload keeps every address.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.urls import reverse


class Category(models.Model):
    """A family of metrics."""

    slug = models.SlugField(primary_key=True, max_length=60)
    position = models.PositiveSmallIntegerField()
    name = models.TextField()
    measures = models.TextField(help_text="what the family tells, in one sentence")

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return self.name


class Segment(models.Model):
    """A size group of customers; benchmarks are split by it."""

    slug = models.SlugField(primary_key=True, max_length=60)
    position = models.PositiveSmallIntegerField()
    name = models.TextField()
    customers = models.TextField(help_text="who is in it")
    short = models.TextField(help_text="as it reads inside a sentence")

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """A maturity stage of the customer success function: Crawl, Walk, Run."""

    slug = models.SlugField(primary_key=True, max_length=60)
    position = models.PositiveSmallIntegerField()
    name = models.TextField()
    line = models.TextField(help_text="the stage in one sentence")
    page = models.JSONField(help_text="the rest of its content, ready to be shown")

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("directory:stage-detail", args=[self.slug])

    @property
    def numeral(self) -> str:
        return ("I", "II", "III")[self.position]


class MetricQuerySet(models.QuerySet["Metric"]):
    def in_order(self, sort: str, stage: str | None = None) -> MetricQuerySet:
        """The metrics in one of the orders of the directory; `priority` needs a stage."""
        match sort:
            case "priority":
                return self.filter(priorities__stage=stage).order_by("priorities__rank")
            case "name":
                return self.order_by("name")
            case "category":
                return self.order_by("category__position", "position")
            case "signal":
                leading_first = models.Case(
                    models.When(indicator="leading", then=0), models.When(indicator="input", then=1), default=2
                )
                return self.order_by(leading_first, "position")
        return self.order_by("position")

    def placed_near(self, metric: Metric) -> MetricQuerySet:
        """The neighbors in the order of the directory."""
        return self.filter(position__in=[metric.position - 1, metric.position + 1]).only(
            "slug", "name", "position"
        )

    def ranked_near(self, priority: Priority) -> dict[int, Metric]:
        """The neighbors in the order of a stage, by their rank."""
        near = Priority.objects.filter(stage=priority.stage_id, rank__in=[priority.rank - 1, priority.rank + 1])
        return {
            each.rank: each.metric for each in near.select_related("metric").defer("metric__data", "metric__page")
        }

    def for_lists(self) -> MetricQuerySet:
        """With what a row of a list shows, and without the long texts."""
        priorities = models.Prefetch("priorities", Priority.objects.defer("detail"))
        return self.select_related("category", "also_in").prefetch_related(priorities).defer("data", "page")

    def for_map(self) -> MetricQuerySet:
        """With its priorities and their guidance, for every cell of the priority map."""
        return self.select_related("category").prefetch_related("priorities").defer("data", "page")

    def for_choice(self) -> MetricQuerySet:
        """Name, abbreviation and category alone."""
        return self.select_related("category").only("slug", "name", "abbreviation", "category", "position")

    def for_comparison(self, slugs: Iterable[str]) -> MetricQuerySet:
        """These metrics with all that a comparison shows."""
        rows = models.Prefetch(
            "benchmarks", Benchmark.objects.select_related("segment").prefetch_related("sources")
        )
        return self.for_page().filter(slug__in=list(slugs)).prefetch_related(rows)

    def for_page(self) -> MetricQuerySet:
        """With its categories, and its priorities with their stages, for the page of a metric."""
        priorities = models.Prefetch(
            "priorities", Priority.objects.select_related("stage").defer("detail", "stage__page")
        )
        return self.select_related("category", "also_in").prefetch_related(priorities)


class Metric(models.Model):
    """One named measure of customer success."""

    slug = models.SlugField(primary_key=True, max_length=60)
    position = models.PositiveIntegerField(help_text="place in the directory when no stage is known")
    name = models.TextField()
    abbreviation = models.TextField(blank=True)
    summary = models.TextField()
    category = models.ForeignKey(Category, models.PROTECT, related_name="metrics")
    also_in = models.ForeignKey(Category, models.PROTECT, related_name="also", null=True)
    unit = models.TextField()
    direction = models.TextField()
    indicator = models.TextField()
    cadence = models.TextField()
    changed = models.DateField(help_text="last change of meaning")
    data = models.JSONField(help_text="the file as it was validated")
    page = models.JSONField(help_text="the same, with its texts ready to be shown")
    digest = models.TextField(help_text="changes when anything shown on the page changes")

    objects = MetricQuerySet.as_manager()

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("directory:metric-detail", args=[self.slug])

    @property
    def short_name(self) -> str:
        return self.abbreviation or self.name

    @property
    def profile(self) -> list[Priority]:
        """The priorities in the order of the stages, from rows fetched before."""
        return sorted(self.priorities.all(), key=lambda each: each.stage_position)

    def priority_at(self, stage: str) -> Priority:
        return next(each for each in self.priorities.all() if each.stage_id == stage)


class Priority(models.Model):
    """The weight of a metric at a stage. The first four of a stage's ranks are its focus."""

    FOCUS = 4

    metric = models.ForeignKey(Metric, models.CASCADE, related_name="priorities")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="priorities")
    stage_position = models.PositiveSmallIntegerField()
    level = models.TextField(choices=[(level, level) for level in ("high", "medium", "low")])
    rank = models.PositiveIntegerField(help_text="from 1, over all metrics")
    reason = models.TextField()
    detail = models.JSONField(help_text="guidance, actions and the sign of readiness, ready to be shown")

    class Meta:
        ordering = ("stage_position", "rank")
        constraints = [models.UniqueConstraint(fields=["metric", "stage"], name="one_priority_per_stage")]

    def __str__(self) -> str:
        return f"{self.metric_id} is {self.level} at {self.stage_id}"

    @property
    def is_focus(self) -> bool:
        return self.rank <= self.FOCUS


class RelationQuerySet(models.QuerySet["Relation"]):
    def among(self, slugs: Iterable[str]) -> RelationQuerySet:
        """Relations between these metrics."""
        chosen = list(slugs)
        return self.filter(metric__in=chosen, other__in=chosen).order_by("position")

    def involving(self, metric: Metric) -> RelationQuerySet:
        """Relations that name the metric on either side, its own first, with the other metric for a list."""
        link = [f"{side}__{name}" for side in ("metric", "other") for name in ("slug", "name")]
        return (
            self.filter(models.Q(metric=metric) | models.Q(other=metric))
            .select_related("metric", "other")
            .only("kind", "why", "position", *link)
            .order_by(models.Case(models.When(metric=metric, then=0), default=1), "position", "metric__position")
        )


class Relation(models.Model):
    """What another metric is to this one. Written in one file or both, shown on both pages."""

    metric = models.ForeignKey(Metric, models.CASCADE, related_name="relations")
    other = models.ForeignKey(Metric, models.CASCADE, related_name="named_by")
    kind = models.TextField()
    why = models.TextField()
    position = models.PositiveSmallIntegerField()

    objects = RelationQuerySet.as_manager()

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return f"{self.metric_id} {self.kind} {self.other_id}"


class SourceQuerySet(models.QuerySet["Source"]):
    def with_use(self) -> SourceQuerySet:
        """With the metric that cites it and `row_count`, the number of benchmark rows that rest on it there."""
        return (
            self.select_related("metric")
            .defer("metric__data", "metric__page")
            .annotate(row_count=models.Count("benchmarks"))
            .order_by("metric__position", "number")
        )


class Source(models.Model):
    """A publication that a metric's figures or statements rest on. `key` is the same in every metric."""

    metric = models.ForeignKey(Metric, models.CASCADE, related_name="sources")
    key = models.SlugField(max_length=60)
    number = models.PositiveSmallIntegerField(help_text="its number on the page")
    publisher = models.TextField()
    title = models.TextField()
    year = models.PositiveSmallIntegerField(null=True)
    link = models.TextField(blank=True, help_text="only where the host is the publisher's own")
    via = models.TextField(blank=True, help_text="through whom it was read, where that was second-hand")
    sample = models.TextField()
    finding = models.TextField()
    cited_in = models.JSONField(default=list, help_text="the keys of the content file that cite it")

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=["metric", "key"], name="one_source_per_key")]

    def __str__(self) -> str:
        return f"{self.publisher}, {self.title}"


class Benchmark(models.Model):
    """Weak, typical and strong for a segment, with how they are known. Figures are in `unit`."""

    metric = models.ForeignKey(Metric, models.CASCADE, related_name="benchmarks")
    position = models.PositiveSmallIntegerField()
    segment = models.ForeignKey(Segment, models.PROTECT, related_name="benchmarks", null=True)
    qualifier = models.TextField(blank=True)
    whom = models.TextField(blank=True, help_text="whom the row is about, as it reads after `for`")
    arr_min = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    arr_max = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    measures = models.TextField(blank=True, help_text="set where the row is not about the metric itself")
    phrase = models.TextField(blank=True, help_text="the measure as it reads inside a sentence")
    variant = models.SlugField(max_length=60, blank=True)
    unit = models.TextField()
    direction = models.TextField()
    median = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    point = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    weak = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    low = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    high = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    strong = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    basis = models.TextField()
    year = models.PositiveSmallIntegerField(null=True)
    confidence = models.TextField()
    treat_as = models.TextField(blank=True)
    because = models.TextField(blank=True, help_text="why the row is for orientation only")
    note = models.TextField(help_text="HTML made by the loader")
    sources = models.ManyToManyField(Source, related_name="benchmarks")

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return f"{self.metric_id}, {self.segment_id or 'all'}, row {self.position + 1}"


class Question(models.Model):
    """A question and its answer."""

    slug = models.SlugField(primary_key=True, max_length=60)
    position = models.PositiveSmallIntegerField()
    group = models.TextField()
    group_lead = models.TextField()
    question = models.TextField()
    answer = models.TextField(help_text="HTML made by the loader")
    plain_answer = models.TextField(help_text="the answer without markup, for structured data and search")
    pages = models.JSONField(help_text="the pages that show it besides its own")

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return self.question

    def get_absolute_url(self) -> str:
        return reverse("directory:faq") + f"#{self.slug}"


class PageText(models.Model):
    """The running text of a page, ready to be shown."""

    slug = models.SlugField(primary_key=True, max_length=60)
    page = models.JSONField()

    def __str__(self) -> str:
        return self.slug

    @classmethod
    def texts(cls, slug: str) -> dict[str, Any]:
        """The texts of a page; none before content is loaded."""
        found = cls.objects.filter(slug=slug).first()
        return found.page if found else {}


class Redirect(models.Model):
    """A slug that moved."""

    old = models.SlugField(primary_key=True, max_length=60)
    new = models.SlugField(max_length=60)

    def __str__(self) -> str:
        return f"{self.old} is now {self.new}"


class SearchEntryQuerySet(models.QuerySet["SearchEntry"]):
    def replace(self, kind: str, entries: Iterable[SearchEntry]) -> None:
        """Make the entries of a kind equal to these, in their order."""
        self.filter(kind=kind).delete()
        rows = list(entries)
        for position, row in enumerate(rows):
            row.kind, row.position = kind, position
        self.bulk_create(rows)


class SearchEntry(models.Model):
    """Something that another app has, for the search box to find."""

    kind = models.SlugField(max_length=20)
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=60)
    path = models.TextField()
    title = models.TextField()
    summary = models.TextField()
    body = models.JSONField(help_text="a list of texts")

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        ordering = ("kind", "position")

    def __str__(self) -> str:
        return self.title


class ChangeQuerySet(models.QuerySet["Change"]):
    def touching(self, slug: str) -> list[Change]:
        """The changes of a metric, newest first: those that name it and those of the whole directory."""
        return [each for each in self if not each.metrics or slug in each.metrics]


class Change(models.Model):
    """Something that changed in the content."""

    KINDS = {"new": "New", "correction": "Correction", "benchmark": "Benchmark", "wording": "Wording"}

    slug = models.SlugField(primary_key=True, max_length=60)
    position = models.PositiveIntegerField()
    date = models.DateField()
    kind = models.TextField()
    title = models.TextField()
    text = models.TextField(blank=True, help_text="HTML made by the loader")
    metrics = models.JSONField(help_text="slugs of the metrics it touches; none for the whole directory")

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return f"{self.date}: {self.title}"

    @property
    def kind_name(self) -> str:
        return self.KINDS[self.kind]


class ContentVersion(models.Model):
    """One row: which content is loaded. Changes with any byte of any content file."""

    digest = models.TextField()
    loaded_at = models.DateTimeField(auto_now=True, help_text="stays when a load changes nothing")

    def __str__(self) -> str:
        return self.short

    @property
    def short(self) -> str:
        return self.digest[:12]

    @classmethod
    def current(cls) -> Any:
        return cls.objects.first()
