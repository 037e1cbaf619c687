"""Photos: made anew, whatever comes in; kept out of harm's way; taken back."""

import struct
import time
import tracemalloc
import zlib
from io import BytesIO

import pytest
from PIL import Image

from contacts.models import Photo
from contacts.services import photos, undo
from contacts.services.photos import NotAPhoto, choose_photo, made_anew, store_photo, take_off_photo
from tests.factories import NOW, PersonFactory


def picture(size=(40, 30), colour="red", form="PNG", mode="RGB", **more) -> bytes:
    out = BytesIO()
    Image.new(mode, size, colour).save(out, form, **more)
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A file of a few bytes that claims a picture of any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


class TestMakingAnew:
    @pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
    @pytest.mark.parametrize("size", [(1, 1), (3, 2000), (512, 512), (1600, 1200)])
    def test_it_becomes_a_small_jpeg(self, form, size):
        content, width, height = made_anew(picture(size, form=form))
        with Image.open(BytesIO(content)) as image:
            assert (image.format, image.size) == ("JPEG", (width, height))
        assert max(width, height) <= photos.SIDE
        assert len(content) < 100_000

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
    def test_any_kind_of_colour(self, mode):
        data = BytesIO()
        Image.new(mode, (30, 30)).save(data, "PNG")
        made_anew(data.getvalue())

    def test_what_is_seen_through_becomes_white(self):
        content, *_ = made_anew(picture(mode="RGBA", colour=(255, 0, 0, 0)))
        with Image.open(BytesIO(content)) as image:
            assert image.getpixel((5, 5)) == (255, 255, 255)

    def test_where_it_was_taken_is_forgotten_and_which_side_is_up_heeded(self):
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by a quarter
        exif[0x010E] = "CANARY"
        exif.get_ifd(0x8825)[1] = "N"
        data = picture((40, 20), form="JPEG", exif=exif.tobytes(), comment=b"CANARY", icc_profile=b"CANARY" * 30)
        assert b"CANARY" in data
        content, width, height = made_anew(data)
        assert (width, height) == (20, 40)
        assert b"CANARY" not in content
        with Image.open(BytesIO(content)) as image:
            assert not image.getexif()
            assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\0" * 100,
            b"hello",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            b"GIF89a<script>alert(1)</script>",
            picture()[:60],
            picture(form="JPEG")[:200],
            b"\xff\xd8\xff\xe0" + b"\0" * 500,
            b"RIFF\0\0\0\0WEBPVP8 ",
        ],
    )
    def test_what_is_no_picture_is_refused(self, data):
        with pytest.raises(NotAPhoto):
            made_anew(data)

    def test_a_picture_that_is_also_a_page_loses_the_page(self):
        content, *_ = made_anew(picture(form="GIF") + b"<script>alert(1)</script>")
        assert b"script" not in content

    @pytest.mark.parametrize("size", [(50_000, 50_000), (50_000, 1_000), (1, 2_000_000_000), (2**31 - 1, 2**31 - 1)])
    def test_a_picture_of_fifty_thousand_pixels_is_not_unpacked(self, size):
        tracemalloc.start()
        began = time.perf_counter()
        with pytest.raises(NotAPhoto):
            made_anew(png_of(*size))
        assert time.perf_counter() - began < 1
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
        tracemalloc.stop()

    def test_a_file_that_is_too_large_is_not_looked_at(self):
        with pytest.raises(NotAPhoto, match="10 MB"):
            made_anew(picture() + b"\0" * photos.MAX_BYTES)

    def test_a_jpeg_of_a_thousand_passes_is_refused(self):
        data = picture((64, 64), form="JPEG", progressive=True)
        bomb = data[:-2] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" * 1000 + data[-2:]
        with pytest.raises(NotAPhoto):
            made_anew(bomb)

    def test_a_large_photo_is_read_quickly(self):
        data = picture((7000, 5000), form="JPEG")
        began = time.perf_counter()
        made_anew(data)
        assert time.perf_counter() - began < 5


@pytest.mark.django_db
class TestOnACard:
    def test_one_stands_there_at_a_time_and_each_change_is_taken_back(self, alice):
        person = PersonFactory(owner=alice)
        first = choose_photo(person=person, data=picture(colour="red"), now=NOW)
        red = Photo.objects.get()
        second = choose_photo(person=person, data=picture(colour="blue"), now=NOW)
        assert Photo.objects.filter(person=person, removed_at=None).count() == 1
        gone = take_off_photo(person=person, now=NOW)
        person.refresh_from_db()
        assert (person.photo_key, person.typed_fields) == ("", ["photo"])
        assert first
        assert second
        assert gone
        assert undo.take_back(change=gone, now=NOW)
        assert undo.take_back(change=second, now=NOW)
        person.refresh_from_db()
        assert person.photo_key == red.key
        assert Photo.objects.get(removed_at=None) == red
        assert undo.take_back(change=first, now=NOW)
        person.refresh_from_db()
        assert person.photo_key == ""

    def test_the_same_photo_again_changes_nothing(self, alice):
        person = PersonFactory(owner=alice)
        assert choose_photo(person=person, data=picture(), now=NOW)
        assert choose_photo(person=person, data=picture(), now=NOW) is None
        assert Photo.objects.count() == 1

    def test_an_undo_leaves_a_photo_that_came_later(self, alice):
        person = PersonFactory(owner=alice)
        old = choose_photo(person=person, data=picture(colour="red"), now=NOW)
        choose_photo(person=person, data=picture(colour="blue"), now=NOW)
        assert old
        assert not undo.take_back(change=old, now=NOW)

    def test_an_import_leaves_the_members_choice(self, alice):
        person = PersonFactory(owner=alice)
        stored = store_photo(owner=alice, person=person, data=picture(), now=NOW)
        assert stored
        stamp = person.updated_at
        person.refresh_from_db()
        assert (person.photo_key, person.updated_at) == (stored.key, stamp)
        newer = store_photo(owner=alice, person=person, data=picture(colour="blue"), now=NOW)
        assert newer
        assert newer.key != stored.key
        take_off_photo(person=person, now=NOW)
        assert store_photo(owner=alice, person=person, data=picture(), now=NOW) is None

    def test_nobody_puts_a_photo_on_anothers_card(self, alice, charlie):
        person = PersonFactory(owner=alice)
        with pytest.raises(type(person).DoesNotExist):
            store_photo(owner=charlie, person=person, data=picture(), now=NOW)
