"""Labelling texts by hand: what is asked, what was answered, and what comes of it. `%ft_label` shows it."""
