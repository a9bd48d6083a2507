"""Protocols: which query may meet which gallery photo, and which of them are right.

They know the photo table and the ground truth of public sets; they know no descriptors, no scores.
"""

from __future__ import annotations

from pawvit.protocols.atrw import atrw, atrw_wild
from pawvit.protocols.named import BENCHMARKS, Benchmark
from pawvit.protocols.rule import Protocol
from pawvit.protocols.tables import cross_encounter, leave_one_out, possible, query_gallery

__all__ = [
    "BENCHMARKS",
    "Benchmark",
    "Protocol",
    "atrw",
    "atrw_wild",
    "cross_encounter",
    "leave_one_out",
    "possible",
    "query_gallery",
]
