"""A place in memory for what was made once: bounded in number and bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar


class Costing(Protocol):
    """Something that says how many bytes it may take."""

    @property
    def cost(self) -> int: ...


Item = TypeVar("Item", bound=Costing)


class Shelf(Generic[Item]):
    """Items by key; what was asked for longest ago goes first."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self.most, self.most_bytes = most, most_bytes
        self.items: OrderedDict[Hashable, Item] = OrderedDict()
        self.cost = 0
        self.lock = threading.Lock()

    def get(self, key: Hashable) -> Item | None:
        with self.lock:
            item = self.items.get(key)
            if item is not None:
                self.items.move_to_end(key)
            return item

    def put(self, key: Hashable, item: Item) -> None:
        with self.lock:
            if former := self.items.pop(key, None):
                self.cost -= former.cost
            self.items[key] = item
            self.cost += item.cost
            while len(self.items) > self.most or self.cost > self.most_bytes:
                self.cost -= self.items.popitem(last=False)[1].cost

    def clear(self) -> None:
        with self.lock:
            self.items.clear()
            self.cost = 0
