"""What the columns of a table mean."""

from typing import Any, Final

from django import forms

from contacts.importers import Mapping
from contacts.importers.fields import Field
from contacts.services.imports.columns import Table

CHOICES: Final = (
    (Field.IGNORE.value, "nothing, leave it out"),
    (
        "Name",
        (
            (Field.FULL_NAME.value, "full name"),
            (Field.GIVEN.value, "given name"),
            (Field.MIDDLE.value, "middle name"),
            (Field.FAMILY.value, "family name"),
            (Field.NICKNAME.value, "nickname"),
        ),
    ),
    (
        "Work and place",
        (
            (Field.ORGANISATION.value, "organisation"),
            (Field.ROLE.value, "role"),
            (Field.PLACE.value, "place"),
            (Field.TOWN.value, "town"),
            (Field.REGION.value, "region"),
            (Field.COUNTRY.value, "country"),
        ),
    ),
    (
        "How to reach them",
        (
            (Field.EMAIL.value, "e-mail address"),
            (Field.PHONE.value, "phone"),
            (Field.URL.value, "web page"),
            (Field.LINKEDIN.value, "LinkedIn page"),
        ),
    ),
    (
        "The rest",
        (
            (Field.BIRTHDAY.value, "birthday"),
            (Field.DATE.value, "another day to remember"),
            (Field.CONNECTED_ON.value, "since when you know them"),
            (Field.HOW_MET.value, "how you met"),
            (Field.TAGS.value, "tags"),
            (Field.NOTES.value, "notes"),
            (Field.CUSTOM.value, "a field under its own name"),
            (Field.UID.value, "the program's own number"),
        ),
    ),
)

_NAMES: Final = frozenset({Field.FULL_NAME, Field.GIVEN, Field.FAMILY, Field.NICKNAME, Field.EMAIL})
_ORDERS: Final = (("", "I cannot say: keep days as they are written"), ("day", "3 April"), ("month", "4 March"))


class ColumnsForm(forms.Form):
    """One table. Its fields are `<file>-0`, `<file>-1` …, in the order of the columns."""

    has_heading = forms.BooleanField(label="The first row is a heading, and nobody", required=False)
    order = forms.ChoiceField(label="What is 3/4/2020?", choices=_ORDERS, required=False)

    def __init__(self, data: Any, table: Table) -> None:
        super().__init__(data, prefix=str(table.file.id))
        self.table = table
        self.initial = {
            "has_heading": table.has_heading,
            "order": {None: "", True: "day", False: "month"}[table.day_first],
        }
        for at, (heading, _, field) in enumerate(table.columns):
            self.fields[str(at)] = forms.ChoiceField(
                label=heading or f"Column {at + 1}", choices=CHOICES, required=False, initial=field.value
            )

    @property
    def columns(self) -> list[tuple[forms.BoundField, str]]:
        """Each column's choice, and what stands below its heading."""
        return [(self[str(at)], " · ".join(samples)) for at, (_, samples, _) in enumerate(self.table.columns)]

    def clean(self) -> dict[str, Any]:
        """Somebody must be named by it."""
        data = super().clean() or self.cleaned_data
        if not _NAMES & set(self._chosen()):
            raise forms.ValidationError(
                f"{self.table.name}: say which column has the name, or the e-mail address; nobody is known without."
            )
        return data

    def mapping(self) -> Mapping:
        """What was said; after `is_valid`."""
        order = {"day": True, "month": False}.get(self.cleaned_data["order"])
        return Mapping(tuple(self._chosen()), bool(self.cleaned_data["has_heading"]), order)

    def _chosen(self) -> list[Field]:
        return [Field(self.cleaned_data.get(str(at), "")) for at in range(len(self.table.columns))]
