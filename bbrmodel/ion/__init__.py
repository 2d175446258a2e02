"""From radiation at the ion to the shift of its clock."""
