"""Alice's people whom she knows best: family and friends, the world of photo books, and design in Lisbon and Porto."""

from typing import Any, Final

from contacts.models import Layer, Reach

TABLE: Final = """
Maja Anders         | Midwife | Östra sjukhuset | Gothenburg | family | close | 20
Göran Anders        | Retired ship's engineer | | Gothenburg | family | close | 20
Elin Anders         | Structural engineer | Broar & Berg | Stockholm | family | steady | 20
Sunniva Dahl        | Gallerist | Galleri Dahl | Gothenburg | photo, school | close | 16
Freya Lindqvist     | Documentary film-maker | Tjärn Film | Stockholm | school, film | fading | 16
Bob Brook           | Editor and catalogue producer | The Estuary Review | Porto | books, friends | close | 7
Marguerite Osei     | Picture editor | Meridian Weekly | London | photo, press | close | 11
Inês Carvalho       | Photo editor | Folha Clara | Lisbon | photo, press | close | 6
Rita Salvaterra     | Strategy director | Fábrica Azul | Lisbon | design, friends | close | 5
Tomás Figueira      | Printer | Tipografia Figueira | Lisbon | books, print | steady | 5
Joaquim Barreto     | Essayist | | Évora | books, writing | steady | 4
Yann Kervella       | Photographer | | Brest | photo | steady | 9
Duarte Falcão       | Type designer | Letra Miúda | Porto | design | steady | 5
Noor Haddad         | Architect | Haddad Moreau | Marseille | friends | close | 10
Célia Bettencourt   | Primary school teacher | Escola da Graça | Lisbon | neighbours, choir | close | 5
Otis Fairweather    | Luthier | Fairweather Guitars | Bristol | friends | loose | 12
Wanjiru Kamau       | Photographer | | Nairobi | photo | loose | 8
Hugo Ventura        | Bookbinder | Oficina Ventura | Coimbra | books, print | steady | 3
Amelie Brandt       | Book designer | Brandt & Töchter | Berlin | books, design | fading | 9
Mikko Salonen       | Retoucher | Kuvapaja | Helsinki | photo, print | steady | 8
Lúcia Prazeres      | Bookseller | Livraria do Cais | Lisbon | books | steady | 5
Ewa Zielińska       | Photographer | | Kraków | photo | loose | 7
Bashir Nouri        | Photo agent | Nouri Images | Paris | photo, press | loose | 6
Dolores Quiroga     | Festival producer | Luz de Río | Seville | photo, festivals | steady | 4
Pieter van der Zee  | Photo-book collector | | Antwerp | books, photo | loose | 5
Sanna Virtanen      | Paper merchant | Lahti Papers | Lahti | print | once | 3
Gaspar Monteiro     | River pilot | Porto do Douro | Peso da Régua | river towns | steady | 8
Albertina Seixas    | Ferry owner | Barcas Seixas | Alcoutim | river towns | loose | 6
Padre Anselmo Rocha | Parish priest | | Mértola | river towns | loose | 7
Zulmira Canário     | Weaver | Oficina de Tecelagem | Mértola | river towns | steady | 7
Iker Arana          | Photographer | | Bilbao | photo, festivals | steady | 6
Joost Meijer        | Editor | Lichtzeit | Rotterdam | photo, press | loose | 7
Matilde Rebelo      | Photography teacher | Escola do Olhar | Lisbon | photo, teaching | steady | 5
Kwame Asante        | Photo critic | Second Look | Accra | photo, writing | once | 2
Svea Nyström        | Archivist | Sjöhistoriska arkivet | Gothenburg | photo, school | dormant | 16
Henrique Lobo       | Art director | Fábrica Azul | Lisbon | design | loose | 4
Marta Quintela      | Illustrator | | Lisbon | design, friends | close | 5
Bruno Estrela       | Web designer | Maré Alta | Lisbon | design | steady | 4
Catarina Furtado Lima | Brand strategist | Coro | Porto | design | loose | 3
Pedro Gouveia       | Motion designer | Ponto e Vírgula | Lisbon | design | loose | 3
Xavier Nogueira     | Copywriter | | Porto | design, writing | loose | 4
Olívia Sarmento     | Project manager | Maré Alta | Lisbon | design, clients | steady | 4
Rui Pestana         | Sign painter | Tinta Fresca | Porto | design | once | 2
Helena Varela       | Product designer | Casa Branca Software | Lisbon | design | loose | 3
Simão Arruda        | Account director | Fábrica Azul | Lisbon | design, clients | once | 2
Filipa Antunes      | Studio manager | Letra Miúda | Porto | design | loose | 4
Benedita Faro       | Ceramicist | Barro Vivo | Caldas da Rainha | craft | loose | 5
Jorge Alcoforado    | Landlord of the studio | | Lisbon | neighbours | unanswered | 4
"""

