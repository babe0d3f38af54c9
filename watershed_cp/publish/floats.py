"""Pictures that shrink a little, or let a table go before them, so that no page of a report stays half empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportlab.platypus import Flowable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Figure", "Float"]

_LEAST = 0.8  # of its size a picture keeps, so that its words can be read
_BETWEEN = 8  # points over a picture or a table
_UNDER = 4  # points between a caption and its picture


class Figure(Flowable):  # type: ignore[misc]
    """A caption and its picture as one; drawn smaller where that saves it from the next page.

    Parameters
    ----------
    caption : reportlab.platypus.Paragraph
        What the picture shows.
    canvas : reportlab.graphics.shapes.Drawing
        The picture, at its full size in points.
    """

    spaceBefore = _BETWEEN  # noqa: N815 - ReportLab's names

    def __init__(self, caption: Any, canvas: Any) -> None:
        super().__init__()
        self._caption, self._canvas, self._scale = caption, canvas, 1.0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Give the size it takes: its own, or the height that is left where the picture is legible at that."""
        self._above = self._caption.wrap(width, height)[1] + _UNDER
        wanted = (height - self._above) / self._canvas.height
        self._scale = wanted if _LEAST <= wanted < 1 else 1.0
        return width, self._above + self._scale * self._canvas.height

    def draw(self) -> None:
        """Draw the caption over the picture."""
        high = self._scale * self._canvas.height
        self._caption.drawOn(self.canv, 0, high + _UNDER)
        self.canv.scale(self._scale, self._scale)
        self._canvas.drawOn(self.canv, 0, 0)


class Float(Flowable):  # type: ignore[misc]
    """Pictures and the table after them: a picture that no longer fits begins the next page, and the table goes on.

    Parameters
    ----------
    figures : sequence of Figure
        In their order.
    table : reportlab.platypus.Table
        What follows them.
    """

    def __init__(self, figures: Sequence[Figure], table: Any) -> None:
        super().__init__()
        self._figures, self._table = figures, table

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Ask to be split: it is never set as one."""
        return width, height + 1

    def split(self, width: float, height: float) -> list[Any]:
        """Give what stands first in the room that is left, and what stays for later."""
        room = height - _BETWEEN
        first, *others = self._figures
        if first.wrap(width, room)[1] <= room:
            return [first, Float(others, self._table) if others else self._table]
        if self._table.wrap(width, room)[1] <= room:
            return [self._table, *self._figures]
        return [
            part if at == 0 else Float(self._figures, part)
            for at, part in enumerate(self._table.split(width, room))
        ]
