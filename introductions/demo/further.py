"""Alice's wider circles: the Berlin and London years, clients, the neighbourhood; and those she wants to meet."""

from typing import Any, Final

TABLE: Final = """
Anke Petersen       | Producer | Studio Petersen | Berlin | Berlin years | loose | 11
Jonas Wiegand       | Photographer | | Berlin | Berlin years, photo | dormant | 11
Mehmet Yıldırım     | Gallery technician | Kunstraum Spree | Berlin | Berlin years | loose | 10
Charlotte Rehn      | Editor-in-chief | Stadtblatt Nord | Hamburg | Berlin years, press | unanswered | 9
Ulrike Sommer       | Photo lab owner | Sommerlabor | Berlin | Berlin years, print | loose | 11
Tobias Krahl        | Set designer | Bühne Ost | Berlin | Berlin years | dormant | 10
Agnieszka Wrona     | Translator | | Berlin | Berlin years, writing | loose | 10
Felix Obermayer     | Copy chief | Werkhaus | Munich | Berlin years, clients | once | 9
Nadja Horvat        | Choreographer | Kompanie Horvat | Zagreb | Berlin years | dormant | 9
Emre Aksoy          | Café owner | Kaffee Aksoy | Berlin | Berlin years, friends | loose | 11
Sabine Löwe         | Art buyer | Werkhaus | Berlin | Berlin years, clients | dormant | 10
Paul Ziegler        | Curatorial assistant | Kunstraum Spree | Berlin | Berlin years | event | 9
Imogen Hartley      | Art director | Meridian Weekly | London | London years, press | loose | 12
Callum Rennie       | Picture researcher | Meridian Weekly | Edinburgh | London years, press | dormant | 12
Priya Raghunathan   | Designer | Ragged Edge Studio | London | London years, design | loose | 11
Tamsin Pell         | Literary editor | Pell & Marlowe | London | London years, books | loose | 10
Femi Adeyemi        | Photographer | | London | London years, photo | steady | 11
Georgina Lisle      | Image rights manager | The Harbour Museum | London | London years | once | 9
Rhys Maddox         | Lighting assistant | | Cardiff | London years | dormant | 12
Saoirse Gallagher   | Radio producer | Tideway Radio | Dublin | London years | loose | 10
Hamish Kerr         | Framer | Kerr Frames | Edinburgh | London years, craft | loose | 11
Beatrix Molyneux    | Publicist | Pell & Marlowe | London | London years, books | unanswered | 8
Alberto Pacheco     | Wine maker | Quinta do Socalco | Peso da Régua | clients, river towns | steady | 4
Margarida Sottomayor | Hotel owner | Casa do Guadiana | Alcoutim | clients, river towns | loose | 4
Anders Holm         | Communications officer | Nordvatten | Gothenburg | clients | loose | 5
Livia Santoro       | Event producer | Tavolo Grande | Bologna | clients | once | 3
Gabriel Fontoura    | Managing director | Águas do Minho | Valença | clients, river towns | loose | 3
Teodora Ilić        | Festival director | Fotodani | Belgrade | festivals, photo | event | 4
Marco Bellandi      | Lecturer | Scuola di Fotografia | Trieste | festivals, teaching | event | 4
Ragnhild Moe        | Photographer | | Bergen | festivals, photo | loose | 5
Djibril Camara      | Festival coordinator | Rencontres du Fleuve | Saint-Louis | festivals | event | 3
Uxía Lamas          | Photographer | | Vigo | festivals, photo | loose | 4
Ilse Vandamme       | Book-fair manager | Papier | Ghent | festivals, books | event | 4
Stelios Markou      | Photojournalist | | Thessaloniki | photo, press | loose | 6
Min-ji Park         | Photographer | | Seoul | photo | once | 3
Rafael Ibarra       | Cinematographer | | Mexico City | photo, film | dormant | 8
Tuulikki Mäkelä     | Textile artist | | Turku | craft | once | 5
Adriana Coelho      | Family doctor | Centro de Saúde da Graça | Lisbon | neighbours, choir | loose | 5
Fernando Bragança   | Choirmaster | Coro da Graça | Lisbon | choir | steady | 5
Graça Moutinho      | Lawyer | Moutinho & Filhas | Lisbon | choir | loose | 4
Leonel Teixeira     | Cabinet-maker | | Lisbon | neighbours, craft | loose | 5
Yuki Tanabe         | Pastry cook | Doce Norte | Lisbon | neighbours, friends | steady | 3
Vera Lopes Pinto    | Accountant | Contas Certas | Lisbon | work | steady | 5
Isak Bergström      | Swedish teacher | Svenska skolan | Lisbon | choir, school | loose | 4
Patrícia Valente    | Physiotherapist | | Lisbon | neighbours | once | 2
Donato Greco        | Sailmaker | Vele Greco | Genoa | friends | dormant | 9
Aoife Brennan       | Poet | | Galway | writing | loose | 6
Samuel Okonkwo      | Radio journalist | Onda Livre | Lisbon | press | loose | 3
Chloé Marchetti     | Stylist | | Paris | press | dormant | 8
Klara Weiss         | Literary agent | Agentur Weiss | Berlin | books | wanted | 2
Amadou Diarra       | Photo-book critic | Verso Review | Brussels | books, writing | wanted | 1
Sílvia Amaral       | Founder | Atelier Sombra, a design studio | Porto | design | wanted | 1
Teresa Vilhena      | Commissioning editor | Northlight Books | London | books | wanted | 1
Mathis Lacombe      | Publisher | Éditions du Quai | Lyon | books | wanted | 1
Kazuo Hirano        | Publisher | Kawabe Shuppan | Kyoto | books | wanted | 1
Lídia Monteverde    | Novelist and essayist | | Lisbon | books, writing | wanted | 1
Beatriz Salgueiro   | Curator | Casa da Margem | Porto | photo | wanted | 1
Hedda Grimstad      | Director | Fotohuset | Gothenburg | photo | wanted | 1
Vasco Teles         | Creative director | Fábrica Azul | Lisbon | design | wanted | 1
Leonor Pimenta      | Creative director | Coro | Porto | design | wanted | 1
Nuno Valadares      | Creative director | Onda & Filhos | Porto | design | wanted | 1
Ophélie Garnier     | Talent partner | Maison Lune | Paris | design | wanted | 1
Pilar Echeverría    | Festival director | Mirada Norte | Bilbao | festivals | wanted | 1
Hanneke Vos         | Grants officer | Stichting Oever | Utrecht | grants | wanted | 1
"""

