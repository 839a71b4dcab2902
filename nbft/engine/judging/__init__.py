"""Evaluating trained models side by side: their answers row by row, baselines, and the scorecard they add up to."""