DETAILS: Final[dict[str, dict[str, Any]]] = {
    "Maja Anders": {
        "nickname": "Mamma",
        "layer": Layer.CLOSEST,
        "birth_day": 14,
        "birth_month": 2,
        "birth_year": 1958,
        "cadence_days": 7,
        "last": 4,
    },
    "Göran Anders": {"nickname": "Pappa", "layer": Layer.CLOSEST, "birth_day": 30, "birth_month": 8, "last": 4},
    "Elin Anders": {"layer": Layer.CLOSEST, "birth_day": 3, "birth_month": 11, "birth_year": 1994},
    "Sunniva Dahl": {
        "how_met": "Same darkroom at school, the winter when the heating failed",
        "notes": "Shows young photographers first and asks for a price later. Knows every curator north of Hamburg.",
        "cadence_days": 60,
        "reach": Reach.MY_CONNECTIONS,
        "birth_day": 21,
        "birth_month": 6,
        "birth_year": 1989,
    },
    "Freya Lindqvist": {
        "how_met": "Shared a flat in Majorna for three years",
        "notes": "Moved to Stockholm, then the twins came. Never a quarrel; only silence.",
        "birth_day": 9,
        "birth_month": 1,
    },
    "Bob Brook": {
        "email": "bob@example.org",
        "how_met": "He wanted one picture for the quarterly and took nine",
        "notes": "Knows half of the museums through the catalogues he makes. Reads proofs on trains.",
        "cadence_days": 45,
        "layer": Layer.CLOSE,
        "birth_day": 17,
        "birth_month": 4,
        "birth_year": 1984,
        "last": 12,
    },
    "Marguerite Osei": {
        "how_met": "My first picture editor, at Meridian",
        "notes": "Says no within the hour and means it kindly. Likes to be asked plainly.",
        "cadence_days": 30,
        "last": 9,
        "reach": Reach.MY_CONNECTIONS,
    },
    "Inês Carvalho": {
        "how_met": "Portfolio review at the Lisbon book market",
        "cadence_days": 30,
        "layer": Layer.CLOSE,
        "last": 6,
        "reach": Reach.MY_CONNECTIONS,
    },
    "Rita Salvaterra": {"how_met": "Evening choir, second altos", "cadence_days": 30, "last": 15},
    "Tomás Figueira": {
        "how_met": "Brought him a tritone nobody else wanted to print",
        "notes": "Third generation. The old Heidelberg still does duotone; he likes to be asked in winter.",
        "reach": Reach.MY_CONNECTIONS,
        "tags": ["books", "print", "duotone"],
    },
    "Joaquim Barreto": {
        "how_met": "He wrote to me about the picture of the flooded school in Pinhão",
        "notes": "Would write for the river book; wants to see the sequence first. Afternoons only.",
        "reach": Reach.MY_CONNECTIONS,
        "cadence_days": 60,
    },
    "Yann Kervella": {"how_met": "Residency in Brest", "notes": "Owes me a week of sailing; I owe him a scanner."},
    "Duarte Falcão": {"how_met": "Drew the lettering for the Douro posters", "reach": Reach.MY_CONNECTIONS},
    "Noor Haddad": {
        "how_met": "Night train to Marseille, both awake",
        "layer": Layer.CLOSEST,
        "cadence_days": 21,
        "last": 21,
    },
    "Célia Bettencourt": {"how_met": "Two floors up; she sings", "birth_day": 5, "birth_month": 10},
    "Otis Fairweather": {"birth_day": 12, "birth_month": 7, "birth_year": 1979},
    "Hugo Ventura": {"how_met": "Tomás sent me to him with a broken spine", "cadence_days": 90},
    "Amelie Brandt": {
        "how_met": "Worked at the next table in Neukölln for two years",
        "notes": "Designed two books that won everything. Would tell me honestly whether ours is one book or two.",
    },
    "Lúcia Prazeres": {"how_met": "Her window in Cais do Sodré had my postcards for a month"},
    "Gaspar Monteiro": {"how_met": "First summer on the Douro: he let me ride along", "notes": "Ask before harvest."},
    "Zulmira Canário": {"notes": "Does not read mail; her nephew prints it out.", "email": ""},
    "Padre Anselmo Rocha": {"email": ""},
    "Iker Arana": {"how_met": "Shared a wall at the festival in Getxo"},
    "Svea Nyström": {"how_met": "Same year at school", "notes": "Left photography for the archive. I should ask why."},
    "Jorge Alcoforado": {"notes": "The skylight still leaks."},
    "Marta Quintela": {"layer": Layer.CLOSE, "cadence_days": 14, "last": 8, "birth_day": 28, "birth_month": 3},
    "Olívia Sarmento": {"reach": Reach.MY_CONNECTIONS},
    "Matilde Rebelo": {"how_met": "I teach one weekend a year at her school", "reach": Reach.THEIR_CONNECTIONS},
    "Dolores Quiroga": {"reach": Reach.MY_CONNECTIONS},
}
