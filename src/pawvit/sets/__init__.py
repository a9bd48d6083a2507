"""Public sets that may be had by address: what they are, bringing them here, their photo tables.

They know the network and the readers; they know no model and no command line.
"""

from __future__ import annotations

from pawvit.sets.fetch import fetch
from pawvit.sets.public import SETS, Archive, PublicSet

__all__ = ["SETS", "Archive", "PublicSet", "fetch"]
