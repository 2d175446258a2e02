"""Heat conduction in the solid: dolfinx forms, boundary terms, joints, links and the Newton iteration."""
