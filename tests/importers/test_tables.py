"""Tables of every origin: the columns are known, or guessed from heading and content in many languages."""

# ruff: noqa: E501 -- rows of tables are as long as they are

import pytest

from contacts.importers import Birthday, Format, Labelled, PersonRecord, UnreadableFile, detect, mapping, read
from contacts.importers.fields import Field, Mapping
from tests.importers.conftest import NOW, sort_out


def people_of(text: str, encoding: str = "utf-8") -> list[PersonRecord]:
    people, skipped = sort_out("a.csv", text.encode(encoding))
    assert not skipped
    return people


GOOGLE_OLD = (
    "Name,Given Name,Additional Name,Family Name,Nickname,Birthday,Notes,Group Membership,E-mail 1 - Type,E-mail 1 - Value,"
    "E-mail 2 - Type,E-mail 2 - Value,IM 1 - Type,IM 1 - Service,IM 1 - Value,Phone 1 - Type,Phone 1 - Value,"
    "Address 1 - Type,Address 1 - Formatted,Address 1 - Street,Address 1 - City,Address 1 - Country,Address 2 - City,"
    "Organization 1 - Type,Organization 1 - Name,Organization 1 - Title,Relation 1 - Type,Relation 1 - Value,"
    "Website 1 - Type,Website 1 - Value,Event 1 - Type,Event 1 - Value,Custom Field 1 - Type,Custom Field 1 - Value\n"
    "Ana Silva,Ana,Maria,Silva,Ani, --04-12,Old friend,* myContacts ::: Sailing ::: * starred,* Home,ana@example.org ::: "
    'ana@example.net,Work,ana@example.com,Other,Skype,ana.s,Mobile,+351 21 1 ::: +351 21 2,Home,"1 Mill\nPorto",1 Mill,'
    "Porto,Portugal,Leeds,,Harbour,Captain,Spouse,Rui,Profile,https://www.linkedin.com/in/ana,Anniversary,2010-05-01,"
    "Shoe size,38\n"
)


def test_googles_old_layout():
    assert detect("x", GOOGLE_OLD.encode()) is Format.GOOGLE_CSV
    ana = people_of(GOOGLE_OLD)[0]
    assert (ana.full_name, ana.given, ana.family, ana.nickname) == ("Ana Silva", "Ana Maria", "Silva", "Ani")
    assert ana.emails == (
        Labelled("ana@example.org", "home"),
        Labelled("ana@example.net", "home"),
        Labelled("ana@example.com", "work"),
    )
    assert ana.phones == (Labelled("+351 21 1", "mobile"), Labelled("+351 21 2", "mobile"))
    assert (ana.organisation, ana.role, ana.place) == ("Harbour", "Captain", "Porto, Portugal")
    assert ana.birthday == Birthday(None, 4, 12)
    assert ana.other_dates == (("anniversary", Birthday(2010, 5, 1)),)
    assert ana.tags == ("Sailing",)
    assert ana.linkedin == "https://www.linkedin.com/in/ana"
    assert ana.custom == (
        ("Other chat", "ana.s"),
        ("Home address", "1 Mill Porto"),
        ("Spouse", "Rui"),
        ("Shoe size", "38"),
    )


def test_googles_new_layout():
    ana = people_of(
        "First Name,Middle Name,Last Name,Nickname,Organization Name,Organization Title,Birthday,Notes,Labels,"
        "E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Custom Field 1 - Label,Custom Field 1 - Value\n"
        "Ana,,Silva,,Harbour,Captain,1985-04-12,,Crew ::: * myContacts,* ,ana@example.org,Work,+351 21 1,,\n"
    )[0]
    assert (ana.full_name, ana.organisation, ana.role) == ("Ana Silva", "Harbour", "Captain")
    assert ana.emails == (Labelled("ana@example.org"),)
    assert (ana.birthday, ana.tags) == (Birthday(1985, 4, 12), ("Crew",))


