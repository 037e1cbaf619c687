"""Photos: made anew, small and bare, whatever was uploaded.

What comes in may be anything: a picture that unpacks to gigabytes, a script that calls itself a picture, a photo with
the place where it was taken. None of it is kept: the pixels are read by Pillow within limits that are checked before
anything is unpacked, and written anew as a JPEG, which every address book reads.
"""

import hashlib
from datetime import datetime
from io import BytesIO
from typing import Final

from django.db import transaction
from PIL import Image, ImageOps

from contacts.models import Change, ChangeKind, Person, Photo
from netapp.accounts.models import User

MAX_BYTES: Final = 10_000_000
"""Bytes of a file that is looked at."""

SIDE: Final = 512
"""Pixels of the longer side of what is kept."""

PHOTO: Final = "photo"
"""Stands in `typed_fields` once the member chose a photo, or none, so that an import leaves it alone."""

_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP")  # all drawn by pixels: no SVG, no PostScript, no fonts
_MOST_PIXELS: Final = 24_000_000
_MOST_JPEG_PIXELS: Final = 40_000_000
_MOST_SCANS: Final = 100
_QUALITIES: Final = (85, 75, 60, 40)
_ENOUGH_BYTES: Final = 100_000


class NotAPhoto(ValueError):
    """The file is no picture that can be taken in. The message says why, to the member."""


def store_photo(*, owner: User, person: Person, data: bytes, now: datetime) -> Photo | None:
    """Put the photo of an imported card on `person`; what stands there now, None where the member wants none.

    `data` is the file as it came. A photo that the member chose stays, and so does the choice of none; `updated_at`
    stays too, as the card's words do. Raises NotAPhoto.
    """
    return _put(owner, person, data, now, typed=False)[0]


def choose_photo(*, person: Person, data: bytes, now: datetime) -> Change | None:
    """Put a photo on a card by hand; the change that undoes it, None where it stood there already. Raises NotAPhoto."""
    return _put(person.owner, person, data, now, typed=True)[1]


@transaction.atomic
def take_off_photo(*, person: Person, now: datetime) -> Change | None:
    """Leave a card without a photo; the change that undoes it, None where there was none."""
    card = Person.objects.select_for_update(no_key=True).get(id=person.id)
    present = Photo.objects.filter(person=card, removed_at=None).first()
    if present is None:
        return None
    Photo.objects.filter(id=present.id).update(removed_at=now)
    return _note(card, present, "", now, typed=True)


def put_back(*, change: Change, now: datetime) -> bool:
    """Undo either, unless the photo was changed again since. Runs in the caller's transaction."""
    before = change.before
    locked = Person.objects.select_for_update(no_key=True).filter(owner=change.owner_id, id=before["person"])
    person = locked.first()
    if person is None or person.photo_key != before["key"]:
        return False
    Photo.objects.filter(person=person, removed_at=None).update(removed_at=now)
    old = Photo.objects.filter(person=person, id=before["photo"]).first() if before["photo"] else None
    if old:
        Photo.objects.filter(id=old.id).update(removed_at=None)
    person.photo_key = old.key if old else ""
    person.save(update_fields=["photo_key"])
    return True


def made_anew(data: bytes) -> tuple[bytes, int, int]:
    """The picture as a JPEG of at most SIDE pixels, its width and height. Nothing but pixels is taken over.

    Raises NotAPhoto. Takes at most about 250 MB for a moment, whatever the file claims.
    """
    if len(data) > MAX_BYTES:
        raise NotAPhoto(f"The file is larger than {MAX_BYTES // 1_000_000} MB. A smaller copy will do.")
    try:
        # Decoders may fail on a broken file in any way they like.
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            _check_size(image, data)
            return _encoded(_reduced(image))
    except NotAPhoto:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotAPhoto(_TOO_LARGE) from error
    except Exception as error:
        raise NotAPhoto("This is no picture that Kith can read. JPEG, PNG, WebP and GIF work.") from error


_TOO_LARGE: Final = "The picture has too many pixels. A smaller copy will do: 1,000 by 1,000 is plenty."


def _put(owner: User, person: Person, data: bytes, now: datetime, *, typed: bool) -> tuple[Photo | None, Change | None]:
    content, width, height = made_anew(data)
    key = hashlib.sha256(content).hexdigest()[:32]
    with transaction.atomic():
        card = Person.objects.select_for_update(no_key=True).get(id=person.id, owner=owner)
        present = Photo.objects.filter(person=card, removed_at=None).first()
        if (present and present.key == key) or (not typed and PHOTO in card.typed_fields):
            return present, None
        if present:
            Photo.objects.filter(id=present.id).update(removed_at=now)
        photo = Photo.objects.create(
            owner=owner, person=card, content=content, media_type="image/jpeg", width=width, height=height, key=key
        )
        change = _note(card, present, key, now, typed=typed)
        person.photo_key = key
        return photo, change


def _check_size(image: Image.Image, data: bytes) -> None:
    is_jpeg = image.format == "JPEG"
    pixels = image.width * image.height
    if pixels == 0:
        raise NotAPhoto("The picture is empty.")
    if pixels > (_MOST_JPEG_PIXELS if is_jpeg else _MOST_PIXELS):
        raise NotAPhoto(_TOO_LARGE)
    # A small file can hold many thousand nearly empty passes over a large picture, each of which takes its time.
    if is_jpeg and data.count(b"\xff\xda") > _MOST_SCANS:
        raise NotAPhoto("This is no picture that Kith can read. Save it again and try once more.")


def _reduced(image: Image.Image) -> Image.Image:
    """At most SIDE pixels, upright, in plain colours, what is transparent on white."""
    image.draft("RGB", (SIDE * 2, SIDE * 2))  # A JPEG is unpacked at a fraction of its size where that is enough.
    image.load()
    if image.mode not in ("L", "RGB", "CMYK", "YCbCr"):
        image = image.convert("RGBA")
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    upright = ImageOps.exif_transpose(image)  # The one note of the camera's that is heeded: which side is up.
    if upright.mode == "RGBA":
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright)
    return upright.convert("RGB")


def _encoded(image: Image.Image) -> tuple[bytes, int, int]:
    bare = Image.new("RGB", image.size)
    bare.paste(image)  # A new picture has no notes, profiles or thumbnails to write down.
    content = b""
    for quality in _QUALITIES:
        out = BytesIO()
        bare.save(out, "JPEG", quality=quality, optimize=True, progressive=False)
        content = out.getvalue()
        if len(content) <= _ENOUGH_BYTES:
            break
    return content, bare.width, bare.height


def _note(card: Person, was: Photo | None, key: str, now: datetime, *, typed: bool) -> Change:
    card.photo_key = key
    columns = ["photo_key"]
    if typed:
        card.typed_fields = sorted({*card.typed_fields, PHOTO})
        card.updated_at = now
        columns += ["typed_fields", "updated_at"]
    Person.objects.filter(id=card.id).update(**{name: getattr(card, name) for name in columns})
    before = {"person": str(card.id), "photo": str(was.id) if was else None, "key": key}
    return Change.objects.create(owner_id=card.owner_id, kind=ChangeKind.PHOTO, before=before)
