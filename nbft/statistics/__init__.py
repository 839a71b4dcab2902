"""Statistics of an evaluation: intervals, paired tests, how many rows a finding needs, and the finding in words.

A metric comes here as what its rows add to it (`Decomposed`, `Resampled`), so that it can be computed again for any
choice of rows. numpy and scipy do the work.
"""
