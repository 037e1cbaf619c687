"""What the columns of tables are called, in the languages in which address books are kept."""

import re
from typing import Final

from contacts.importers.fields import Field, plain_heading

# Whole headings. Lower case without accents, as `plain_heading` makes them; "|" parts the ways to say the same.
_WHOLE: Final = {
    Field.FULL_NAME: """
        name|full name|display name|contact name|contact|person|member|guest|attendee|participant|names|
        vollstandiger name|voller name|anzeigename|kontakt|ansprechpartner|teilnehmer|nom complet|nom et prenom|
        nom d affichage|nombre completo|nombre y apellidos|nome completo|nome e cognome|naam|volledige naam|
        weergavenaam|imie i nazwisko|namn|fullstandigt namn|navn|fulde navn|nimi|cele jmeno|celé jméno|adsoyad|
        ad soyad|имя и фамилия|фио|контакт|姓名|氏名|名前|이름|성명""",
    Field.GIVEN: """
        first name|firstname|given name|givenname|forename|first|fname|vorname|prenom|nombre|nombres|primer nombre|
        nome|nome proprio|primo nome|primeiro nome|voornaam|imie|fornamn|fornavn|etunimi|jmeno|krestni jmeno|
        keresztnev|prenume|ad|имя|名|이름 부분""",
    Field.MIDDLE: """
        middle name|middlename|middle|additional name|second name|zweiter vorname|weitere vornamen|
        deuxieme prenom|autres prenoms|segundo nombre|secondo nome|nome do meio|tweede naam|отчество""",
    Field.FAMILY: """
        last name|lastname|family name|familyname|surname|last|lname|sname|nachname|familienname|zuname|nom|
        nom de famille|apellido|apellidos|primer apellido|cognome|sobrenome|apelido|ultimo nome|achternaam|
        familienaam|nazwisko|efternamn|etternavn|efternavn|sukunimi|prijmeni|vezeteknev|nume|nume de familie|soyad|
        фамилия|姓|성""",
    Field.NICKNAME: """
        nickname|nick name|nick|alias|known as|preferred name|spitzname|rufname|surnom|apodo|soprannome|alcunha|
        apelido carinhoso|bijnaam|roepnaam|ksywka|smeknamn|kallenavn|прозвище""",
    Field.ORGANISATION: """
        company|company name|organization|organisation|organization name|organisation name|employer|business|firm|
        account name|workplace|current company|institution|affiliation|firma|firmenname|unternehmen|arbeitgeber|
        organisationsname|entreprise|societe|employeur|organisme|empresa|compania|organizacion|azienda|societa|
        ditta|organizzazione|companhia|organizacao|bedrijf|bedrijfsnaam|werkgever|organisatie|organizacja|foretag|
        bedrift|yritys|spolecnost|ceg|companie|sirket|компания|организация|公司|会社|会社名|회사""",
    Field.ROLE: """
        job title|jobtitle|title|position|role|job|occupation|function|profession|designation|headline|
        organization title|current position|beruf|funktion|stelle|berufsbezeichnung|poste|fonction|
        intitule du poste|metier|titre|cargo|puesto|ocupacion|posizione|ruolo|qualifica|profissao|funcao|functie|
        functietitel|beroep|stanowisko|befattning|jobbtitel|stilling|tehtava|pozice|beosztas|unvan|должность|职位|
        役職|직책""",
    Field.PLACE: """
        location|place|city country|based in|lives in|residence|area|standort|wohnort und land|lieu|localisation|
        ubicacion|lugar|luogo|localizacao|locatie|lokalizacja|plats|местоположение|地点|所在地""",
    Field.TOWN: """
        city|town|home city|work city|business city|home town|hometown|ort|stadt|wohnort|ort geschaftlich|
        ort privat|ville|commune|ciudad|poblacion|localidad|citta|comune|cidade|stad|plaats|woonplaats|miasto|by|
        kaupunki|mesto|varos|oras|sehir|город|市|城市|市区町村|도시""",
    Field.REGION: """
        state|region|province|county|home state|work state|business state|state province|bundesland|kanton|
        region geschaftlich|departement|provincia|comunidad|regione|estado|distrito|provincie|wojewodztwo|область|
        省|都道府県""",
    Field.COUNTRY: """
        country|country region|home country|work country|business country|business country region|
        home country region|nation|land|land region geschaftlich|pays|pais|paese|nazione|kraj|maa|zeme|orszag|tara|
        ulke|страна|国|国家|국가""",
    Field.EMAIL: "mail|email|e mail|emails|e mails|correo|courriel|メール|メールアドレス|邮箱|이메일|почта|эл почта",
    Field.PHONE: """
        phone|phones|telephone|tel|mobile|cell|cellphone|mobil|handy|telefon|telefono|telefone|gsm|celular|movil|
        portable|natel|numer|number|phone number|telefonnummer|rufnummer|numero|nummer|电话|手机|電話|電話番号|携帯|
        전화|전화번호|휴대폰|телефон|мобильный|whatsapp|fax""",
    Field.URL: """
        url|website|web site|web page|webpage|homepage|home page|web|site|blog|link|personal web page|webseite|
        internetseite|site web|page web|sitio web|pagina web|sito web|sito|strona www|hemsida|hjemmeside|сайт|
        网站|ウェブサイト|웹사이트""",
    Field.LINKEDIN: """
        linkedin|linkedin url|linkedin profile|linkedin profile url|linkedin page|profile url|public profile url|
        linkedin profil|profil linkedin|perfil de linkedin|profilo linkedin""",
    Field.BIRTHDAY: """
        birthday|birth date|birthdate|date of birth|dob|born|bday|geburtstag|geburtsdatum|geb datum|
        date de naissance|anniversaire|naissance|fecha de nacimiento|cumpleanos|nacimiento|data di nascita|
        compleanno|data de nascimento|aniversario|geboortedatum|verjaardag|data urodzenia|urodziny|fodelsedag|
        fodselsdag|fodselsdato|syntymapaiva|datum narozeni|narozeniny|szuletesnap|dogum tarihi|дата рождения|
        день рождения|生日|出生日期|誕生日|生年月日|생일""",
    Field.DATE: """
        anniversary|wedding anniversary|wedding day|jahrestag|hochzeitstag|jubilaum|anniversaire de mariage|
        aniversario de bodas|anniversario|trouwdag|rocznica|годовщина|纪念日""",
    Field.CONNECTED_ON: """
        connected on|connected|connection date|met on|date met|first met|date added|verbunden am|vernetzt am|
        kontakt seit|kennengelernt am|connecte le|rencontre le|conectado el|conocido el|collegato il|conectado em|
        verbonden op""",
    Field.HOW_MET: """
        how we met|how met|how did we meet|where we met|where met|met at|met through|introduced by|referred by|
        source|kennengelernt|kennengelernt bei|wie kennengelernt|empfohlen von|rencontre|rencontre a|
        comment rencontre|presente par|como nos conocimos|come ci siamo conosciuti|como nos conhecemos""",
    Field.TAGS: """
        tags|tag|labels|label|categories|category|group|groups|group membership|list|lists|segment|segments|
        keywords|kategorie|kategorien|gruppe|gruppen|schlagworte|stichworte|etiquettes|categorie|groupe|groupes|
        etiquetas|categoria|categorias|grupo|grupos|etichette|gruppo|gruppi|labels en|groep|groepen|etykiety|grupa|
        grupy|etiketter|grupper|метки|группа|группы|标签|分组|タグ|グループ""",
    Field.NOTES: """
        notes|note|comment|comments|remarks|remark|description|about|bio|background|additional info|
        additional information|memo|details|notizen|notiz|bemerkung|bemerkungen|anmerkung|anmerkungen|kommentar|
        beschreibung|remarque|remarques|commentaire|commentaires|notas|nota|comentario|comentarios|observaciones|
        appunti|commenti|observacoes|anotacoes|notities|opmerkingen|notatki|uwagi|anteckningar|notater|
        muistiinpanot|poznamky|megjegyzes|notlar|заметки|примечания|备注|メモ|備考|메모""",
    Field.UID: "uid|uuid|vcard uid",
    Field.IGNORE: """
        id|rec id|row|nr|no|index|photo|avatar|picture|image|created at|updated at|created|modified|last modified|
        first seen|last seen|date created|date modified|name prefix|name suffix|prefix|suffix|salutation|anrede|
        priority|sensitivity|private|directory server|billing information|initials|file as|sort as|middle initial|
        phonetic first name|phonetic middle name|phonetic last name|yomi name|given name yomi|family name yomi|
        additional name yomi|mileage|has newsletter|company id|sales id|owner id|user id|account id|contact id""",
}
_MEANING: Final = {
    plain_heading(phrase): field for field, phrases in _WHOLE.items() for phrase in phrases.split("|") if phrase.strip()
}

