"""Exporters: plain records in, files out, piece by piece; what they write, the importers read back without a loss.

>>> for piece in write_vcards(records):  # doctest: +SKIP
...     file.write(piece)
"""

from contacts.exporters.calendars import CalendarEvent, Published, write_ics
from contacts.exporters.tables import neutralise, write_csv
from contacts.exporters.vcards import write_vcards

__all__ = ["CalendarEvent", "Published", "neutralise", "write_csv", "write_ics", "write_vcards"]
