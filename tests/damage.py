"""What a change to the shipped content would make the loader say, without reading all files again each time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from assessment.loader import QUESTIONNAIRE, dimensions_of
from csmetrics.content import Answered, check, read
from directory.loader.errors import ContentError
from directory.loader.read import Document, Folder


class Shipped:
    """The shipped content, read once. Names of files are as in `metrics/time-to-value.yaml`."""

    def __init__(self, folder: Path) -> None:
        self.documents = read(folder).documents
        self.texts = {name: (folder / name).read_text() for name in self.documents}

    def problems_with(
        self,
        files: Mapping[str, str | bytes | None],
        known_slugs: Iterable[str] = (),
        answered: Answered | None = None,
    ) -> list[str]:
        """The lines that a load prints if these files had these texts (None: were gone), the closing one too.

        `known_slugs` are the metrics loaded before, `answered` the versions of the questionnaire with responses.
        """
        documents = {**self.documents, **self.read(files)}
        for name, document in documents.items():
            if name not in files:
                document.problems.clear()
        folder = Folder(
            "content", {name: documents[name] for name in documents if files.get(name, "") is not None}, [], ""
        )
        check(folder, known_slugs, answered)
        problems = folder.all_problems()
        return str(ContentError(problems)).splitlines() if problems else []

    def questionnaire(self) -> dict[str, Any]:
        """Its files as a load stores them."""
        folder = Folder("content", self.documents, [], "")
        return {
            "questionnaire": folder.documents[QUESTIONNAIRE].content.model_dump(mode="json"),
            "dimensions": {
                slug: each.content.model_dump(mode="json") for slug, each in dimensions_of(folder).items()
            },
        }

    def read(self, files: Mapping[str, str | bytes | None]) -> dict[str, Document]:
        """These files alone, as the loader reads them, without the checks between files."""
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "content"
            for name, text in files.items():
                if text is not None:
                    path = folder / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(text if isinstance(text, bytes) else text.encode())
            return read(folder).documents if folder.exists() else {}
