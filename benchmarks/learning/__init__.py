"""How well the models learn: training, trivial predictors beside them, tables and figures."""
