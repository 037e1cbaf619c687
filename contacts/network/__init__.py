"""The one bridge from rows to the engine: what a member may use becomes numbers, and paths become people again."""

from contacts.network.asking import Ask, Network, Step, Way
from contacts.network.chances import AskLoad
from contacts.network.humans import same_humans
from contacts.network.reading import network_of

__all__ = ["Ask", "AskLoad", "Network", "Step", "Way", "network_of", "same_humans"]
