"""Radiative exchange: rays, view factors, closure, radiosity. Runs without FEniCS."""
