"""pawvit: know every animal by its parts."""
