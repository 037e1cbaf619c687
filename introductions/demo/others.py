"""The people of Bob, of Carla and of Dan who matter to the story. A name that stands in Alice's book too is the same
human, at the same address."""

from typing import Any, Final

from contacts.models import Reach

ONE, TWO = Reach.MY_CONNECTIONS, Reach.THEIR_CONNECTIONS

BOB: Final = """
Alice Anders        | Photographer and art director | | Lisbon | friends | close | 7
Carla Conti         | Exhibition designer | Studio Conti | Milan | museums | close | 8
Beatriz Salgueiro   | Curator | Casa da Margem | Porto | museums | steady | 4
Gonçalo Sequeira    | Head of communications | Fundação Vale do Rio | Porto | museums | steady | 4
Ruth Abernathy      | Publisher | Tidewater Press | London | books | steady | 9
Marguerite Osei     | Picture editor | Meridian Weekly | London | press | loose | 9
Duarte Falcão       | Type designer | Letra Miúda | Porto | design | steady | 5
Tamsin Pell         | Literary editor | Pell & Marlowe | London | books | loose | 10
Nuno Valadares      | Creative director | Onda & Filhos | Porto | design | loose | 3
Ingrid Solheim      | Registrar | The Harbour Museum | London | museums | loose | 6
Theo Lascaris       | Rights manager | Pell & Marlowe | London | books | once | 6
Harriet Brook       | General practitioner | | Bath | family | close | 20
Jack Brook          | Student | | Leeds | family | steady | 19
Esperança Vaz       | Registrar | Casa da Margem | Porto | museums | loose | 4
Lourenço Maia       | Bookseller | Livraria Maia | Porto | books | steady | 5
Dagny Halvorsen     | Poet | | Oslo | writing | fading | 8
"""

BOB_DETAILS: Final[dict[str, dict[str, Any]]] = {
    "Alice Anders": {"email": "alice@example.org", "reach": ONE, "how_met": "Wanted one picture, took nine"},
    "Carla Conti": {"email": "carla@example.org", "reach": ONE, "how_met": "Built the show my first catalogue was for"},
    "Beatriz Salgueiro": {"reach": TWO, "notes": "Three catalogues together. Decides in February.", "last": 21},
    "Gonçalo Sequeira": {"reach": ONE, "last": 30},
    "Ruth Abernathy": {"reach": ONE, "notes": "Distributes The Estuary Review.", "last": 18},
    "Marguerite Osei": {"reach": ONE},
    "Duarte Falcão": {"reach": ONE},
    "Tamsin Pell": {"reach": ONE},
    "Nuno Valadares": {"email": ""},
    "Lourenço Maia": {"reach": ONE},
    "Harriet Brook": {"cadence_days": 14, "last": 14},
}

CARLA: Final = """
Bob Brook           | Editor and catalogue producer | The Estuary Review | Porto | catalogues | close | 8
Chiara Fontana      | Curator of photography | Fondazione Arno | Florence | museums | close | 7
Lorenzo Bassi       | Publisher | Edizioni del Molo | Genoa | books | close | 6
Paola Ferri         | Communications director | Museo del Vetro | Venice | museums | steady | 5
Yann Kervella       | Photographer | | Brest | photo | loose | 4
Marco Bellandi      | Lecturer | Scuola di Fotografia | Trieste | teaching | steady | 6
Ginevra Conti       | Oboist | | Milan | family | close | 20
Saverio Lodi        | Carpenter | Falegnameria Lodi | Milan | craft | steady | 9
Odile Marchand      | Head of exhibitions | Musée du Canal | Lille | museums | loose | 4
Wim De Backer       | Museum director | Havenhuis | Antwerp | museums | steady | 5
Francesca Alfieri   | Restorer | Laboratorio Alfieri | Florence | museums | loose | 8
"""

CARLA_DETAILS: Final[dict[str, dict[str, Any]]] = {
    "Bob Brook": {"email": "bob@example.org", "reach": TWO},
    "Chiara Fontana": {"reach": TWO, "layer": 50, "notes": "Opens a river season next autumn."},
    "Lorenzo Bassi": {"reach": TWO, "last": 11},
    "Paola Ferri": {"reach": TWO, "last": 25},
    "Yann Kervella": {"reach": ONE},
    "Marco Bellandi": {"reach": TWO},
    "Wim De Backer": {"reach": TWO},
    "Odile Marchand": {"reach": ONE},
    "Ginevra Conti": {"cadence_days": 7},
}

DAN: Final = """
Constance Fairbairn | Commissioning editor | Lakeshore Editions | Toronto | books | close | 8
Émile Tremblay      | Curator | Galerie du Lac | Montreal | galleries | steady | 6
Xiomara Reyes       | Creative director | Northern Line | Toronto | design | close | 7
Winona Littlebear   | Printmaker | | Winnipeg | art | loose | 5
Beatriz Salgueiro   | Curator | Casa da Margem | Porto | galleries | steady | 3
Bartholomew Dorn    | Farmer | | Guelph | family | close | 20
"""

DAN_DETAILS: Final[dict[str, dict[str, Any]]] = {
    "Constance Fairbairn": {"reach": TWO, "notes": "Nobody connected with Alice may ever find this card."},
    "Émile Tremblay": {"reach": TWO},
    "Xiomara Reyes": {"reach": TWO},
}
