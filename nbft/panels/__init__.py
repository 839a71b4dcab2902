"""What a dashboard is made of: one file a panel, each showing a part of a run's state in a widget."""
