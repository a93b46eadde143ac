"""What users call: one module for each verb, which the commands share; `dnawire` lists it."""
