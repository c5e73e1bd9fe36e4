"""What the suites of bench/ share: see bench/README.md."""
