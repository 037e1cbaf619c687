"""Handing a prepared file out."""

from collections.abc import Iterator

from contacts.models import Export, ExportPiece


def pieces(export: Export) -> Iterator[bytes]:
    """The file, a piece at a time; each is read when the one before has gone out."""
    positions = list(ExportPiece.objects.filter(of=export).values_list("position", flat=True))
    for position in positions:
        piece = ExportPiece.objects.filter(of=export, position=position).values_list("content", flat=True).first()
        if piece is None:
            # Expired while it was going out: what follows would be no file. The reader's program sees it cut short.
            return
        yield bytes(piece)
