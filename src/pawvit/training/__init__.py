"""Training: photos, part maps and a configuration → a run folder. It never imports a teacher."""