# Words anywhere in a heading, tried in this order when the whole is not known.
_WITHIN: Final = (
    (re.compile(r"\blinked ?in\b"), Field.LINKEDIN),
    (re.compile(r"\be ?-?mails?\d*\b|\bcorreo electronico\b|\bcourriel\b|\bposta elettronica\b|メール"), Field.EMAIL),
    (re.compile(r"\bfax|telefax"), Field.PHONE),
    (
        re.compile(
            r"\b(?:phone|telephone|tel|telefon\w*|telefoon\w*|telefono|telefone|mobile|mobil|mobiltelefon\w*|handy\w*|"
            r"cell|cellular|cellulare|portable|movil|celular|gsm|pager|rufnummer|puhelin|telefonszam)\b|電話|携帯|전화"
        ),
        Field.PHONE,
    ),
    (
        re.compile(r"\b(?:birth|birthday|geburts\w+|naissance|nacimiento|nascita|nascimento|geboorte\w*)\b"),
        Field.BIRTHDAY,
    ),
    (re.compile(r"\b(?:website|web ?page|homepage|url|webseite|site web|sitio web|sito web)\b"), Field.URL),
    (re.compile(r"\b(?:first|given|vor)[ _]?name\b|\bprenom\b|\bvorname\b"), Field.GIVEN),
    (re.compile(r"\b(?:last|family|sur)[ _]?name\b|\bnachname\b|\bapellidos?\b|\bcognome\b"), Field.FAMILY),
    (re.compile(r"\b(?:job title|position|job role)\b"), Field.ROLE),
    (re.compile(r"\b(?:company|employer|organi[sz]ation|firma|entreprise|empresa|azienda)\b"), Field.ORGANISATION),
    (re.compile(r"\b(?:notes?|comments?|notizen|remarques?|notas|bemerkung\w*)\b"), Field.NOTES),
    (re.compile(r"\b(?:city|town|stadt|ville|ciudad|citta|cidade)\b"), Field.TOWN),
    (re.compile(r"\b(?:country|pays|pais|paese)\b"), Field.COUNTRY),
    (
        re.compile(r"\b(?:full name|contact name|display name|name of|your name|client name|customer name)\b"),
        Field.FULL_NAME,
    ),
    (re.compile(r"\b(?:tags?|labels?|categor\w+)\b"), Field.TAGS),
)
# Words of a heading that tell no label of an address or a number: "E-mail 2 Address" is no "address".
_NO_LABEL_WORDS = """
    e mail email mails emails address addresses adresse value wert phone telephone tel telefon telefonnummer number
    nummer numero no nr primary secondary contact url website web page site personal profile linkedin correo
    electronico courriel de the my your
"""
_NO_LABEL: Final = frozenset(_NO_LABEL_WORDS.split())


def meaning(heading: str) -> Field | None:
    """What a heading says its column tells; None for one that is not known."""
    plain = plain_heading(heading)
    if not plain:
        return None
    for known in (plain, plain.rstrip("0123456789 ")):
        if known in _MEANING:
            return _MEANING[known]
    return next((field for words, field in _WITHIN if words.search(plain)), None)


def label(heading: str) -> str:
    """What a heading calls the address or number in its column: "Work Email 2" -> "work"."""
    words = [word for word in plain_heading(heading).split() if word not in _NO_LABEL and not word.isdigit()]
    return " ".join(words)