DETAILS: Final[dict[str, dict[str, Any]]] = {
    "Jonas Wiegand": {"how_met": "Two years at the same lab in Kreuzberg"},
    "Tobias Krahl": {"how_met": "Photographed his sets for six seasons"},
    "Emre Aksoy": {"notes": "Kept my table when I could not pay for it.", "birth_day": 19, "birth_month": 5},
    "Imogen Hartley": {"how_met": "She laid out my first spread"},
    "Femi Adeyemi": {"how_met": "Assisted the same portrait shoot, both badly", "cadence_days": 90, "last": 90},
    "Tamsin Pell": {"notes": "Publishes novels, but sits at lunch with everybody."},
    "Alberto Pacheco": {"how_met": "Harvest pictures for his labels", "cadence_days": 120},
    "Fernando Bragança": {"birth_day": 22, "birth_month": 11, "birth_year": 1961},
    "Vera Lopes Pinto": {"cadence_days": 90, "notes": "Quarterly figures to her by the 10th."},
    "Amadou Diarra": {"notes": "His review sold out two books in a month."},
    "Sílvia Amaral": {"notes": "Five people, two of them printers' children. They are looking for somebody."},
    "Teresa Vilhena": {"notes": "Bought the Irrawaddy book and the one on the Po."},
    "Mathis Lacombe": {"notes": "Prints in Verona. Small runs, beautifully."},
    "Kazuo Hirano": {"notes": "The Shimanto book is the best river book there is.", "email": ""},
    "Lídia Monteverde": {"notes": "Grew up on a ferry, or says so."},
    "Beatriz Salgueiro": {"notes": "Programmes the long room: twelve walls, river light."},
    "Hedda Grimstad": {"notes": "Announced a year on working water."},
    "Vasco Teles": {"notes": "Fábrica Azul is looking for an art director, says Rita."},
    "Leonor Pimenta": {"notes": "Her campaign for the night trains."},
    "Nuno Valadares": {"email": ""},
    "Ophélie Garnier": {"email": ""},
    "Klara Weiss": {"email": "klara.weiss@example.com"},
}
