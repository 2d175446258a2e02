"""How sure the result of a case is: budgets by derivatives and by sampling, thermometers, and brackets."""
