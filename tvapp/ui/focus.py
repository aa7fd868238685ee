"""Spatial focus: a tree of rectangles, of which exactly one has the focus.

Choosing the next rectangle is pure arithmetic. The tree says which rectangles belong together: a move looks among the
siblings first, then among those of the group. Entering a group restores the focus that it had. Focus cannot be lost:
when the focused rectangle goes away, the nearest one takes over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tvapp.remote.intents import Intent
from tvapp.ui.canvas import Rect

ALONG_WEIGHT = 1.0
"""Cost of a pixel in the direction of the key."""
ACROSS_WEIGHT = 3.0
"""Cost of a pixel to the side: people expect the next rectangle in the same row or column, not the nearest one."""
NO_OVERLAP_PENALTY = 400.0
"""Extra cost of a rectangle that shares no row (or column) with the focused one."""
SLACK = 1.0
"""Pixels by which neighbours may overlap and still count as one after the other."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A rectangle that can have the focus."""

    key: str
    rect: Rect


@dataclass(frozen=True, slots=True)
class Group:
    """Rectangles that belong together. Along an axis that wraps, the first one follows the last.

    No arrow leaves a `modal` group.
    """

    key: str
    children: tuple[Leaf | Group, ...]
    wraps_x: bool = False
    wraps_y: bool = False
    modal: bool = False

    @property
    def rect(self) -> Rect:
        """The box around all its leaves."""
        boxes = [child.rect for child in self.children]
        if not boxes:
            return Rect(0, 0, 0, 0)
        left, top = min(box.x for box in boxes), min(box.y for box in boxes)
        right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
        return Rect(left, top, right - left, bottom - top)


Node = Leaf | Group


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield the leaves of a tree, in order."""
    if isinstance(node, Leaf):
        yield node
        return
    for child in node.children:
        yield from leaves(child)


def choose(origin: Rect, candidates: Sequence[Rect], direction: Intent) -> int | None:
    """Return the index of the box that an arrow leads to; None when nothing lies that way.

    >>> choose(Rect(0, 0, 10, 10), [Rect(50, 0, 10, 10), Rect(20, 40, 10, 10)], Intent.RIGHT)
    0
    """
    best: tuple[float, int] | None = None
    for index, box in enumerate(candidates):
        cost = _cost(origin, box, direction)
        if cost is not None and (best is None or (cost, index) < best):
            best = cost, index
    return None if best is None else best[1]


def _cost(origin: Rect, box: Rect, direction: Intent) -> float | None:
    """Return the cost of a move to a box; None when it does not lie in the direction."""
    gap, near, far, low, high = _axes(origin, box, direction)
    if gap < -SLACK:
        return None
    overlap = min(near[1], far[1]) - max(near[0], far[0])
    along = max(0.0, gap)
    if overlap > 0:
        return along * ALONG_WEIGHT + abs(low - high) * 0.01
    return along * ALONG_WEIGHT - overlap * ACROSS_WEIGHT + NO_OVERLAP_PENALTY


def _axes(
    origin: Rect, box: Rect, direction: Intent
) -> tuple[float, tuple[float, float], tuple[float, float], float, float]:
    """Return the gap along the direction, both spans across it, and both middles across it."""
    match direction:
        case Intent.LEFT:
            gap = origin.x - box.right
        case Intent.RIGHT:
            gap = box.x - origin.right
        case Intent.UP:
            gap = origin.y - box.bottom
        case _:
            gap = box.y - origin.bottom
    if direction in (Intent.LEFT, Intent.RIGHT):
        return gap, (origin.y, origin.bottom), (box.y, box.bottom), origin.center[1], box.center[1]
    return gap, (origin.x, origin.right), (box.x, box.right), origin.center[0], box.center[0]


@dataclass(slots=True)
class Focus:
    """The focused leaf of a tree; every layout places the tree again."""

    focused: str = ""
    _root: Group = Group("", ())
    _memory: dict[str, str] = field(default_factory=dict)
    _last_rect: Rect | None = None

    def place(self, root: Group) -> None:
        """Replace the tree. The focus stays on its leaf, or goes to the nearest one when that leaf is gone."""
        self._root = root
        there = {leaf.key: leaf.rect for leaf in leaves(root)}
        if self.focused in there:
            self._last_rect = there[self.focused]
        elif there:
            self.set(self._nearest(there))

    def set(self, key: str) -> None:
        """Put the focus on `key`; nothing happens when it is not in the tree."""
        chain = _chain(self._root, key)
        if not chain:
            return
        self.focused = key
        self._last_rect = chain[-1].rect
        for group, child in pairwise(chain):
            self._memory[group.key] = child.key

    def move(self, direction: Intent) -> bool:
        """Move the focus in a direction; False when nothing lies there."""
        chain = _chain(self._root, self.focused)
        for depth in range(len(chain) - 2, -1, -1):
            group, child = chain[depth], chain[depth + 1]
            assert isinstance(group, Group)
            others = [other for other in group.children if other.key != child.key and any(leaves(other))]
            index = choose(chain[-1].rect, [other.rect for other in others], direction)
            if index is None and _wraps(group, direction):
                index = _far_end(chain[-1].rect, [other.rect for other in others], direction)
            if index is not None:
                self._enter(others[index], chain[-1].rect, direction)
                return True
            if group.modal:
                return False
        return False

    def leaf_keys(self) -> tuple[str, ...]:
        """Return the keys of all leaves."""
        return tuple(leaf.key for leaf in leaves(self._root))

    def rect(self, key: str) -> Rect | None:
        """Return the box of a leaf; None when it is not in the tree."""
        return next((leaf.rect for leaf in leaves(self._root) if leaf.key == key), None)

    def _enter(self, node: Node, origin: Rect, direction: Intent) -> None:
        while isinstance(node, Group):
            children = [child for child in node.children if any(leaves(child))]
            remembered = self._memory.get(node.key)
            known = next((child for child in children if child.key == remembered), None)
            if known is None:
                index = choose(origin, [child.rect for child in children], direction)
                known = children[index or 0]
            node = known
        self.set(node.key)

    def _nearest(self, there: dict[str, Rect]) -> str:
        if self._last_rect is None:
            return next(iter(there))
        x, y = self._last_rect.center
        return min(there, key=lambda key: (there[key].center[0] - x) ** 2 + (there[key].center[1] - y) ** 2)


def _chain(node: Node, key: str) -> list[Node]:
    """Return the nodes from the root down to the leaf `key`; empty when it is not there."""
    if isinstance(node, Leaf):
        return [node] if node.key == key else []
    for child in node.children:
        below = _chain(child, key)
        if below:
            return [node, *below]
    return []


def _wraps(group: Group, direction: Intent) -> bool:
    return group.wraps_x if direction in (Intent.LEFT, Intent.RIGHT) else group.wraps_y


def _far_end(origin: Rect, boxes: Sequence[Rect], direction: Intent) -> int | None:
    """Return the box at the other end of the row or column; None when it has no other box."""
    in_line: list[tuple[float, int]] = []
    for index, box in enumerate(boxes):
        _, near, far, _, _ = _axes(origin, box, direction)
        if min(near[1], far[1]) - max(near[0], far[0]) > 0:
            position = box.x if direction in (Intent.LEFT, Intent.RIGHT) else box.y
            in_line.append((position, index))
    if not in_line:
        return None
    return min(in_line)[1] if direction in (Intent.RIGHT, Intent.DOWN) else max(in_line)[1]