def test_outlook_with_its_title_and_american_days():
    text = (
        '"Title","First Name","Last Name","Company","Job Title","Business Street","Business City","Business Country/Region",'
        '"Home City","Home Country/Region","Business Phone","Mobile Phone","Birthday","Anniversary","E-mail Address","E-mail Type",'
        '"E-mail 2 Address","Categories","Notes","Web Page"\n'
        '"Dr","Ana","Silva","Harbour","Captain","1 Mill","","","Porto","Portugal","+351 21 1","+351 9","4/12/1985","0/0/00",'
        '"ana@example.org","SMTP","ana@example.com","Crew;Friends","Hi","http://ana.example.org"\n'
        '"","Bob","","","","","Leeds","UK","Paris","France","","","12/31/1990","","bob@example.org","SMTP","","","",""\n'
    )
    assert detect("x", text.encode()) is Format.OUTLOOK_CSV
    ana, bob = people_of(text)
    assert (ana.full_name, ana.role, ana.place) == ("Ana Silva", "Captain", "Porto, Portugal")
    assert ana.birthday == Birthday(1985, 4, 12), "the other row shows that months come first"
    assert ana.other_dates == ()
    assert [one.value for one in ana.emails] == ["ana@example.org", "ana@example.com"]
    assert ana.phones == (Labelled("+351 21 1", "work"), Labelled("+351 9", "cell"))
    assert ana.tags == ("Crew", "Friends")
    assert ana.custom == (("work street", "1 Mill"),)
    assert (bob.full_name, bob.place, bob.birthday) == ("Bob", "Leeds, UK", Birthday(1990, 12, 31))


def test_a_day_that_could_be_either_is_kept_as_it_is_written():
    ana = people_of("Name,Email,Birthday\nAna Silva,ana@example.org,4/5/1985\n")[0]
    assert (ana.birthday, ana.custom) == (None, (("birthday", "4/5/1985"),))


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        ("Name;Vorname;Firma;Position;E-Mail-Adresse;Telefon geschäftlich;Geburtstag;Ort;Notizen", "Silva;Ana;Werft;Kapitän;ana@example.org;+49 30 1234567;12.04.1985;Köln;Hallo"),
        ("Nom;Prénom;Société;Fonction;Adresse e-mail;Téléphone portable;Date de naissance;Ville;Remarques", "Silva;Ana;Werft;Kapitän;ana@example.org;+49 30 1234567;12/04/1985;Köln;Hallo"),
        ("Nombre,Apellidos,Empresa,Puesto,Correo electrónico,Teléfono móvil,Cumpleaños,Ciudad,Notas", "Ana,Silva,Werft,Kapitän,ana@example.org,+49 30 1234567,1985-04-12,Köln,Hallo"),
        ("Cognome\tNome\tAzienda\tRuolo\tIndirizzo email\tCellulare\tData di nascita\tCittà\tNote", "Silva\tAna\tWerft\tKapitän\tana@example.org\t+49 30 1234567\t12.4.1985\tKöln\tHallo"),
        ("Имя|Фамилия|Компания|Должность|Почта|Телефон|День рождения|Город|Заметки", "Ana|Silva|Werft|Kapitän|ana@example.org|+49 30 1234567|12.04.1985|Köln|Hallo"),
        ("姓,名,会社名,役職,メールアドレス,電話番号,生年月日,市区町村,メモ", "Silva,Ana,Werft,Kapitän,ana@example.org,+49 30 1234567,1985年4月12日,Köln,Hallo"),
    ],
)  # fmt: skip
def test_headings_in_many_languages(heading: str, row: str):
    extra = row.replace("Ana", "Bob").replace("12/04", "25/04")
    ana = people_of(f"{heading}\n{row}\n{extra}\n")[0]
    assert {ana.full_name, ana.given, ana.family} >= {"Ana", "Silva"}
    assert (ana.given, ana.family) == ("Ana", "Silva")
    assert (ana.organisation, ana.role, ana.place, ana.notes) == ("Werft", "Kapitän", "Köln", "Hallo")
    assert [one.value for one in ana.emails] == ["ana@example.org"]
    assert [one.value for one in ana.phones] == ["+49 30 1234567"]
    assert ana.birthday == Birthday(1985, 4, 12)


def test_a_table_without_a_heading():
    text = "Ana Silva,ana@example.org,+351 21 1234567,Harbour\nBob Okafor,bob@example.org,+44 20 79460018,Light\n"
    found = mapping.outline(text.encode())
    assert found is not None
    assert found.heading == ("Column 1", "Column 2", "Column 3", "Column 4")
    assert not found.mapping.has_heading
    assert found.mapping.fields[:3] == (Field.FULL_NAME, Field.EMAIL, Field.PHONE)
    ana, bob = people_of(text)
    assert (ana.full_name, ana.line, bob.line) == ("Ana Silva", 1, 2)
    assert ana.custom == (("Column 4", "Harbour"),)


def test_a_list_of_addresses_alone():
    assert [one.full_name for one in people_of("ana@example.org\nbob@example.org\n")] == [
        "ana@example.org",
        "bob@example.org",
    ]
    assert [one.line for one in people_of("Teilnehmer\nana@example.org\nbob@example.org\n")] == [2, 3]


