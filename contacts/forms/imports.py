"""The files that a member chose, and which rows of a report are wanted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from contacts.importers import UnreadableFile, check
from contacts.models import RowOutcome
from contacts.services.imports.uploading import MAX_FILES, MAX_UPLOAD_BYTES, Upload

_READ_AT_ONCE = 5_000_000
MEGABYTES = MAX_UPLOAD_BYTES // 1_000_000

TOO_LARGE = (
    f"Kith takes up to {MEGABYTES} MB at once, which is room for many thousands of cards. "
    "Export cards without photos, and mails in several parts, a year each, say."
)
TOO_MANY = f"Kith takes up to {MAX_FILES} files at once. Choose the rest after these."


class FilesInput(forms.FileInput):
    """A file input that takes several."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """All of them, in the order in which they were chosen."""
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name)


class FilesField(forms.FileField):
    """Several files; cleans to a list of them."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        """Every file by itself; an empty one is dealt with by whoever reads it."""
        files = [file for file in (data or []) if file]
        if not files:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return files


class UploadForm(forms.Form):
    """Files to import. `readable` and `refused` say, after `is_valid`, what can be taken in and why the rest cannot."""

    files = FilesField(  # type: ignore[assignment]  # the name of a field, not of the form's own files
        label="Files",
        error_messages={"required": "Choose a file first."},
        widget=FilesInput(
            attrs={
                "accept": ".vcf,.vcard,.csv,.tsv,.txt,.zip,.mbox,.eml,.ics,text/vcard,text/csv,text/calendar",
                "data-max-bytes": MAX_UPLOAD_BYTES,
            }
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.readable: list[UploadedFile[Any]] = []
        self.refused: list[str] = []

    def clean_files(self) -> list[UploadedFile[Any]]:
        """Bounded in number and size, and, where that takes no time, looked at."""
        files: list[UploadedFile[Any]] = self.cleaned_data["files"]
        if len(files) > MAX_FILES:
            raise forms.ValidationError(TOO_MANY)
        if sum(file.size or 0 for file in files) > MAX_UPLOAD_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        for file in files:
            fault = _fault(file)
            if fault:
                self.refused.append(f"{file.name}: {fault}")
            else:
                self.readable.append(file)
        if not self.readable:
            raise forms.ValidationError([forms.ValidationError(fault) for fault in self.refused])
        return self.readable

    def uploads(self) -> list[Upload]:
        """What `take_in` wants."""
        return [Upload(file.name or "file", _chunks(file)) for file in self.readable]


class ConfirmForm(forms.Form):
    """What the member chose beside the preview."""

    one_way = forms.BooleanField(required=False)

    @property
    def with_one_way(self) -> bool:
        """Whether those are wanted, too, with whom mail went one way only."""
        return self.is_valid() and bool(self.cleaned_data["one_way"])


class ReportForm(forms.Form):
    """Which rows are wanted."""

    outcome = forms.ChoiceField(choices=RowOutcome.choices, required=False)

    @property
    def wanted(self) -> str:
        """An outcome, or nothing for all of them, also where the address holds nonsense."""
        self.is_valid()
        return str(self.cleaned_data.get("outcome", ""))


def _fault(file: UploadedFile[Any]) -> str:
    """Why the file as a whole cannot be read. A large one is left to the worker: a page must not wait for it."""
    if (file.size or 0) > _READ_AT_ONCE:
        return ""
    try:
        check(file.name or "file", file)
    except UnreadableFile as error:
        return str(error)
    finally:
        file.seek(0)
    return ""


def _chunks(file: UploadedFile[Any]) -> Iterable[bytes]:
    return file.chunks()
