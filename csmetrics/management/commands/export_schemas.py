"""`manage.py export_schemas`: writes the JSON Schema of every kind of content file, for editors' tools."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from csmetrics.content import FILES
from directory.loader.schema import json_schema

NAMES = {
    "metrics/*.yaml": "metric",
    "pages/*.yaml": "page",
    "assessment/questionnaire.yaml": "questionnaire",
    "assessment/dimensions/*.yaml": "dimension",
    "assessment/texts.yaml": "assessment-texts",
}


def schema_files() -> dict[Path, str]:
    """Path and text of each schema file."""
    folder = Path(settings.BASE_DIR) / "schemas"
    return {
        folder / f"{NAMES.get(pattern, pattern.removesuffix('.yaml'))}.schema.json": json.dumps(
            json_schema(model), indent=2, ensure_ascii=False
        )
        + "\n"
        for pattern, model in FILES.items()
    }


class Command(BaseCommand):
    help = "Write schemas/*.schema.json from the classes in directory/loader/schema.py and assessment/schema.py."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for path, text in schema_files().items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            self.stdout.write(f"{path.relative_to(settings.BASE_DIR)}")