def test_what_stands_below_a_heading_overrules_it():
    ana = people_of(
        "Name,E-mail Type,Contact info,Phone Type,Whatever\nAna Silva,SMTP,ana@example.org,Mobile,https://www.linkedin.com/in/ana\n"
        "Bob Okafor,SMTP,bob@example.org,Home,https://www.linkedin.com/in/bob\n"
    )[0]
    assert [one.value for one in ana.emails] == ["ana@example.org"]
    assert (ana.phones, ana.linkedin) == ((), "https://www.linkedin.com/in/ana")


def test_the_members_own_word_about_the_columns():
    data = b"A,B,C,D\nSilva,Ana,ana@example.org,3/4/1985\n"
    outline = mapping.outline(data)
    assert outline is not None
    said = Mapping((Field.FAMILY, Field.GIVEN, Field.EMAIL, Field.BIRTHDAY), has_heading=True, day_first=True)
    assert Mapping.from_json(said.as_json()) == said
    ana = next(iter(read("x", data, now=NOW, mapping=said)))
    assert isinstance(ana, PersonRecord)
    assert (ana.full_name, ana.birthday, ana.line) == ("Ana Silva", Birthday(1985, 4, 3), 2)
    without = Mapping(said.fields, has_heading=False, day_first=True)
    assert [one.line for one in mapping.read_mapped("x", data, without)] == [1, 2]


def test_a_heading_is_known_again_whatever_its_case():
    assert mapping.signature(["Nom", "Prénom"]) == mapping.signature([" NOM ", "prenom"])
    assert mapping.signature(["Nom", "Prénom"]) != mapping.signature(["Prénom", "Nom"])
    assert len(mapping.signature(["x"])) == 64


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_western_encodings(encoding: str):
    ana = people_of("Name;Mail;Ort\nÅsa Müller–Peña;asa@example.org;Köln\nBo;bo@example.org;Ås\n", encoding)[0]
    assert (ana.full_name, ana.place) == ("Åsa Müller–Peña", "Köln")


def test_japanese_and_cyrillic_encodings():
    japanese = "氏名,メールアドレス,会社名\n山田太郎,taro@example.jp,株式会社日本\n鈴木花子,hana@example.jp,東京商事\n"
    assert [one.full_name for one in people_of(japanese, "cp932")] == ["山田太郎", "鈴木花子"]
    russian = "Имя,Почта,Компания\nАнна Иванова,anna@example.org,Гавань\nПётр Петров,petr@example.org,Маяк\n"
    for encoding in ("cp1251", "koi8-r"):
        assert [one.full_name for one in people_of(russian, encoding)] == ["Анна Иванова", "Пётр Петров"]


@pytest.mark.parametrize(
    "text", ["Élodie Lefèvre;é@example.org\nRené Côté;b@example.org\n" * 5, "“Quoted” – ‘words’…;a@example.org\n" * 9]
)
def test_french_is_not_taken_for_japanese(text: str):
    assert people_of("Nom;Mail\n" + text, "cp1252")[0].full_name in ("Élodie Lefèvre", "“Quoted” – ‘words’…")


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("Silva, Ana", "Ana Silva"),
        ("Acme, Inc.", "Acme, Inc."),
        ("Ana Silva, PhD", "Ana Silva, PhD"),
        ("a, b, c", "a, b, c"),
    ],
)
def test_a_name_with_the_family_first_is_turned(name: str, spoken: str):
    assert people_of(f'Name,Email\n"{name}",ana@example.org\nBob,bob@example.org\n')[0].full_name == spoken


def test_a_row_may_be_shorter_than_the_heading_and_not_longer():
    people, skipped = sort_out(
        "a.csv", b"Name,Email,Notes\nAna,ana@example.org\nBob,bob@example.org,x,y\n\nChi,chi@example.org,,,\n"
    )
    assert [one.full_name for one in people] == ["Ana", "Chi"]
    assert [(one.line, one.reason) for one in skipped] == [(3, "4 cells where the heading has 3")]


def test_entities_are_resolved_once():
    ana = people_of("Name,Email,Company\nAna &amp;amp; Co,ana@example.org,AT&amp;T\n")[0]
    assert (ana.full_name, ana.organisation) == ("Ana &amp; Co", "AT&T")


@pytest.mark.parametrize(
    "text", ["Dear all,\nplease come.\nYours, Ana\n", "1,2,3\n4,5,6\n", "a\tb\n", "Product,Price\nTea,3\nMilk,2\n"]
)
def test_what_tells_of_nobody_is_refused(text: str):
    with pytest.raises(UnreadableFile, match="no person"):
        read("x.csv", text.encode(), now=NOW)
