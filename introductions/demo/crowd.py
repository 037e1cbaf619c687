"""People without a story: those whom an address book brings along, as many as are asked for."""

import random
from collections.abc import Collection, Iterator
from typing import Final

from introductions.demo.cards import DOMAINS, Tie, Written, address_of

_NAMES: Final = {
    "Lisbon, Porto, Braga, Faro, Coimbra": (
        "Ana Beatriz, António, Carolina, Diogo, Francisca, Gonçalo, Isabel, João, Madalena, Miguel, Raquel, Tiago",
        "Almeida, Batista, Cardoso, Domingues, Esteves, Faria, Guerreiro, Leitão, Machado, Neves, Pinheiro, Queirós",
    ),
    "Berlin, Hamburg, Munich, Vienna, Zürich": (
        "Birgit, Christoph, Dorothea, Friederike, Hannes, Katrin, Leonhard, Matthias, Petra, Silke, Stefan, Wiebke",
        "Albrecht, Baumann, Dietrich, Eichner, Fuchs, Gruber, Hoffmann, Jansen, Köhler, Lorenz, Neumann, Vogt",
    ),
    "London, Manchester, Bristol, Edinburgh, New York, Toronto": (
        "Abigail, Benedict, Caroline, Dominic, Eleanor, Fergus, Gemma, Harvey, Isla, Jasper, Lorna, Nathaniel",
        "Ashworth, Bexley, Crane, Drummond, Ellery, Frost, Goodwin, Hargreaves, Inglis, Kershaw, Loxley, Thorne",
    ),
    "Stockholm, Gothenburg, Oslo, Copenhagen, Helsinki": (
        "Astrid, Birk, Ebba, Gunnar, Ingeborg, Kasper, Linnea, Magnus, Nils, Signe, Torunn, Viggo",
        "Ahlgren, Bjerke, Dalgaard, Ekström, Fagerholm, Hedlund, Kjær, Lundgren, Møller, Nygaard, Rask, Söderberg",
    ),
    "Paris, Lyon, Brussels, Geneva, Marseille": (
        "Adèle, Bastien, Clémence, Étienne, Florian, Hortense, Julien, Léonie, Maxence, Noémie, Sylvain, Violette",
        "Aubert, Besson, Carlier, Delorme, Faivre, Girard, Lambert, Mercier, Perrin, Roussel, Tessier, Vasseur",
    ),
    "Milan, Madrid, Athens, Barcelona, Bologna": (
        "Alessia, Bruno, Carmela, Dimitra, Enzo, Fabiola, Gonzalo, Ilaria, Jimena, Kostas, Mateo, Sofía",
        "Arrieta, Bonetti, Castellanos, Dragoumis, Esposito, Ferrante, Galindo, Landi, Moretti, Papadakis, Rinaldi",
    ),
    "Accra, Lagos, Nairobi, Dakar, Cape Town": (
        "Abena, Babajide, Chipo, Fatou, Ifeanyi, Kofi, Lerato, Mariama, Njeri, Ousmane, Thandiwe, Yaw",
        "Achebe, Boateng, Dlamini, Eze, Faye, Kiplagat, Mensah, Ndlovu, Okafor, Sarr, Toure, Wekesa",
    ),
    "Mumbai, Singapore, Tokyo, Seoul, Istanbul, Beirut": (
        "Aarav, Bilge, Daiki, Deniz, Eun-seo, Hana, Ishaan, Jia Wei, Kavya, Layal, Naoki, Rana",
        "Aydın, Chatterjee, Demir, Fujimoto, Haddad-Sayegh, Iyer, Khoury, Lim, Matsuda, Oh, Rao, Yoon",
    ),
}
_WORK: Final = {
    "Accountant": "Ledger & Lime, Contas Claras, Summa",
    "Architect": "Atelier Cinco, Norrsken Arkitekter, Plan B Architects",
    "Art buyer": "Werkhaus Mitte, Blue Door, Palette",
    "Bookseller": "The Lamplighter, Libreria Ponte, Buchhandlung am Ufer",
    "Communications officer": "Havnekontoret, Pont Neuf Conseil, Rivers Alliance",
    "Designer": "Studio Acht, Linha Fina, Papercut, Small Hours",
    "Developer": "Lantern Software, Kodverket, Byte & Sons",
    "Editor": "Harbour House, Folio Sul, Karavan",
    "Engineer": "Nordic Turbines, Ponte Engenharia, Arc Bridges",
    "Event manager": "Round Table, Festa Boa, Lumière Events",
    "Journalist": "The Evening Tide, Diário do Cais, Abendpost Süd",
    "Lawyer": "Penrose Hale, Duarte & Associados, Kanzlei Linde",
    "Lecturer": "City College of Art, Escola do Rio, Hafenhochschule",
    "Marketing manager": "Fern & Fig, Grano Foods, Solstice Outdoors",
    "Photographer": ", Agency Eleven, Collectif Nord",
    "Producer": "Late Ferry Films, Tambor, Kino Ost",
    "Product manager": "Lantern Software, Parcelwise, Tramline",
    "Researcher": "Institute for Coastal Studies, Centre for Craft, Delta Lab",
    "Sales manager": "Lahti Papers, Inkwell Supplies, Optik Braun & Söhne",
    "Translator": ", Wordhouse, Ponte de Letras",
}
_TAGS: Final = (
    "imported",
    "imported",
    "imported, clients",
    "imported, press",
    "imported, festivals",
    "imported, design",
)
_TIES: Final = (
    *((Tie.NONE,) * 9),
    *((Tie.ONCE,) * 5),
    *((Tie.EVENT,) * 3),
    *((Tie.LOOSE,) * 4),
    *((Tie.UNANSWERED,) * 2),
    *((Tie.DORMANT,) * 2),
)


def crowd(*, seed: str, count: int, taken: Collection[str], reach: Collection[int] = (0,)) -> Iterator[Written]:
    """`count` people whose names are not `taken`, always the same for one seed. reach: drawn from these."""
    dice = random.Random(f"crowd {seed}")
    folk = [
        ([place.strip() for place in places.split(",")], _split(given), _split(family))
        for places, (given, family) in _NAMES.items()
    ]
    work = [(role, _split(organisations)) for role, organisations in _WORK.items()]
    reaches = sorted(reach)
    times: dict[str, int] = dict.fromkeys(taken, 1)
    for _ in range(count):
        places, given, family = dice.choice(folk)
        name = f"{dice.choice(given)} {dice.choice(family)}"
        if times.get(name):
            name = f"{name} {dice.choice(family)}"
        times[name] = times.get(name, 0) + 1
        role, organisations = dice.choice(work)
        yield Written(
            name=name,
            role=role if dice.random() < 0.9 else "",
            organisation=dice.choice(organisations),
            place=dice.choice(places) if dice.random() < 0.8 else "",
            tags=tuple(dice.choice(_TAGS).split(", ")),
            tie=dice.choice(_TIES),
            years=dice.randrange(1, 12),
            email=_address(name, times[name]) if dice.random() < 0.85 else "",
            has_phone=dice.random() < 0.3,
            more={"reach": dice.choice(reaches)},
        )


def _address(name: str, times: int) -> str:
    """Namesakes are other people, with an address of their own."""
    if times == 1:
        return address_of(name)
    local, _, _ = address_of(name).partition("@")
    return f"{local}.{times}@{DOMAINS[times % len(DOMAINS)]}"


def _split(words: str) -> list[str]:
    return [word.strip() for word in words.split(",")]
