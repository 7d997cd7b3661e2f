"""Recordings of real software (format LabTrace 1), and their replay against the golden models."""
