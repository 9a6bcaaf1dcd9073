//! One statement's and one transaction's way through the engine.
