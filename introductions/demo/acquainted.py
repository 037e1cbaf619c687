"""Who of Alice's people knows whom, and how she knows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from contacts.models import Acquaintance, AcquaintanceSource, Closeness, Person
from contacts.services.acquaintances import record_acquaintance
from introductions.demo.when import Calendar
from netapp.accounts.models import User

_SAID, _SEEN = AcquaintanceSource.SAID, AcquaintanceSource.INFERRED
_SLIGHT, _SOME, _STRONG = Closeness.SLIGHT, Closeness.SOME, Closeness.STRONG

# one, other, how well, how Alice knows, days ago
_ROWS: Final = (
    ("Marguerite Osei", "Teresa Vilhena", _STRONG, _SAID, "Marguerite said so: they judged a prize together", 64),
    ("Tamsin Pell", "Teresa Vilhena", _SLIGHT, _SAID, "Both at Tamsin's summer party", 150),
    ("Yann Kervella", "Mathis Lacombe", _SOME, _SAID, "They shared a stand at the fair in Ghent", 190),
    ("Sunniva Dahl", "Mathis Lacombe", _SLIGHT, _SAID, "He bought two prints from her", 300),
    ("Sunniva Dahl", "Hedda Grimstad", _STRONG, _SAID, "Sunniva hung Hedda's degree show", 120),
    ("Matilde Rebelo", "Beatriz Salgueiro", _SLIGHT, _SAID, "Beatriz gave a class at her school", 240),
    ("Joaquim Barreto", "Lídia Monteverde", _SOME, _SAID, "He reads her drafts, he said", 75),
    ("Rita Salvaterra", "Vasco Teles", _STRONG, _SAID, "They run the Atlantic account together", 33),
    ("Henrique Lobo", "Vasco Teles", _SOME, _SAID, "Same team for two years", 210),
    ("Simão Arruda", "Vasco Teles", Closeness.NONE, _SAID, "“We once shared a lift,” says Simão", 95),
    ("Vasco Teles", "Nuno Valadares", _STRONG, _SAID, "Rita says they founded their first agency together", 33),
    ("Catarina Furtado Lima", "Leonor Pimenta", _STRONG, _SAID, "Same agency; Leonor hired her", 140),
    ("Duarte Falcão", "Leonor Pimenta", _SOME, _SAID, "He drew the letters for her night trains", 45),
    ("Duarte Falcão", "Sílvia Amaral", _STRONG, _SAID, "They share a courtyard in Bonfim", 45),
    ("Filipa Antunes", "Sílvia Amaral", _SOME, _SAID, "Filipa said so in the courtyard", 44),
    ("Iker Arana", "Pilar Echeverría", _STRONG, _SAID, "He hangs her shows", 80),
    ("Dolores Quiroga", "Pilar Echeverría", _SOME, _SAID, "Their festivals lend each other walls", 160),
    ("Joost Meijer", "Hanneke Vos", _SOME, _SAID, "She paid for his last two issues", 200),
    ("Bashir Nouri", "Amadou Diarra", _SOME, _SAID, "Neighbours in Molenbeek once, said Bashir", 230),
    ("Amelie Brandt", "Klara Weiss", _STRONG, _SAID, "Amelie designs for half of her list", 380),
    ("Tomás Figueira", "Hugo Ventura", _STRONG, _SAID, "Tomás sends him every hardback", 400),
    ("Inês Carvalho", "Matilde Rebelo", _SOME, _SAID, "Inês teaches the second year", 130),
    ("Inês Carvalho", "Lúcia Prazeres", _SOME, _SEEN, "Nine mails with both of them", 58),
    ("Marta Quintela", "Rita Salvaterra", _SOME, _SAID, "Introduced them at my birthday", 250),
    ("Iker Arana", "Dolores Quiroga", _STRONG, _SEEN, "Four meetings and eleven mails with both", 90),
    ("Gaspar Monteiro", "Alberto Pacheco", _STRONG, _SAID, "Same village, same cousins", 420),
    ("Albertina Seixas", "Margarida Sottomayor", _STRONG, _SAID, "Her guests cross on Albertina's boat", 350),
    ("Lúcia Prazeres", "Joaquim Barreto", _SOME, _SAID, "Readings in her shop", 310),
    ("Imogen Hartley", "Callum Rennie", _SOME, _SEEN, "Twenty mails with both, the last long ago", 2100),
    ("Femi Adeyemi", "Marguerite Osei", _SOME, _SAID, "She commissioned his first cover", 170),
    ("Célia Bettencourt", "Fernando Bragança", _SOME, _SAID, "Choir", 600),
    ("Noor Haddad", "Yann Kervella", _SLIGHT, _SAID, "Met on my roof", 500),
    ("Bob Brook", "Duarte Falcão", _SOME, _SAID, "Duarte set the last three issues of the Review", 100),
    ("Bob Brook", "Lúcia Prazeres", _SLIGHT, _SAID, "She stocks the Review, Bob delivers it", 260),
    ("Sunniva Dahl", "Svea Nyström", _SOME, _SAID, "Same year at school", 900),
)


def write_acquaintances(*, owner: User, people: Mapping[str, Person], calendar: Calendar, now: datetime) -> None:
    """Record them all, each as if on its own day."""
    for one, other, closeness, source, evidence, days in _ROWS:
        row = record_acquaintance(
            owner=owner,
            one=people[one],
            other=people[other],
            closeness=closeness,
            evidence=evidence,
            evidence_date=calendar.ago(days),
            now=now,
            source=source,
        )
        Acquaintance.objects.filter(id=row.id).update(created_at=calendar.at(min(days, 300)))
