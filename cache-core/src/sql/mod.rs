//! SQL text to plans.
