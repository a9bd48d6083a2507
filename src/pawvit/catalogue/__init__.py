"""The catalogue of known individuals. Knows descriptors and decisions, no networks."""

from pawvit.catalogue.records import Added, Decision, Individual, Photo, Summary
from pawvit.catalogue.store import Catalogue

__all__ = ["Added", "Catalogue", "Decision", "Individual", "Photo", "Summary"]
